#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace cadre::control {

/// Why stages that are called no more were not restarted, though their on_error asks for it. [any-thread]
class NotRestarted {
 public:
  void say(const std::string& book, const std::string& stage, std::string why) {
    const std::lock_guard lock(mutex_);
    why_[{book, stage}] = std::move(why);
  }
  /// It has been restarted, or was lost again.
  void forget(const std::string& book, const std::string& stage) {
    const std::lock_guard lock(mutex_);
    why_.erase({book, stage});
  }
  /// Empty: nobody has tried, or it was restarted.
  std::string why(const std::string& book, const std::string& stage) const {
    const std::lock_guard lock(mutex_);
    const auto found = why_.find({book, stage});
    return found == why_.end() ? std::string() : found->second;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, std::string> why_;
};

}  // namespace cadre::control

#pragma once

#include <mutex>
#include <string>
#include <utility>

namespace cadre::control {

/// Why operators cannot connect to the host's socket; empty while they can. [any-thread]
class DoorFault {
 public:
  void set(std::string why) {
    const std::lock_guard lock(mutex_);
    why_ = std::move(why);
  }
  std::string why() const {
    const std::lock_guard lock(mutex_);
    return why_;
  }

 private:
  mutable std::mutex mutex_;
  std::string why_;
};

}  // namespace cadre::control

#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace cadre::base {

/// What happens again and again is logged the first time, and then when it has happened ten, a hundred, a
/// thousand times. [any-thread]
class Told {
 public:
  /// Counts one more of this kind. How many there were when that is to be told, else 0. Of kinds above
  /// `kinds_most` none is told.
  std::uint64_t count(const std::string& kind) {
    const std::lock_guard lock(mutex_);
    if (counts_.size() >= kinds_most && !counts_.contains(kind)) return 0;
    const std::uint64_t times = ++counts_[kind];
    std::uint64_t power = 1;
    while (power < times)
      power *= 10;
    return power == times ? times : 0;
  }

 private:
  static constexpr std::size_t kinds_most = 10'000;
  std::mutex mutex_;
  std::map<std::string, std::uint64_t> counts_;
};

}  // namespace cadre::base

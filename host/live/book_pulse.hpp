#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>

namespace cadre::live {

/// Whether a book's thread comes back from what it does. The watchdog says when it does not; whoever waits
/// for the book does it here, and so never longer than that. [any-thread]
class BookPulse {
 public:
  /// `sentence`: what does not come back: "risk (agent my.risk 1.2.0) has not come back from ... since ...".
  void set_stuck(const std::string& sentence) {
    const std::lock_guard lock(mutex_);
    sentence_ = sentence;
    is_stuck_.store(true, std::memory_order_release);
  }
  void set_free() { is_stuck_.store(false, std::memory_order_release); }

  bool is_stuck() const noexcept { return is_stuck_.load(std::memory_order_acquire); }
  /// Empty while the book is not stuck.
  std::string sentence() const {
    if (!is_stuck()) return {};
    const std::lock_guard lock(mutex_);
    return sentence_;
  }

  /// Waits until `holds` is true, under the lock, or the book has been stuck for `grace`. Whether it holds.
  template <class Holds>
  bool wait(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, Holds holds,
            std::chrono::milliseconds grace = std::chrono::milliseconds(0)) const {
    using Clock = std::chrono::steady_clock;
    const Clock::time_point begun = Clock::now();
    while (!changed.wait_for(lock, look_interval, holds)) {
      if (is_stuck() && Clock::now() - begun >= grace) return holds();
    }
    return true;
  }

 private:
  static constexpr std::chrono::milliseconds look_interval{20};

  std::atomic<bool> is_stuck_{false};
  mutable std::mutex mutex_;
  std::string sentence_;
};

}  // namespace cadre::live

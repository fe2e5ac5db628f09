#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>

namespace cadre::live {

/// Waits until `holds` is true, under the lock, or nobody has to wait any more, which is looked at every few
/// milliseconds. Whether it holds.
template <class Holds, class GivenUp>
bool wait_unless(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, Holds holds,
                 GivenUp given_up) {
  constexpr std::chrono::milliseconds look_interval{20};
  while (!changed.wait_for(lock, look_interval, holds)) {
    if (given_up()) return holds();
  }
  return true;
}

/// Whether a book's thread comes back from what it does. The watchdog says when it does not; whoever waits
/// for the book does it here, and so never longer than that. [any-thread]
class BookPulse {
 public:
  /// `sentence`: what does not come back, and since when.
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

  /// Waits until `holds` is true, under the lock, or the book is stuck and this has lasted for `grace`.
  /// Whether it holds.
  template <class Holds>
  bool wait(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, Holds holds,
            std::chrono::milliseconds grace = std::chrono::milliseconds(0)) const {
    const auto begun = std::chrono::steady_clock::now();
    return wait_unless(lock, changed, holds,
                       [&] { return is_stuck() && std::chrono::steady_clock::now() - begun >= grace; });
  }

  // What the watchdog looks at. Written by the book's thread.

  /// Its place among the slots of the flight recorder.
  void set_slot(std::int64_t slot) { slot_.store(slot, std::memory_order_relaxed); }
  std::int64_t slot() const { return slot_.load(std::memory_order_relaxed); }  ///< -1: it has none
  /// It takes something up, or is done with it.
  void beat() { beats_.store(beats_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed); }
  /// Odd while it is at work; the same while it is at the same.
  std::uint64_t beats() const { return beats_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> is_stuck_{false};
  std::atomic<std::int64_t> slot_{-1};
  std::atomic<std::uint64_t> beats_{0};
  mutable std::mutex mutex_;
  std::string sentence_;
};

}  // namespace cadre::live

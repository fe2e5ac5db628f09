#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace cadre::agent {

/// What an agent asked for through cadre.timer/1. Plain data: it crosses to and from a process of its own.
struct TimerRequest {
  std::uint32_t arm = 0;  ///< 0: disarm
  std::uint32_t reserved = 0;
  std::uint64_t id = 0;
  std::int64_t time_ns = 0, period_ns = 0;
};

/// The requests of the call that is running. Of one instance, and used by the thread of its calls.
class TimerRequests {
 public:
  /// An observe begins, of an agent that is told of timers or not.
  void open(bool hears_timers) {
    open_ = true;
    hears_timers_ = hears_timers;
    requests_.clear();
  }
  void close() { open_ = false; }
  bool is_open() const { return open_; }
  bool hears_timers() const { return hears_timers_; }
  void add(const TimerRequest& request) { requests_.push_back(request); }
  void set(std::vector<TimerRequest> requests) { requests_ = std::move(requests); }
  const std::vector<TimerRequest>& requests() const { return requests_; }

 private:
  bool open_ = false, hears_timers_ = false;
  std::vector<TimerRequest> requests_;
};

}  // namespace cadre::agent

#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "host/agent/flight_recorder.hpp"
#include "host/live/book_list.hpp"

namespace cadre::control {

/// Looks at calls of agents that state a deadline (limits.deadline_us of their manifest), on a thread of its
/// own: an agent is called without a look at a clock. It looks four times within the shortest deadline there
/// is, at most once a millisecond, so a miss that is shorter than that may be overlooked and a call in time
/// never counts as one. The book is told, and counts (book/deadline_missed.hpp). Without deadlines it looks
/// ten times a second whether there are any.
class DeadlineWatch {
 public:
  /// Begins to look. All of them have to outlive it.
  DeadlineWatch(const agent::FlightRecorder& recorder, const live::BookList& books, live::EventFeed& feed,
                metrics::Metrics& metrics);
  ~DeadlineWatch();
  DeadlineWatch(const DeadlineWatch&) = delete;
  DeadlineWatch& operator=(const DeadlineWatch&) = delete;

 private:
  using Clock = std::chrono::steady_clock;
  /// A call since it was first seen.
  struct Call {
    std::uint64_t serial = 0;
    Clock::time_point first_seen{};
    bool is_told = false;
  };

  void run();
  void look();
  void tell(std::size_t slot, const Call& call, Clock::duration lasted);
  void tell_book(live::BookRunner& book, const agent::FlightRecord& call, const std::string& what);

  const agent::FlightRecorder& recorder_;
  const live::BookList& books_;
  live::EventFeed& feed_;
  metrics::Metrics& metrics_;
  std::array<Call, agent::FlightRecorder::slots_most> calls_{};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ends_ = false;
  std::thread thread_;
};

}  // namespace cadre::control

#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "host/agent/flight_recorder.hpp"
#include "host/live/book_list.hpp"
#include "host/live/event_feed.hpp"

namespace cadre::control {

/// A call of an agent that does not come back.
struct Hanging {
  agent::FlightRecord record;
  std::string since;
  bool is_of_a_book =
      false;  ///< of the thread of record.card.book; else of one that builds, destroys or shadows

  /// "risk (my.risk 1.2.0) in decide at event 12 of book main has not come back since 2026-..."
  std::string text() const;
};

/// Looks at the flight recorder a few times a second, on a thread of its own: a call that is still the same
/// after a second is named, and its book is stuck until it comes back. Asks nothing of the books, and waits
/// for nobody.
class Watchdog {
 public:
  /// Begins to look. Both have to outlive it.
  Watchdog(const agent::FlightRecorder& recorder, live::EventFeed& feed);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  /// From here on it looks at the threads of these too, whoever comes and goes; the list has to outlive it.
  void watch(const live::BookList& books);

  /// What does not come back now. [any-thread]
  std::vector<Hanging> hanging() const;
  /// One that is of no book: what holds up a change. Empty when there is none. [any-thread]
  std::string hanging_elsewhere() const;
  /// For how long a book has been stuck, 0 when it is not. [any-thread]
  double stuck_seconds(const std::string& book) const;
  /// How often it has looked: what does not grow any more has a watchdog that does not look. Waits for
  /// nobody. [any-thread]
  std::uint64_t looks() const { return looks_done_.load(std::memory_order_relaxed); }

 private:
  using Clock = std::chrono::steady_clock;
  /// A call, or a piece of work, since it was first seen.
  struct Lasting {
    std::uint64_t serial = 0;
    Clock::time_point first_seen{};
    int looks = 0;
    std::string since;
    bool is_told = false;
    agent::FlightRecord record;
  };
  struct BookLooks {
    std::uint64_t beats = 0, calls = 0;
    Clock::time_point since{};
    std::string since_text;
    bool is_stuck = false;
    Clock::time_point stuck_since{};
  };

  void run();
  void look();
  void look_at_calls(Clock::time_point now);
  void look_at_book(live::BookRunner& book, Clock::time_point now);
  std::optional<Hanging> hanging_in(std::int64_t slot) const;
  bool is_of_a_book(std::size_t slot) const;

  const agent::FlightRecorder& recorder_;
  live::EventFeed& feed_;
  mutable std::mutex mutex_;  ///< of all below but the thread
  std::condition_variable changed_;
  bool ends_ = false;
  const live::BookList* books_ = nullptr;
  std::map<std::size_t, Lasting> calls_;  ///< by slot
  std::map<std::string, BookLooks> looks_;
  std::atomic<std::uint64_t> looks_done_{0};
  std::thread thread_;
};

}  // namespace cadre::control

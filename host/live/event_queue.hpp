#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "host/base/problem.hpp"
#include "host/journal/records.hpp"
#include "host/live/book_pulse.hpp"
#include "host/market/signal_reader.hpp"
#include "host/model/bar.hpp"
#include "host/model/signal.hpp"

namespace cadre::live {

/// Waits until inputs that were put together are durable, or lost. [any-thread]
class Ticket {
 public:
  explicit Ticket(std::size_t inputs) : open_(inputs) {}

  /// One of them has its place in the journal.
  void done(std::uint64_t sequence);
  /// One of them will never be taken.
  void lost();
  /// One of them does not count: there was no room for it, or one before it was refused.
  void skip();
  /// The book cannot use one of them: it is not taken, and those after it are to be skipped. On the book's
  /// thread.
  void refuse(const base::Problem& why);
  /// Why one of them was refused; once they have been waited for.
  base::Problems refused() const;
  /// Waits until the last one is done or lost. True: all are durable; false: not, or the book is stuck.
  bool wait(const BookPulse& pulse);
  std::uint64_t first_sequence() const { return first_; }
  std::uint64_t last_sequence() const { return last_; }
  /// How many have their place.
  std::size_t taken() const { return done_; }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t open_;
  bool lost_ = false;
  std::uint64_t first_ = 0, last_ = 0;
  std::size_t done_ = 0;
  base::Problems refused_;
};

/// A bar with the signals that were known by its close, as a market source gives it.
struct BarInput {
  model::Bar bar;
  std::vector<model::ExternalSignal> signals;
  std::string suspect_moves{};  ///< those that nobody confirmed, in one sentence; empty: none
  bool halts = false;           ///< the book is halted before it takes the bar
};

struct Input {
  std::variant<BarInput, model::ExternalSignal> what;
  std::shared_ptr<Ticket> ticket;  ///< nullptr: nobody waits
  std::chrono::steady_clock::time_point since = std::chrono::steady_clock::now();
};

/// What a book has still to take: inputs, at most as many as its capacity, and control work, which goes first
/// and always has room. Many writers, one reader.
class EventQueue {
 public:
  using Work = std::function<void()>;
  using Item = std::variant<Input, Work>;

  explicit EventQueue(std::size_t capacity) : capacity_(capacity), held_most_(capacity) {}

  /// What waits beyond a smaller one is taken all the same.
  void set_capacity(std::size_t capacity);

  /// How many of them were put in, in order; the rest found it full. Nothing once it takes no inputs.
  std::optional<std::size_t> push(std::vector<Input> inputs);
  /// How many inputs find room now.
  std::size_t room() const;
  /// Waits for room. False: no inputs are taken any more, or the book is stuck: the input is as it was.
  bool push_waiting(Input& input, const BookPulse& pulse);
  bool takes_inputs() const;
  /// False: the queue is closed and the work will not be done.
  bool push_work(Work work);

  /// Waits until pop() would not wait, at most so long. False: it would.
  bool wait_for_item(std::chrono::nanoseconds longest);
  /// The next item; waits for one. Nothing once it is closed and no work is left.
  std::optional<Item> pop();
  /// Waits until no input waits. False: the book is stuck.
  bool wait_until_empty(const BookPulse& pulse);
  /// Whether pop() would wait.
  bool idle() const;

  /// Inputs that wait are lost, and no more are taken; work is.
  void refuse_inputs();
  /// The same for work, but what waits is still handed out.
  void close();

  std::size_t depth() const;
  /// For how long the input that comes next has waited; 0 when none waits.
  double oldest_seconds() const;
  std::size_t capacity() const;

 private:
  mutable std::mutex mutex_;
  std::size_t capacity_;
  std::size_t held_most_;  ///< what may wait now: more than the capacity after that became smaller
  std::condition_variable filled_, room_;
  std::deque<Input> inputs_;
  std::deque<Work> work_;
  bool takes_inputs_ = true;
  bool closed_ = false;
};

}  // namespace cadre::live

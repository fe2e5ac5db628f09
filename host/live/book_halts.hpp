#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "host/book/book.hpp"
#include "host/live/book_errand.hpp"
#include "host/live/event_feed.hpp"
#include "host/live/halt_file.hpp"

namespace cadre::live {

/// Orders about trading states on their way from the host's file into one book. From when a halt is ordered
/// no order leaves, whatever the book's thread is doing; the book journals it before the first order that it
/// holds back.
class BookHalts final : public book::OrderBarrier {
 public:
  BookHalts(std::string book, HaltFile& file, EventFeed& feed)
      : id_(std::move(book)), file_(file), feed_(feed) {}

  /// The order is in the file. [any-thread]
  void order(const HaltOrder& order);
  /// Lets the book journal what was ordered, and carry it out. A book that is stuck does it when it comes
  /// back, or at the next start. What it throws is for whoever waits. [any-thread]
  std::shared_ptr<BookErrand> begin_taking() { return taker_(); }
  void set_taker(std::function<std::shared_ptr<BookErrand>()> taker) { taker_ = std::move(taker); }
  /// Whether the newest order is not in the journal yet. [any-thread]
  bool is_due() const { return ordered_.load() > taken_.load(); }
  /// Whether the book decides, and nothing is ordered that it has not done. [any-thread]
  bool is_deciding() const { return !is_halted_ && !is_due(); }
  /// Number of the newest that the journal has. [any-thread]
  std::uint64_t taken() const { return taken_; }

  // On the book's thread.

  /// Before any event: what the journal has heard, and whether that was a halt. Warning: HALTS_BEHIND.
  base::Problems begin(std::uint64_t journaled, bool halted, const std::string& reason);
  void enter(book::Book& book);
  /// Every order that the file has and the journal has not becomes an event of the book, and holds from then
  /// on.
  void journal();
  /// What the orders ask for besides: open orders canceled, positions closed.
  void carry_out();
  /// Orders a halt as an operator would, for a reason of the host's own: it is in the file, and holds after a
  /// restart. To be journaled next.
  void order_halt(const std::string& reason);
  /// For a reason of the host's own that every start finds anew, until a resume.
  void halt(const std::string& reason) { set_halted(true, reason); }
  /// The book has stopped: no resume makes it decide.
  void stop();
  /// Why the whole book is halted, or may only reduce; empty: neither.
  std::string reason() const;

  /// What the last flatten could not close, and why; empty: nothing.
  const std::string& not_closed() const { return not_closed_; }

  bool may_leave() override;

 private:
  void set_halted(bool halted, const std::string& reason);
  void take(const HaltOrder& order);
  void flatten();
  /// What the states of the book say besides.
  void follow_states();

  const std::string id_;
  HaltFile& file_;
  EventFeed& feed_;
  std::function<std::shared_ptr<BookErrand>()> taker_;
  book::Book* book_ = nullptr;
  std::atomic<std::uint64_t> ordered_{0}, taken_{0};
  std::atomic<bool> is_halted_{false};
  bool is_stopped_ = false;
  bool cancel_is_due_ = false, flatten_is_due_ = false, reduce_is_due_ = false;
  std::vector<std::string> cancel_of_;  ///< instruments
  std::string reason_;
  std::string not_closed_;  ///< what the last flatten of this halt could not close, and why
};

}  // namespace cadre::live

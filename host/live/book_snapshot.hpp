#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "host/base/date.hpp"
#include "host/base/decimal.hpp"
#include "host/book/journal_facts.hpp"
#include "host/execution/trading_states.hpp"
#include "host/model/tally.hpp"

namespace cadre::live {

enum class BookState { starting, warming_up, deciding, halted, stopped, stuck };

/// As status shows it: "warming up".
constexpr const char* state_name(BookState state) {
  switch (state) {
    case BookState::warming_up:
      return "warming up";
    case BookState::deciding:
      return "deciding";
    case BookState::halted:
      return "halted";
    case BookState::stopped:
      return "stopped";
    case BookState::stuck:
      return "stuck";
    default:
      return "starting";
  }
}

/// How a book stands, as of its last event. A copy: nobody waits for the book to read it.
struct BookSnapshot : model::Tally {
  BookState state = BookState::starting;
  std::string left_out;                          ///< the agent in quarantine whose stage is empty; else empty
  std::string reason;                            ///< why it is halted, REDUCING, stopped or stuck
  std::string trading_state = "ACTIVE";          ///< of the whole book
  std::vector<execution::StateChange> states{};  ///< of it, its agents and instruments, ACTIVE left out
  std::int32_t date = 0;
  std::int64_t time_ns = 0;  ///< the end of the last bar; 0: there was none
  std::uint64_t sequence = 0, open_orders = 0;
  std::uint64_t scheduled_orders = 0;  ///< that go in parts or wait, and have parts that are not sent yet
  std::uint64_t waiting_orders = 0;    ///< of them, those of which a part should have been sent
  base::Quantity unsent_quantity;      ///< units of all of them
  base::Money unsent_value;            ///< at the marks
  std::string long_waiting;            ///< those that have waited for too many sessions; empty: none
  std::uint64_t ignored_reports = 0;   ///< that contradict their orders, since the host was started
  std::uint64_t bars = 0;              ///< since the host was started
  /// How often a pre-trade check made an order smaller, or those of a whole decision, since the host was
  /// started.
  std::uint64_t fitted_orders = 0;
  std::uint64_t all_bars = 0;      ///< since the book began
  std::uint64_t warm_up_bars = 0;  ///< as Book::warm_up_bars
  base::Money equity, cash, profit, costs, borrow, interest;
  base::Money margin_requirement;  ///< equity that its positions need
  std::string currency;
  std::uint64_t revision = 0;
  book::FailuresByStage failures;                        ///< since the book began
  std::map<std::string, std::uint64_t> deadline_misses;  ///< by stage, since the book began
  std::map<std::string, std::string> quarantined;        ///< stages whose agent is called no more, and why
  std::string suspect_move;                              ///< prices that look wrong; empty: none, or long ago
  bool suspect_was_refused = false;                      ///< the bar that had them
  std::string checkpoint_failed;  ///< why the newest checkpoint could not be taken; empty: it was
  std::uint64_t journal_bytes = 0;
  std::uint64_t halt_number = 0;  ///< of the newest halt or resume that its journal has
  std::string order_hash;
  std::int64_t last_bar_ns = 0;       ///< when this process took the last bar, by the wall clock; 0: none yet
  std::int64_t last_decision_ns = 0;  ///< when it decided last; 0: not yet
  std::string bar_gap{};              ///< that days lack between two of the newest bars; empty: they do not
  std::string refusals{};             ///< that orders are refused again and again; empty: they are not
  std::string venue_breaks{};         ///< what its venue holds and it did not trade; empty: they agree
  std::uint64_t venue_break_count = 0;
  std::string unpriced{};  ///< positions whose prices have ended; empty: none
  std::uint64_t unpriced_count = 0;
  std::string not_closed{};             ///< what a halt was to close and could not, and why; empty: nothing
  std::string exposure{};               ///< what of it is far above its bound; empty: nothing
  std::int64_t undurable_since_ns = 0;  ///< since when something waits for the journal; 0: nothing does
  double drawdown = 0;                  ///< below the greatest equity since the host was started, as a share
  double queue_oldest_seconds = 0;      ///< as of when it was asked for
  std::size_t queue_depth = 0, queue_capacity = 0;  ///< as of when it was asked for
};

/// The fields that status shows of a book, in its order: name and value. A new field is a member above, a
/// line here, and a line where BookRunner fills it.
template <class Visitor>
void visit_status_fields(const BookSnapshot& now, Visitor&& visit) {
  visit("state", std::string(state_name(now.state)));
  visit("reason", now.reason);
  visit("trading_state", now.trading_state);
  visit("date", base::OptionalDate{now.date});
  visit("bar_time", now.time_ns == 0 ? std::string() : base::format_time(now.time_ns));
  visit("sequence", now.sequence);
  visit("bars", now.all_bars);
  visit("warm_up_bars", now.warm_up_bars);
  visit("decisions", now.decisions);
  visit("orders", now.orders);
  visit("rejected_orders", now.rejected_orders);
  visit("fitted_orders", now.fitted_orders);
  visit("fills", now.fills);
  visit("open_orders", now.open_orders);
  visit("scheduled_orders", now.scheduled_orders);
  visit("waiting_orders", now.waiting_orders);
  visit("unsent_quantity", now.unsent_quantity.to_string());
  visit("unsent_value", now.unsent_value);
  visit("long_waiting", now.long_waiting);
  visit("ignored_reports", now.ignored_reports);
  visit("equity", now.equity);
  visit("cash", now.cash);
  visit("profit", now.profit);
  visit("costs", now.costs);
  visit("borrow", now.borrow);
  visit("interest", now.interest);
  visit("margin_requirement", now.margin_requirement);
  visit("currency", now.currency);
  visit("order_hash", now.order_hash);
  visit("journal_bytes", now.journal_bytes);
  visit("checkpoint_failed", now.checkpoint_failed);
  visit("suspect_move", now.suspect_move);
  visit("bar_gap", now.bar_gap);
  visit("refusals", now.refusals);
  visit("venue_breaks", now.venue_breaks);
  visit("unpriced", now.unpriced);
  visit("exposure", now.exposure);
  visit("not_closed", now.not_closed);
  visit("halt_number", now.halt_number);
  visit("revision", now.revision);
}

}  // namespace cadre::live

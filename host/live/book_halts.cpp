#include "host/live/book_halts.hpp"

#include <boost/json.hpp>
#include <utility>

#include "host/base/log.hpp"
#include "host/base/text.hpp"
#include "host/execution/pre_trade_gate.hpp"

namespace cadre::live {

using execution::TradingState;

void BookHalts::order(const HaltOrder& order) {
  std::uint64_t before = ordered_.load();
  while (before < order.number && !ordered_.compare_exchange_weak(before, order.number)) {
  }
}

base::Problems BookHalts::begin(std::uint64_t journaled, bool halted, const std::string& reason) {
  base::Problems problems;
  if (const std::uint64_t last = file_.last(); journaled > last)
    problems.warning("HALTS_BEHIND", {},
                     "the journal of " + id_ + " has heard of halt or resume " + std::to_string(journaled) +
                         ", the halts' file ends with " + std::to_string(last) +
                         ": it was lost, or is an old copy; what the journal says holds",
                     "look at `cadre status`: is halted what has to be?");
  file_.number_above(journaled);
  taken_ = journaled;
  const auto orders = file_.of_book(id_, journaled);
  if (!orders.empty()) order(orders.back());
  set_halted(halted, reason);
  return problems;
}

void BookHalts::enter(book::Book& book) {
  book_ = &book;
  book_->set_halted(is_halted_);
}

void BookHalts::journal() {
  if (is_due()) {
    for (const HaltOrder& order : file_.of_book(id_, taken_))
      take(order);
  }
  follow_states();
}

void BookHalts::take(const HaltOrder& order) {
  book_->take_command(order.command(book_->ledger().date()));
  if (order.scope.is_book())
    set_halted(book::trading_states(*book_).ordered_of_book() >= TradingState::halted,
               order.actor + ": " + order.reason);
  follow_states();
  taken_ = order.number;  // last: whoever sees it sees what it did
  const bool cancels = order.cancel_orders || order.flatten || order.state == TradingState::killed;
  if (!order.scope.instrument.empty()) {
    if (order.halts() && cancels) cancel_of_.push_back(order.scope.instrument);
  } else if (book_->halted() || order.scope.is_book()) {
    cancel_is_due_ = order.halts() && (cancel_is_due_ || cancels);
    flatten_is_due_ = order.halts() && (flatten_is_due_ || order.flatten);
  }
  reduce_is_due_ = reduce_is_due_ || order.state == TradingState::reducing;
  boost::json::object said{
      {"book", id_}, {"number", order.number}, {"actor", order.actor}, {"reason", order.reason}};
  if (order.halts()) {
    said["cancel_orders"] = order.cancel_orders;
    said["flatten"] = order.flatten;
  }
  if (order.state == TradingState::killed) said["kill"] = true;
  if (order.rearms) said["rearm"] = true;
  if (!order.scope.instrument.empty()) said["instrument"] = order.scope.instrument;
  if (!order.scope.agent.empty()) said["agent"] = order.scope.agent;
  feed_.say(order.kind(), std::move(said));
}

void BookHalts::follow_states() {
  if (book_ != nullptr) is_halted_ = book_->halted() || is_stopped_;
}

std::string BookHalts::reason() const {
  if (!reason_.empty() || book_ == nullptr) return reason_;
  const execution::TradingStates& states = book::trading_states(*book_);
  for (const execution::StateChange& change : states.standing()) {
    if (change.scope.instrument.empty() && change.state == states.whole() && states.concerns(change))
      return change.scope.agent.empty() ? change.why()
                                        : change.why() + " (its agent " + change.scope.agent + ")";
  }
  if (states.lacks_cover())
    return "host: the last bar has prices of too few instruments (/data/prices/min_coverage)";
  return {};
}

void BookHalts::order_halt(const std::string& reason) {
  HaltOrder halt;
  halt.books = {id_};
  halt.actor = "host";
  halt.reason = reason;
  if (const base::Problems unwritten = file_.write(halt); unwritten.has_errors())
    feed_.say("halt_not_durable", {{"book", id_}, {"why", unwritten[0].message}});
  order(halt);
}

void BookHalts::carry_out() {
  if (std::exchange(cancel_is_due_, false)) book_->cancel_all();
  for (const std::string& instrument : std::exchange(cancel_of_, {}))
    book_->cancel_all(instrument);
  if (std::exchange(reduce_is_due_, false)) book::cancel_increasing(*book_);
  if (std::exchange(flatten_is_due_, false)) flatten();
}

/// Closes the positions, and tells of those that it could not close.
void BookHalts::flatten() {
  const std::size_t first = book_->ledger().tracker().orders().size();
  book_->flatten();
  const auto& orders = book_->ledger().tracker().orders();
  std::vector<std::string> left;
  for (std::size_t place = first; place < orders.size(); ++place) {
    if (orders[place].failed_checks == 0) continue;
    const auto codes = execution::failed_codes({orders[place].failed_checks});
    left.push_back(book_->ledger().universe().instruments[orders[place].order.instrument].id + " (" +
                   base::join(codes, ", ") + ")");
  }
  not_closed_ = base::join(left, ", ");
  if (left.empty()) return;
  base::log_event(base::LogLevel::warn, "not_closed", {{"book", id_}, {"what", not_closed_}});
  feed_.say("not_closed", {{"book", id_}, {"what", not_closed_}});
}

void BookHalts::stop() {
  is_stopped_ = true;
  book_->set_halted(true);
}

bool BookHalts::may_leave() {
  journal();
  return !book_->halted();
}

void BookHalts::set_halted(bool halted, const std::string& reason) {
  is_halted_ = halted || is_stopped_;
  if (!halted) not_closed_.clear();
  reason_ = halted ? reason : "";
  if (book_ != nullptr) book_->set_halted(is_halted_);
}

}  // namespace cadre::live

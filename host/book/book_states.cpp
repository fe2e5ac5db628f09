// The trading states of a book: what leads into them, and what they do to open orders.

#include <algorithm>

#include "cadre/cadre.h"
#include "host/base/date.hpp"
#include "host/base/log.hpp"
#include "host/book/book.hpp"
#include "host/book/state_commands.hpp"
#include "host/execution/financing.hpp"
#include "host/model/order.hpp"

namespace cadre::book {

using execution::TradingState;

void Book::enter_states() {
  std::vector<std::string> agents;
  std::as_const(*chains_.running()).each_stage([&](const chain::Stage& stage) {
    agents.push_back(stage.agent->declaration().id);
  });
  gate_->enter_agents(agents);
  states_.enter(ledger_.universe(), std::move(agents), chain().pre_trade_checks);
  gate_->enter_states(&states_);
  venue_.enter(ledger_.universe());
  gate_->enter_venue(&venue_);
}

void Book::take_state(const journal::CommandRecord& command) {
  if (command.kind == limits_counted) states_.restore(command.text);
  if (command.kind == venue_account) venue_.take(command.text);
  if (command.kind == adopted) adopt_external();
  if (const auto change = state_change_of(command)) states_.take(*change);
}

void compare_with_venue(Book& book, Asks asks) {
  const std::int32_t date = book.ledger_.date();
  if (date == book.compared_on_ && asks == Asks::once_a_session) return;
  book.compared_on_ = date;
  const auto account = book.environment_.account();
  if (!account) {
    if (book.environment_.takes().account)
      base::log_event(base::LogLevel::warn, "venue_account_unknown",
                      {{"book", book.ledger_.book()}, {"date", base::format_date(date)}});
    return;
  }
  const std::string text =
      execution::VenueBreaks::compared(*account, book.ledger_.universe(), book.ledger_.portfolio());
  execution::VenueBreaks now;
  now.take(text);
  if (now.any() || book.venue_.any()) book.take_command({venue_account, date, "host", now.to_string(), text});
}

/// What the venue holds becomes the book's, at its marks; what its cash differs by beyond that is a cost.
/// What has no mark, and what is not in the universe, stays a break.
void Book::adopt_external() {
  const model::Portfolio& portfolio = ledger_.portfolio();
  const auto& instruments = ledger_.universe().instruments;
  const base::Money before = portfolio.cash();
  execution::VenueAccount left;
  for (const execution::VenueBreak& each : venue_.breaks()) {
    const auto external = checked_subtract(each.venues, each.ours).value_or(base::Quantity{});
    const auto found =
        std::find_if(instruments.begin(), instruments.end(),
                     [&](const model::Instrument& about) { return about.id == each.instrument; });
    const auto i = static_cast<std::uint32_t>(found - instruments.begin());
    if (found == instruments.end() || portfolio.price(i).raw() == 0)
      left.positions[each.instrument] = external;
    else if (!adopt(ledger_, i, external))
      return;
  }
  const auto paid = checked_subtract(portfolio.cash(), before);
  const auto cost = paid ? checked_subtract(*paid, venue_.cash_difference()) : std::nullopt;
  if (venue_.cash_difference().raw() != 0 && cost) (void)charge(ledger_, *cost);
  venue_.take(execution::VenueBreaks::compared(left, {}, model::Portfolio(0, {})));
  holdings_are_stale_ = true;
}

template <class Concerns>
void Book::cancel_where(Concerns&& concerns) {
  std::vector<cadre_id> ids;
  for (const execution::TrackedOrder& tracked : ledger_.tracker().recent()) {
    if (tracked.open() && concerns(tracked)) ids.push_back(tracked.order.client_id);
  }
  if (ids.empty()) return;
  for (const cadre_id& id : ids)
    environment_.cancel(id);
  take_fills();
}

/// Limits that are broken become events, before anything is decided.
void Book::watch_limits() {
  const base::Money margin =
      execution::margin_requirement(ledger_.portfolio(), ledger_.universe(), config_.book.account);
  for (const execution::StateChange& change : states_.broken(ledger_.portfolio().equity(), margin)) {
    take_command(command_of(change, ledger_.date()));
    if (!change.scope.instrument.empty()) cancel_all(change.scope.instrument);
  }
  if (!states_.all_active()) cancel_increasing(*this);
}

bool Book::reduces(const cadre_order& order, std::int64_t quantity_e9) const {
  return model::reduces_position(ledger_.portfolio().quantity(order.instrument),
                                 base::Quantity::from_raw(quantity_e9 * model::sign_of_side(order.side)));
}

bool Book::may_leave(const cadre_order& order) {
  if (barrier_ == nullptr) return true;
  if (!barrier_->may_leave()) return false;
  return states_.all_active() || states_.allows(order.instrument, reduces(order, order.quantity_e9));
}

void Book::cancel_all(std::string_view instrument) {
  const auto& instruments = ledger_.universe().instruments;
  cancel_where([&](const execution::TrackedOrder& open) {
    return instrument.empty() || instruments[open.order.instrument].id == instrument;
  });
}

void cancel_increasing(Book& book) {
  book.cancel_where([&](const execution::TrackedOrder& open) {
    return book.states_.of(open.order.instrument) == TradingState::reducing &&
           !book.reduces(open.order, open.remaining_e9());
  });
}

void cancel_in_windows(Book& book, std::int64_t time_ns, std::int32_t date) {
  if (book.chain().pre_trade_checks.no_trade_windows.empty()) return;
  look_at_windows(*book.gate_, time_ns, date);
  book.cancel_where([&](const execution::TrackedOrder& open) {
    return book.gate_->is_in_window(open.order.instrument) && !book.reduces(open.order, open.remaining_e9());
  });
}

const execution::TradingStates& trading_states(const Book& book) {
  return book.states_;
}

std::vector<journal::CommandRecord> states_of(const Book& book) {
  std::vector<journal::CommandRecord> all;
  for (const execution::StateChange& change : book.states_.standing())
    all.push_back(command_of(change, book.ledger_.date()));
  if (book.venue_.any())
    all.push_back({venue_account, book.ledger_.date(), "host", book.venue_.to_string(), book.venue_.text()});
  all.push_back({limits_counted, book.ledger_.date(), "host", "", book.states_.counted()});
  return all;
}

}  // namespace cadre::book

// The trading states of a book: what leads into them, and what they do to open orders.

#include "cadre/cadre.h"
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
  states_.enter(ledger_.universe(), std::move(agents), chain().pre_trade_checks);
  gate_->enter_states(&states_);
}

void Book::take_state(const journal::CommandRecord& command) {
  if (command.kind == limits_counted) states_.restore(command.text);
  if (const auto change = state_change_of(command)) states_.take(*change);
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

const execution::TradingStates& trading_states(const Book& book) {
  return book.states_;
}

std::vector<journal::CommandRecord> states_of(const Book& book) {
  std::vector<journal::CommandRecord> all;
  for (const execution::StateChange& change : book.states_.standing())
    all.push_back(command_of(change, book.ledger_.date()));
  all.push_back({limits_counted, book.ledger_.date(), "host", "", book.states_.counted()});
  return all;
}

}  // namespace cadre::book

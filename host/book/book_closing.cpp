// How a book closes positions past the chain: on an operator's word, and where it is ruined.

#include <cstdlib>

#include "host/book/book.hpp"
#include "host/model/order.hpp"

namespace cadre::book {

using execution::TradingState;

cadre_order Book::market_order(const char* why, std::uint32_t instrument, std::int64_t quantity_e9) const {
  cadre_order order{};
  order.size = sizeof order;
  order.instrument = instrument;
  order.side = quantity_e9 > 0 ? CADRE_SIDE_BUY : CADRE_SIDE_SELL;
  order.type = CADRE_ORDER_MARKET;
  order.time_in_force = CADRE_TIF_DAY;
  order.quantity_e9 = std::llabs(quantity_e9);
  order.decision_price_e9 = ledger_.portfolio().price(instrument).raw();
  order.decision_time_ns = ledger_.time_ns();
  order.client_id = model::make_id(config_.book.id + '.' + why + '.' + std::to_string(ledger_.sequence()) +
                                   '.' + std::to_string(instrument));
  return order;
}

void Book::flatten() {
  end_all_parents();
  const model::Portfolio& portfolio = ledger_.portfolio();
  const execution::OrderTracker& tracker = ledger_.tracker();
  const auto size = static_cast<std::uint32_t>(ledger_.universe().size());
  begin_gate();
  for (std::uint32_t i = 0; i < size; ++i)
    gate_->count_standing(i, 0, 0);  // it was asked to be cancelled
  gate_->set_closing(true);
  const std::size_t first = tracker.orders().size();
  for (std::uint32_t i = 0; i < size; ++i) {
    const std::int64_t left =
        portfolio.quantity(i).raw() + tracker.working_buy_e9(i) - tracker.working_sell_e9(i);
    if (left == 0) continue;
    const cadre_order order = market_order("flatten", i, -left);
    record_order({order, gate_->check(order)});
  }
  gate_->set_closing(false);
  flattens_ = true;
  if (tracker.orders().size() != first) send_recorded(first, ready_to_send());
  flattens_ = false;
}

/// Weights of an equity that is not above zero mean nothing, so no chain is asked: where the policy for a
/// margin that is missing gives positions up, it is all that can be traded.
void Book::close_ruined() {
  if (chain().pre_trade_checks.on_margin_breach == config::OnMarginBreach::freeze) return;
  end_all_parents();
  const execution::OrderTracker& tracker = ledger_.tracker();
  const std::size_t first = tracker.orders().size();
  begin_gate();
  for (std::uint32_t i = 0; i < ledger_.universe().size(); ++i) {
    const std::int64_t held = ledger_.portfolio().quantity(i).raw();
    const std::int64_t buys = tracker.working_buy_e9(i), sells = tracker.working_sell_e9(i);
    const bool other_side_works = (held > 0 ? buys : sells) != 0;  // until its cancel is answered
    const bool may_trade = state_.state().close.valid[i] != 0 && states_.of(i) <= TradingState::reducing;
    const std::int64_t left = std::abs(held) - (held > 0 ? sells : buys);
    if (left <= 0 || other_side_works || !may_trade) continue;
    cadre_order order = market_order("ruin", i, held > 0 ? -left : left);
    order.quantity_e9 = gate_->largest_accepted(order).quantity_e9;
    if (order.quantity_e9 > 0) record_order({order, gate_->check(order)});
  }
  if (tracker.orders().size() != first) send_recorded(first, ready_to_send());
}

}  // namespace cadre::book

#include "host/execution/reserved_cash.hpp"

#include <algorithm>

namespace cadre::execution {

std::optional<base::Money> worst_cost(const cadre_order& order, std::int64_t quantity_e9,
                                      const model::Universe& universe) {
  const std::int64_t price = std::max({order.limit_price_e9, order.stop_price_e9, order.decision_price_e9});
  return base::notional(base::Price::from_raw(price), base::Quantity::from_raw(quantity_e9),
                        universe.instruments[order.instrument].multiplier);
}

base::Money committed_cash(const OrderTracker& tracker, const OrderSchedule& schedule,
                           const model::Universe& universe) {
  base::Money committed;
  const auto commit = [&](const cadre_order& order, std::int64_t quantity_e9) {
    if (order.side != CADRE_SIDE_BUY) return;
    const auto cost = worst_cost(order, quantity_e9, universe);
    committed = checked_add(committed, cost.value_or(base::Money{})).value_or(committed);
  };
  for (const TrackedOrder& open : tracker.recent()) {
    if (open.open()) commit(open.order, open.remaining_e9());
  }
  for (const ParentOrder& parent : schedule.parents()) {
    if (parent.waits != ParentOrder::Waits::for_cash) commit(parent.order, parent.left_e9());
  }
  return committed;
}

}  // namespace cadre::execution

#pragma once

#include <optional>

#include "cadre/order.h"
#include "host/base/decimal.hpp"
#include "host/execution/order_schedule.hpp"
#include "host/execution/order_tracker.hpp"
#include "host/model/instrument.hpp"

namespace cadre::execution {

/// What so much of an order may cost at the most: at the highest of its limit, its stop and the price it was
/// decided at. Nothing: more than money holds.
std::optional<base::Money> worst_cost(const cadre_order& order, std::int64_t quantity_e9,
                                      const model::Universe& universe);

/// What buys that work or are still to be sent may cost at the most. Of buys that wait for cash, nothing:
/// they wait for what is not there.
base::Money committed_cash(const OrderTracker& tracker, const OrderSchedule& schedule,
                           const model::Universe& universe);

}  // namespace cadre::execution

#include "host/chain/exposure.hpp"

#include <algorithm>
#include <cmath>

namespace cadre::chain {

double at_worst(double weight, const OpenOrders& open) {
  return std::max(std::fabs(weight + open.sell), std::fabs(weight - open.buy));
}

Exposure exposure_at_worst(std::span<const double> weight, std::span<const OpenOrders> open) {
  Exposure exposure;
  for (std::size_t i = 0; i < weight.size(); ++i) {
    // The weights count all that works as filled: without the sales a position is larger, without the
    // purchases smaller.
    const double highest = weight[i] + open[i].sell;
    const double lowest = weight[i] - open[i].buy;
    exposure.gross += at_worst(weight[i], open[i]);
    exposure.highest_net += highest;
    exposure.lowest_net += lowest;
  }
  return exposure;
}

double fitted_to_open_orders(double target, double current, const OpenOrders& open, double most) {
  if (target > current && open.sell > 0) return std::max(current, std::min(target, most - open.sell));
  if (target < current && open.buy > 0) return std::min(current, std::max(target, open.buy - most));
  return target;
}

}  // namespace cadre::chain

#pragma once

#include <span>

namespace cadre::chain {

/// Of one instrument, as weights: what was working before the decision.
struct OpenOrders {
  double buy = 0;   ///< >= 0
  double sell = 0;  ///< >= 0
};

/// Of a book: the sum of absolute weights, and the sum of weights at its highest and at its lowest.
struct Exposure {
  double gross = 0;
  double highest_net = 0;
  double lowest_net = 0;
};

/// The largest absolute weight that an instrument can come to from `weight`, which counts all that works as
/// filled.
double at_worst(double weight, const OpenOrders& open);

/// Of a book that would hold `weight` once all is filled. What was working before counts as filled or not,
/// per instrument and whichever is worse; what this decision adds is part of the weights, all filled.
Exposure exposure_at_worst(std::span<const double> weight, std::span<const OpenOrders> open);

/// The target nearest to `target` with which no fill of what is working, or lack of it, ends above `most` in
/// either direction; where what is held at worst is above already, `current`.
double fitted_to_open_orders(double target, double current, const OpenOrders& open, double most);

}  // namespace cadre::chain

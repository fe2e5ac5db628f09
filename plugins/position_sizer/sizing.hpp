#pragma once

#include <span>
#include <vector>

#include "cadre/quant/weights.hpp"

namespace cadre::position_sizer {

enum class Method { equal_weight, inverse_volatility };
enum class OnDrift { hold, trim };

struct Settings {
  Method method = Method::equal_weight;
  double max_position = 0.1;
  double min_position = 0.01;
  OnDrift on_drift = OnDrift::hold;
};

/// What the book allows.
struct Bounds {
  bool long_only = true;
  double max_gross_exposure = 1.0;
  double max_net_exposure = 1.0;
  double max_weight = 1.0;
};

enum class Why {
  signal,
  max_position,
  min_position,
  no_view,
  long_only,
  no_volatility,
  too_young,
  net_exposure
};

struct Size {
  double weight = 0.0;
  Why why = Why::no_view;
  double value =
      0.0;  ///< what the reason speaks of: the score, the cap, the minimum, the target refused, the factor
};

struct Outcome {
  std::int64_t selected = 0;  ///< instruments with a view that may be followed
  std::int64_t held = 0;      ///< of these, how many got a weight
  double gross_factor = 1.0;  ///< what all weights were multiplied by to keep the gross exposure
  double net_factor = 1.0;    ///< what the heavier side was multiplied by then, to keep the net exposure
};

/// Sizes every instrument. score: NaN for no view. sigma: volatilities in any common unit, NaN where there
/// are too few returns for one, which no method sizes; else read by inverse_volatility only. current: the
/// weights now held. All spans have n elements. no-alloc
Outcome size_positions(std::span<const double> score, std::span<const double> sigma,
                       std::span<const double> current, const Settings& settings, const Bounds& bounds,
                       std::span<Size> out);

}  // namespace cadre::position_sizer

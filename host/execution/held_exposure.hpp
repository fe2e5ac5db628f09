#pragma once

#include <string>

#include "host/config/scenario_config.hpp"
#include "host/model/instrument.hpp"
#include "host/model/portfolio.hpp"

namespace cadre::execution {

/// What a book holds, as shares of its equity: the sum of absolute values, and of values. NaN without equity.
struct HeldExposure {
  double gross = 0;
  double net = 0;
};
HeldExposure held_exposure(const model::Portfolio& portfolio, const model::Universe& universe);

/// A book whose exposure is above its bound by more than this share of it is told. Prices move a full book
/// beyond it by less, and its next decision trims that.
inline constexpr double exposure_drift = 0.05;

/// "gross exposure 134 % of at most 100 %"; empty: it is inside its bounds, or drifted out by no more.
std::string exposure_above(const HeldExposure& held, const config::ConstraintsConfig& bounds);

}  // namespace cadre::execution

#pragma once

#include <cstdint>
#include <optional>

#include "host/model/instrument.hpp"

namespace cadre::model {

/// The one place where weights become quantities. The position that a target weight means, in whole lots,
/// rounded towards `current` (a book that is on target trades nothing). nullopt: no price, non-finite weight,
/// or more than fits.
std::optional<base::Quantity> target_quantity(double weight, base::Money equity, base::Price price,
                                              const Instrument& instrument, base::Quantity current);

/// Rounds a price to the tick. `up`: away from zero, for the side that may not be crossed.
base::Price round_to_tick(base::Price price, base::Price tick, bool up);

/// The share of equity that a position is worth; 0 without equity.
double weight_of(base::Money value, base::Money equity);

}  // namespace cadre::model

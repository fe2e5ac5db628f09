#pragma once

#include <cstdint>
#include <optional>

#include "host/model/instrument.hpp"

namespace cadre::model {

/// Units of the largest position: near the 9,223,372,036 that a quantity can hold.
inline constexpr std::int64_t position_units_most = 9'000'000'000;

/// The one place where weights become quantities. The position that a target weight means, in whole lots,
/// rounded towards `current` (a book that is on target trades nothing). A position grows to
/// `position_units_most` and no further: what is beyond is cut. `current`, where the change would be below
/// the instrument's minimum notional. nullopt: no price or non-finite weight.
std::optional<base::Quantity> target_quantity(double weight, base::Money equity, base::Price price,
                                              const Instrument& instrument, base::Quantity current);

/// The same, whatever the change is worth.
std::optional<base::Quantity> whole_lots(double weight, base::Money equity, base::Price price,
                                         const Instrument& instrument, base::Quantity current);

/// Whether the way from one position to another is worth less than the instrument's minimum notional. A
/// position may always be closed.
bool is_below_minimum(base::Quantity target, base::Quantity current, base::Price price,
                      const Instrument& instrument);

/// The position that is one lot nearer to zero; the same where that would cross zero.
base::Quantity one_lot_less(base::Quantity quantity, base::Quantity lot);

/// Rounds a price to the tick. `up`: away from zero, for the side that may not be crossed.
base::Price round_to_tick(base::Price price, base::Price tick, bool up);

/// The share of equity that a position is worth; 0 without equity.
double weight_of(base::Money value, base::Money equity);

}  // namespace cadre::model

#pragma once

#include <cstdint>

/// Whole-number rules of one order: prices and quantities in 1e-9, shares of one in 1e-9 (1 % is 10,000,000).
/// Products are taken in 128 bits. All no-alloc.
namespace cadre::execution_rules {

/// The reference price made worse by `offset_e9` (higher for a buy), no further than `threshold_e9` from the
/// reference, on the tick grid and rounded towards the reference's better side, so that rounding never takes
/// it beyond the threshold. 0 when no tick above zero is inside.
std::int64_t limit_price(std::int64_t reference_e9, std::int64_t offset_e9, std::int64_t threshold_e9,
                         std::int64_t tick_e9, bool is_buy);

/// The part of `need` that brings `position` closer to zero without crossing it; 0 when it does the opposite.
std::int64_t reducing_part(std::int64_t position_e9, std::int64_t need_e9, std::int64_t lot_e9);

/// Whether quantity x price x multiplier is below `minimum_e6` of money.
bool is_below_value(std::int64_t quantity_e9, std::int64_t price_e9, std::int64_t multiplier_e9,
                    std::int64_t minimum_e6);

}  // namespace cadre::execution_rules

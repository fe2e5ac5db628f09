#pragma once

#include <cstdint>

/// How an order is worked over time. Quantities in 1e-9. All no-alloc.
namespace cadre::execution_rules {

/// The largest quantity whose expected impact is no more than `limit`, a share of the price, by the
/// square-root law I = sigma sqrt(Q / V): limit^2 V / sigma^2 (Toth et al. 2011; Almgren et al. 2005, with a
/// factor of one). `sigma`: volatility of daily returns; `daily_volume`: units a day. No bound where one of
/// them is not known: INT64_MAX.
std::int64_t largest_within_impact(double limit, double sigma, double daily_volume);

/// The expected impact of a quantity, a share of the price; 0 where sigma or the volume is not known.
double expected_impact(std::int64_t quantity_e9, double sigma, double daily_volume);

/// Into how many parts of at least one lot a quantity goes, at most `wanted`; at least 1.
std::int64_t part_count(std::int64_t quantity_e9, std::int64_t lot_e9, std::int64_t wanted);

/// As few parts as keep each within `most_e9`, in whole lots, or of one lot each.
std::int64_t parts_within(std::int64_t quantity_e9, std::int64_t lot_e9, std::int64_t most_e9);

/// What of a quantity is due, in whole lots, when this share of it should have been sent (0 .. 1): after
/// every part what was sent is within a lot of the curve, and the last one has what is left (Johnson 2010).
std::int64_t due_by_share(std::int64_t quantity_e9, std::int64_t lot_e9, double share);

}  // namespace cadre::execution_rules

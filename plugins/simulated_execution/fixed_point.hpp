#pragma once

#include <cstdint>
#include <optional>

/// Money and prices in whole numbers: prices and quantities in 1e-9, money in 1e-6, products in 128 bits,
/// every rounding half to even unless its name says otherwise. nullopt: the result does not fit. All
/// no-alloc.
namespace cadre::simulated_execution {

__extension__ typedef __int128 Wide;

inline constexpr std::int64_t one_e9 = 1'000'000'000;

/// numerator / denominator, both >= 0 and the second above it, half to even.
Wide divided(Wide numerator, Wide denominator);

/// quantity x price x multiplier, as money. All three >= 0.
std::optional<std::int64_t> notional_e6(std::int64_t quantity_e9, std::int64_t price_e9,
                                        std::int64_t multiplier_e9);

/// amount x share, share in 1e-9 (2 basis points are 200,000). Both >= 0.
std::optional<std::int64_t> share_of(std::int64_t amount, std::int64_t share_e9);
/// The same, rounded down; the share is at most 1.
std::int64_t share_of_rounded_down(std::int64_t amount, std::int64_t share_e9);

/// a + b, both >= 0.
std::optional<std::int64_t> sum_of(std::optional<std::int64_t> a, std::optional<std::int64_t> b);

/// The largest multiple of the lot that is at most the quantity.
std::int64_t in_whole_lots(std::int64_t quantity_e9, std::int64_t lot_e9);

/// The nearest 1e-9 to a number >= 0, half to even. nullopt for NaN, infinity and what is negative.
std::optional<std::int64_t> price_from(double price);
/// The nearest 1e-6, of either sign, half to even; 0 for what is no amount of money.
std::int64_t money_from(double money);
/// Units of a volume in 1e-9; as much as fits, and 0 for NaN and what is negative.
std::int64_t quantity_from(double units);

}  // namespace cadre::simulated_execution

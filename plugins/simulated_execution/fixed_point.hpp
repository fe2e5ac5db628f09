#pragma once

#include <cstdint>
#include <optional>

/// Money and prices in whole numbers: prices and quantities in 1e-9, money in 1e-6, products in 128 bits,
/// every rounding half to even. nullopt: the result does not fit. All no-alloc.
namespace cadre::simulated_execution {

/// quantity x price x multiplier, as money. All three >= 0.
std::optional<std::int64_t> notional_e6(std::int64_t quantity_e9, std::int64_t price_e9,
                                        std::int64_t multiplier_e9);

/// amount x share, share in 1e-9 (2 basis points are 200,000). Both >= 0.
std::optional<std::int64_t> share_of(std::int64_t amount, std::int64_t share_e9);

/// The nearest 1e-9 (1e-6) to a number >= 0, half to even. nullopt for NaN, infinity and what is negative.
std::optional<std::int64_t> price_from(double price);
std::optional<std::int64_t> money_from(double money);

struct Commission {
  std::int64_t share_e9 = 0;      ///< of the notional
  std::int64_t per_order_e6 = 0;  ///< money
};

/// The commission of an order that trades `notional_e6` of money.
std::optional<std::int64_t> commission_e6(std::int64_t notional_e6, const Commission& commission);

/// What a buy takes out of the cash: notional and commission.
std::optional<std::int64_t> buy_cost_e6(std::int64_t quantity_e9, std::int64_t price_e9,
                                        std::int64_t multiplier_e9, const Commission& commission);

/// The largest multiple of the lot, at most `quantity_e9`, that costs at most `cash_e6`; 0 when not even one
/// lot does.
std::int64_t affordable_quantity(std::int64_t quantity_e9, std::int64_t cash_e6, std::int64_t price_e9,
                                 std::int64_t multiplier_e9, std::int64_t lot_e9,
                                 const Commission& commission);

}  // namespace cadre::simulated_execution

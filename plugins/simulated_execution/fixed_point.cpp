#include "fixed_point.hpp"

#include <algorithm>
#include <cmath>

namespace cadre::simulated_execution {

namespace {

__extension__ typedef __int128 Wide;
constexpr Wide one_e9 = 1'000'000'000;

// numerator / denominator, both >= 0, half to even.
Wide divided(Wide numerator, Wide denominator) {
  const Wide whole = numerator / denominator;
  const Wide left = numerator % denominator;
  const Wide other = denominator - left;
  return whole + (left > other || (left == other && whole % 2 == 1) ? 1 : 0);
}

std::optional<std::int64_t> narrowed(Wide value) {
  if (value < 0 || value > Wide{INT64_MAX}) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

std::optional<std::int64_t> scaled(double value, double scale) {
  const double exact = std::nearbyint(value * scale);
  if (!(exact >= 0.0 && exact < 9.2e18)) return std::nullopt;
  return static_cast<std::int64_t>(exact);
}

}  // namespace

std::optional<std::int64_t> notional_e6(std::int64_t quantity_e9, std::int64_t price_e9,
                                        std::int64_t multiplier_e9) {
  const Wide value = Wide{quantity_e9} * price_e9;  // in 1e-18; two 63-bit numbers always fit
  if (multiplier_e9 == 1'000'000'000) return narrowed(divided(value, one_e9 * 1000));
  Wide product = 0;
  if (__builtin_mul_overflow(value, Wide{multiplier_e9}, &product)) return std::nullopt;
  return narrowed(divided(product, one_e9 * one_e9 * 1000));
}

std::optional<std::int64_t> share_of(std::int64_t amount, std::int64_t share_e9) {
  return narrowed(divided(Wide{amount} * share_e9, one_e9));
}

std::optional<std::int64_t> price_from(double price) {
  return scaled(price, 1e9);
}

std::optional<std::int64_t> money_from(double money) {
  return scaled(money, 1e6);
}

std::optional<std::int64_t> commission_e6(std::int64_t notional_e6, const Commission& commission) {
  const auto share = share_of(notional_e6, commission.share_e9);
  if (!share || *share > INT64_MAX - commission.per_order_e6) return std::nullopt;
  return *share + commission.per_order_e6;
}

std::optional<std::int64_t> buy_cost_e6(std::int64_t quantity_e9, std::int64_t price_e9,
                                        std::int64_t multiplier_e9, const Commission& commission) {
  const auto value = notional_e6(quantity_e9, price_e9, multiplier_e9);
  const auto fees = value ? commission_e6(*value, commission) : std::nullopt;
  if (!fees || *fees > INT64_MAX - *value) return std::nullopt;
  return *value + *fees;
}

std::int64_t affordable_quantity(std::int64_t quantity_e9, std::int64_t cash_e6, std::int64_t price_e9,
                                 std::int64_t multiplier_e9, std::int64_t lot_e9,
                                 const Commission& commission) {
  const auto fits = [&](std::int64_t quantity) {
    const auto cost = buy_cost_e6(quantity, price_e9, multiplier_e9, commission);
    return cost && *cost <= cash_e6;
  };
  if (fits(quantity_e9)) return quantity_e9;
  // Cost never falls when the quantity rises, so that bisection over whole lots finds the last that fits.
  std::int64_t enough = 0;
  std::int64_t too_many = quantity_e9 / lot_e9 + 1;
  while (too_many - enough > 1) {
    const std::int64_t lots = enough + (too_many - enough) / 2;
    (fits(lots * lot_e9) ? enough : too_many) = lots;
  }
  return enough * lot_e9;
}

}  // namespace cadre::simulated_execution

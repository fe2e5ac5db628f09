#include "fixed_point.hpp"

#include <cmath>

namespace cadre::simulated_execution {

namespace {

std::optional<std::int64_t> narrowed(Wide value) {
  if (value < 0 || value > Wide{INT64_MAX}) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

}  // namespace

Wide divided(Wide numerator, Wide denominator) {
  const Wide whole = numerator / denominator;
  const Wide left = numerator % denominator;
  const Wide other = denominator - left;
  return whole + (left > other || (left == other && whole % 2 == 1) ? 1 : 0);
}

std::optional<std::int64_t> notional_e6(std::int64_t quantity_e9, std::int64_t price_e9,
                                        std::int64_t multiplier_e9) {
  const Wide value = Wide{quantity_e9} * price_e9;  // in 1e-18; two 63-bit numbers always fit
  if (multiplier_e9 == one_e9) return narrowed(divided(value, Wide{one_e9} * 1000));
  Wide product = 0;
  if (__builtin_mul_overflow(value, Wide{multiplier_e9}, &product)) return std::nullopt;
  return narrowed(divided(product, Wide{one_e9} * one_e9 * 1000));
}

std::optional<std::int64_t> share_of(std::int64_t amount, std::int64_t share_e9) {
  return narrowed(divided(Wide{amount} * share_e9, one_e9));
}

std::int64_t share_of_rounded_down(std::int64_t amount, std::int64_t share_e9) {
  return static_cast<std::int64_t>(Wide{amount} * share_e9 / one_e9);
}

std::optional<std::int64_t> sum_of(std::optional<std::int64_t> a, std::optional<std::int64_t> b) {
  if (!a || !b || *a > INT64_MAX - *b) return std::nullopt;
  return *a + *b;
}

std::int64_t in_whole_lots(std::int64_t quantity_e9, std::int64_t lot_e9) {
  return quantity_e9 / lot_e9 * lot_e9;
}

std::optional<std::int64_t> price_from(double price) {
  const double exact = std::nearbyint(price * 1e9);
  if (!(exact >= 0.0 && exact < 9.2e18)) return std::nullopt;
  return static_cast<std::int64_t>(exact);
}

std::int64_t money_from(double money) {
  const double exact = std::nearbyint(money * 1e6);
  return std::fabs(exact) < 9.2e18 ? static_cast<std::int64_t>(exact) : 0;
}

std::int64_t quantity_from(double units) {
  const double exact = std::nearbyint(units * 1e9);
  if (!(exact >= 0.0)) return 0;
  return exact < 9.2e18 ? static_cast<std::int64_t>(exact) : INT64_MAX;
}

}  // namespace cadre::simulated_execution

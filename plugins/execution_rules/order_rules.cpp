#include "order_rules.hpp"

#include <algorithm>

namespace cadre::execution_rules {

namespace {

__extension__ typedef __int128 Wide;
constexpr Wide one_e9 = 1'000'000'000;

std::int64_t magnitude(std::int64_t x) {
  return x < 0 ? -x : x;
}

}  // namespace

std::int64_t limit_price(std::int64_t reference_e9, std::int64_t offset_e9, std::int64_t threshold_e9,
                         std::int64_t tick_e9, bool is_buy) {
  const Wide step = std::min(offset_e9, threshold_e9);
  const Wide tick = tick_e9;
  // In 1e-18, so that nothing is lost before the one rounding, to the tick.
  const Wide exact = Wide{reference_e9} * (is_buy ? one_e9 + step : one_e9 - step);
  const Wide tick_e18 = tick * one_e9;
  const Wide ticks = is_buy ? exact / tick_e18 : (exact + tick_e18 - 1) / tick_e18;
  const Wide price = ticks * tick;
  if (price <= 0 || price > Wide{INT64_MAX}) return 0;
  return static_cast<std::int64_t>(price);
}

std::int64_t reducing_part(std::int64_t position_e9, std::int64_t need_e9, std::int64_t lot_e9) {
  if (position_e9 == 0 || need_e9 == 0 || (position_e9 > 0) == (need_e9 > 0)) return 0;
  std::int64_t size = std::min(magnitude(position_e9), magnitude(need_e9));
  size -= size % lot_e9;
  return need_e9 > 0 ? size : -size;
}

bool is_below_value(std::int64_t quantity_e9, std::int64_t price_e9, std::int64_t multiplier_e9,
                    std::int64_t minimum_e6) {
  // quantity x price is in 1e-18; the multiplier, 1e-9 of its own, is divided out of the minimum's side.
  const Wide product = Wide{magnitude(quantity_e9)} * price_e9 / one_e9;
  Wide value = 0;
  if (__builtin_mul_overflow(product, Wide{multiplier_e9}, &value)) return false;
  return value < Wide{minimum_e6} * one_e9 * 1000;
}

}  // namespace cadre::execution_rules

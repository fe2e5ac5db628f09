#include "fill_rules.hpp"

#include <algorithm>

#include "fixed_point.hpp"

namespace cadre::simulated_execution {

namespace {

std::optional<Fill> with_spread(bool is_buy, std::int64_t mid, std::int64_t half_spread_e9) {
  const auto spread = share_of(mid, half_spread_e9);
  if (mid <= 0 || !spread) return std::nullopt;
  if (is_buy && *spread > INT64_MAX - mid) return std::nullopt;
  const std::int64_t price = is_buy ? mid + *spread : mid - *spread;
  if (price <= 0) return std::nullopt;
  return Fill{price, mid};
}

}  // namespace

std::optional<Fill> fill_price(Kind kind, bool is_buy, std::int64_t limit, const Bar& bar, FillAt fill_at,
                               std::int64_t half_spread_e9) {
  if (kind != Kind::limit) {
    const bool at_close = kind == Kind::market_on_close || fill_at == FillAt::close;
    return with_spread(is_buy, at_close ? bar.close : bar.open, half_spread_e9);
  }
  const bool has_range = bar.open > 0 && bar.high > 0 && bar.low > 0;
  const std::int64_t best = has_range ? (is_buy ? bar.low : bar.high) : bar.close;
  if (best <= 0 || !(is_buy ? best < limit : best > limit)) return std::nullopt;
  const std::int64_t first = has_range ? bar.open : bar.close;
  const std::int64_t mid = is_buy ? std::min(first, limit) : std::max(first, limit);
  auto fill = with_spread(is_buy, mid, half_spread_e9);
  if (fill) fill->price = is_buy ? std::min(fill->price, limit) : std::max(fill->price, limit);
  return fill;
}

}  // namespace cadre::simulated_execution

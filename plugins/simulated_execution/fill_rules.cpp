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

std::optional<Fill> market(const Meeting& meeting) {
  const std::int64_t price = meeting.fill_at == FillAt::close ? meeting.bar.close : meeting.bar.open;
  return with_spread(meeting.is_buy, price, meeting.half_spread_e9);
}

std::optional<Fill> market_on_close(const Meeting& meeting) {
  return with_spread(meeting.is_buy, meeting.bar.close, meeting.half_spread_e9);
}

/// On bars with open, high and low, a buy fills only when the low is strictly below the limit, at min(open,
/// limit); on closes only, when the close is strictly below the limit, at the close. Sells alike.
std::optional<Fill> limit(const Meeting& meeting) {
  const auto& [is_buy, limit, bar, fill_at, half_spread_e9] = meeting;
  const bool has_range = bar.open > 0 && bar.high > 0 && bar.low > 0;
  const std::int64_t best = has_range ? (is_buy ? bar.low : bar.high) : bar.close;
  if (best <= 0 || !(is_buy ? best < limit : best > limit)) return std::nullopt;
  const std::int64_t first = has_range ? bar.open : bar.close;
  const std::int64_t mid = is_buy ? std::min(first, limit) : std::max(first, limit);
  auto fill = with_spread(is_buy, mid, half_spread_e9);
  if (fill) fill->price = is_buy ? std::min(fill->price, limit) : std::max(fill->price, limit);
  return fill;
}

constexpr FillRule rules[] = {{CADRE_ORDER_MARKET, false, true, market},
                              {CADRE_ORDER_LIMIT, true, false, limit},
                              {CADRE_ORDER_MARKET_ON_CLOSE, false, false, market_on_close}};

}  // namespace

std::uint64_t order_types_filled() {
  std::uint64_t types = 0;
  for (const FillRule& rule : rules)
    types |= CADRE_BIT_OF(rule.order_type);
  return types;
}

const FillRule* find_fill_rule(std::uint32_t order_type) {
  for (const FillRule& rule : rules) {
    if (rule.order_type == order_type) return &rule;
  }
  return nullptr;
}

}  // namespace cadre::simulated_execution

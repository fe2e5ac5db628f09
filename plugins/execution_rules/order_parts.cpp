#include "order_parts.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace cadre::execution_rules {

namespace {

constexpr std::int64_t any_quantity = std::numeric_limits<std::int64_t>::max();

bool is_known(double sigma, double daily_volume) {
  return sigma > 0 && daily_volume > 0 && std::isfinite(sigma) && std::isfinite(daily_volume);
}

}  // namespace

std::int64_t largest_within_impact(double limit, double sigma, double daily_volume) {
  if (!is_known(sigma, daily_volume)) return any_quantity;
  const double ratio = limit / sigma;
  const double units = ratio * ratio * daily_volume;
  return units < 9e9 ? static_cast<std::int64_t>(std::floor(units * 1e9)) : any_quantity;
}

double expected_impact(std::int64_t quantity_e9, double sigma, double daily_volume) {
  if (!is_known(sigma, daily_volume)) return 0;
  return sigma * std::sqrt(static_cast<double>(quantity_e9) * 1e-9 / daily_volume);
}

std::int64_t part_count(std::int64_t quantity_e9, std::int64_t lot_e9, std::int64_t wanted) {
  return std::clamp<std::int64_t>(wanted, 1, std::max<std::int64_t>(quantity_e9 / lot_e9, 1));
}

std::int64_t parts_within(std::int64_t quantity_e9, std::int64_t lot_e9, std::int64_t most_e9) {
  const std::int64_t each = std::max(most_e9 - most_e9 % lot_e9, lot_e9);
  return quantity_e9 / each + (quantity_e9 % each == 0 ? 0 : 1);
}

std::int64_t due_by_share(std::int64_t quantity_e9, std::int64_t lot_e9, double share) {
  if (share >= 1) return quantity_e9;
  const std::int64_t lots = quantity_e9 / lot_e9;
  const double due = static_cast<double>(lots) * std::max(share, 0.0);
  return static_cast<std::int64_t>(std::floor(due + 0.5)) * lot_e9;
}

}  // namespace cadre::execution_rules

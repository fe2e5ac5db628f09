#include "host/execution/order_bounds.hpp"

#include <algorithm>

namespace cadre::execution {

namespace {

template <class Value, class Limit>
void tighten(Value& value, const std::optional<Limit>& limit, Value (*number)(const Limit&)) {
  if (limit) value = std::min(value, number(*limit));
}

double same(const double& value) {
  return value;
}
double money(const base::Money& value) {
  return value.to_double();
}
std::int64_t units(const base::Quantity& value) {
  return value.raw();
}

bool is_in(const config::NoTradeWindow& window, const base::TimeZone& zone, std::int64_t time_ns,
           std::int32_t date) {
  if (window.first != 0) return date >= window.first && date <= window.last;
  const std::int64_t now = zone.local(time_ns).of_day_ns;
  if (window.from_ns < window.to_ns) return now >= window.from_ns && now < window.to_ns;
  return now >= window.from_ns || now < window.to_ns;
}

}  // namespace

std::vector<OrderBounds> order_bounds(const model::Universe& universe, std::span<const std::string> agents,
                                      const config::PreTradeConfig& limits,
                                      const config::ConstraintsConfig& constraints) {
  const OrderBounds all{limits.price_collar, limits.max_order_notional.to_double(),
                        limits.max_order_quantity.raw(), limits.max_share_of_volume, constraints.max_weight};
  std::vector<OrderBounds> bounds(universe.size(), all);
  for (const config::ScopedLimit& limit : limits.limits) {
    const bool runs_it =
        limit.agent.empty() || std::find(agents.begin(), agents.end(), limit.agent) != agents.end();
    if (!runs_it) continue;
    for (std::size_t i = 0; i < bounds.size(); ++i) {
      if (!limit.instrument.empty() && limit.instrument != universe.instruments[i].id) continue;
      tighten(bounds[i].price_collar, limit.price_collar, same);
      tighten(bounds[i].max_notional, limit.max_order_notional, money);
      tighten(bounds[i].max_quantity_e9, limit.max_order_quantity, units);
      tighten(bounds[i].max_share_of_volume, limit.max_share_of_volume, same);
      tighten(bounds[i].max_weight, limit.max_weight, same);
    }
  }
  return bounds;
}

void NoTradeWindows::enter(const model::Universe& universe,
                           const std::vector<config::NoTradeWindow>& windows) {
  windows_.clear();
  open_.assign(universe.size(), 0);
  is_open_ = false;
  for (const config::NoTradeWindow& about : windows) {
    const auto zone = base::TimeZone::find(about.time_zone);
    if (!zone) continue;  // refused when it was read
    Window window{about, *zone, {}};
    for (std::uint32_t i = 0; i < universe.size(); ++i) {
      const auto& named = about.instruments;
      if (named.empty() || std::find(named.begin(), named.end(), universe.instruments[i].id) != named.end())
        window.instruments.push_back(i);
    }
    windows_.push_back(std::move(window));
  }
}

void NoTradeWindows::begin(std::int64_t time_ns, std::int32_t date) {
  if (windows_.empty()) return;
  std::fill(open_.begin(), open_.end(), std::uint8_t{0});
  is_open_ = false;
  for (const Window& window : windows_) {
    if (!is_in(window.about, window.zone, time_ns, date)) continue;
    is_open_ = is_open_ || !window.instruments.empty();
    for (const std::uint32_t i : window.instruments)
      open_[i] = 1;
  }
}

}  // namespace cadre::execution

#include "host/config/order_limits.hpp"

#include <set>
#include <string_view>
#include <utility>

#include "host/base/text.hpp"
#include "host/base/time_zone.hpp"

namespace cadre::config {

void read_members(KeyReader& reader, const std::string& at, RepeatedExecutions& value) {
  reader.read(at + "/count", value.count);
  reader.read(at + "/decisions", value.decisions);
  if (value.count >= value.decisions)
    reader.error("CONFIG_OUT_OF_RANGE", at,
                 "an instrument cannot be executed on one side after more than " +
                     std::to_string(value.count) + " of " + std::to_string(value.decisions) + " decisions",
                 "let count be below decisions");
}

void read_members(KeyReader& reader, const std::string& at, GroupWeight& value) {
  reader.read(at + "/group", value.group);
  reader.read(at + "/max", value.max);
}

void read_members(KeyReader& reader, const std::string& at, TurnoverBudget& value) {
  reader.read(at + "/max", value.max);
  reader.read(at + "/sessions", value.sessions);
}

#define KEY(name, type, schema) reader.read(at + "/" #name, value.name);
void read_members(KeyReader& reader, const std::string& at, ScopedLimit& value) {
#include "host/config/keys/limit.inc"
}
#undef KEY

void read_members(KeyReader& reader, const std::string& at, NoTradeWindow& value) {
  reader.read(at + "/from", value.from);
  reader.read(at + "/to", value.to);
  reader.read(at + "/time_zone", value.time_zone);
  reader.read(at + "/instruments", value.instruments);
  const auto from_ns = market::parse_time_of_day(value.from), to_ns = market::parse_time_of_day(value.to);
  const auto first = base::parse_date(value.from), last = base::parse_date(value.to);
  if (from_ns && to_ns && *from_ns != *to_ns) {
    value.from_ns = *from_ns;
    value.to_ns = *to_ns;
  } else if (first && last && *first <= *last) {
    value.first = *first;
    value.last = *last;
  } else {
    reader.error("CONFIG_BAD_TIME", at,
                 base::quote(value.from) + " to " + base::quote(value.to) +
                     " is neither two times of a day nor two dates in their order",
                 "write 15:50 and 16:00, or 2024-03-20 and 2024-03-22");
  }
}

void check_limits(KeyReader& reader, const ConstraintsConfig& constraints, const PreTradeConfig& config) {
  std::set<std::string_view> named;
  for (std::size_t k = 0; k < constraints.max_group_weight.size(); ++k) {
    const std::string& group = constraints.max_group_weight[k].group;
    if (!named.insert(group).second)
      reader.error("CONFIG_NAME_TWICE", "/chain/constraints/max_group_weight/" + std::to_string(k) + "/group",
                   "the group " + base::quote(group) + " has a bound already", "state one bound for it");
  }
  for (std::size_t k = 0; k < config.limits.size(); ++k) {
    const ScopedLimit& limit = config.limits[k];
    const bool bounds = limit.price_collar || limit.max_order_notional || limit.max_order_quantity ||
                        limit.max_share_of_volume || limit.max_weight;
    if (!bounds)
      reader.error("CONFIG_CONTRADICTION", "/pre_trade_checks/limits/" + std::to_string(k),
                   "this entry bounds nothing", "state what it bounds, max_order_notional for instance");
  }
}

void check_windows(KeyReader& reader, const market::BarTiming& timing, PreTradeConfig& config) {
  std::size_t k = 0;
  for (NoTradeWindow& window : config.no_trade_windows) {
    const std::string at = "/pre_trade_checks/no_trade_windows/" + std::to_string(k++);
    if (window.first == 0 && window.from_ns != window.to_ns && !timing.is_intraday())
      reader.error("CONFIG_CONTRADICTION", at, "bars of days have no times: a window of hours says nothing",
                   R"(name days, or say how long a bar is, as in "period": "1min")");
    if (!window.time_zone.empty() && !base::TimeZone::find(window.time_zone))
      reader.error("TIME_ZONE_UNKNOWN", at + "/time_zone",
                   base::quote(window.time_zone) + " is no time zone of the system's database",
                   "zones have names such as America/New_York, Europe/London and UTC");
    if (window.time_zone.empty()) window.time_zone = timing.session_zone;
    if (window.time_zone.empty()) window.time_zone = "UTC";
  }
}

}  // namespace cadre::config

#include "settings.hpp"

#include <cmath>
#include <utility>

namespace cadre::execution_rules {

namespace {

std::int64_t to_e9(double value) {
  return std::llround(value * 1e9);
}

template <class Value, std::size_t n>
Value one_of(const sdk::Config& config, const char* pointer,
             const std::pair<const char*, Value> (&words)[n]) {
  const std::string word = config.text(pointer);
  for (const auto& [name, value] : words) {
    if (word == name) return value;
  }
  throw sdk::Refusal(std::string(pointer) + ": '" + word + "' is none of its words");
}

/// Shares of the volume by part, as what is due after each.
std::vector<double> cumulated(const sdk::Config& config, std::int64_t slices) {
  std::vector<double> due;
  double sum = 0;
  for (std::uint64_t k = 0, n = config.count("/volume_curve"); k < n; ++k) {
    const std::string pointer = "/volume_curve/" + std::to_string(k);
    sum += config.number(pointer);
    due.push_back(sum);
  }
  if (due.size() != static_cast<std::size_t>(slices))
    throw sdk::Refusal("/volume_curve: it has " + std::to_string(due.size()) + " numbers and /slices is " +
                       std::to_string(slices) + ": give one for each part");
  if (!(sum > 0)) throw sdk::Refusal("/volume_curve: no number is above 0");
  for (double& each : due)
    each /= sum;
  due.back() = 1;
  return due;
}

/// Where the curve of vwap comes from: numbers or a file, and what was learned goes before them.
void read_curve(const sdk::Config& config, Settings& to) {
  to.is_learned = one_of<bool>(config, "/volume_curve_from", {{"configuration", false}, {"learned", true}});
  to.curve_sessions = static_cast<std::size_t>(config.integer("/volume_curve_sessions"));
  if (to.schedule != Schedule::vwap) return;
  const std::string file = config.text("/volume_curve_file");
  const bool has_list = config.count("/volume_curve") != 0;
  if (has_list && !file.empty())
    throw sdk::Refusal("/volume_curve_file: /volume_curve is there as well; keep one of them");
  if (!file.empty()) to.file = CurveFile::parse(file);
  // Without either, what is not learned yet goes in equal parts.
  if (has_list || (file.empty() && !to.is_learned)) to.curve = cumulated(config, to.slices);
  constexpr std::int64_t day_ns = 86'400'000'000'000;
  if ((to.is_learned || !file.empty()) && to.interval_ns >= day_ns)
    throw sdk::Refusal(
        "/slice_interval_s: a curve of the times of a session says nothing of parts that are a day or more "
        "apart; set it below 86400");
}

void read_restrictions(const sdk::Config& config, Settings& to) {
  to.restricted = config.texts("/restricted");
  to.min_holding = static_cast<std::uint64_t>(config.integer("/min_holding"));
  to.min_holding_in = one_of<HoldingUnit>(config, "/min_holding_in",
                                          {{"session", HoldingUnit::session}, {"bar", HoldingUnit::bar}});
  to.max_orders = static_cast<std::uint64_t>(config.integer("/max_orders_per_period"));
  to.order_period = one_of<OrderPeriod>(config, "/order_period",
                                        {{"decision", OrderPeriod::decision},
                                         {"session", OrderPeriod::session},
                                         {"week", OrderPeriod::week},
                                         {"month", OrderPeriod::month}});
}

void read_schedule(const sdk::Config& config, Settings& to) {
  to.schedule = one_of<Schedule>(
      config, "/schedule", {{"none", Schedule::none}, {"twap", Schedule::twap}, {"vwap", Schedule::vwap}});
  to.on_impact =
      one_of<OnImpact>(config, "/on_impact",
                       {{"off", OnImpact::off}, {"slice", OnImpact::slice}, {"shrink", OnImpact::shrink}});
  to.slices = config.integer("/slices");
  to.interval_ns = config.integer("/slice_interval_s") * 1'000'000'000;
  to.max_share = config.number("/slice_max_share_of_volume");
  to.impact_limit = config.number("/market_impact_limit");
  read_curve(config, to);
  const bool goes_in_parts = to.schedule != Schedule::none || to.on_impact == OnImpact::slice;
  constexpr std::int64_t day_ns = 86'400'000'000'000;
  if (goes_in_parts && to.time_in_force == CADRE_TIF_DAY && to.interval_ns >= day_ns)
    throw sdk::Refusal(
        "/time_in_force: parts that are a day or more apart outlive an order of the day; set it "
        "to GTC, or /slice_interval_s below 86400");
  const bool has_session = to.time_in_force == CADRE_TIF_AT_THE_OPENING ||
                           to.time_in_force == CADRE_TIF_AT_THE_CLOSE ||
                           to.type == CADRE_ORDER_MARKET_ON_CLOSE;
  if (goes_in_parts && has_session)
    throw sdk::Refusal(
        "/schedule: an order for one auction is not sent in parts; set it to none and "
        "/on_impact to off or shrink");
}

}  // namespace

Settings read_settings(const sdk::Config& config) {
  Settings to;
  to.type = one_of<std::uint32_t>(config, "/default_order_type",
                                  {{"LIMIT", CADRE_ORDER_LIMIT},
                                   {"MARKET", CADRE_ORDER_MARKET},
                                   {"STOP", CADRE_ORDER_STOP},
                                   {"STOP_LIMIT", CADRE_ORDER_STOP_LIMIT},
                                   {"MARKET_ON_CLOSE", CADRE_ORDER_MARKET_ON_CLOSE}});
  to.time_in_force = one_of<std::uint32_t>(config, "/time_in_force",
                                           {{"DAY", CADRE_TIF_DAY},
                                            {"GTC", CADRE_TIF_GTC},
                                            {"IOC", CADRE_TIF_IOC},
                                            {"FOK", CADRE_TIF_FOK},
                                            {"AT_THE_OPENING", CADRE_TIF_AT_THE_OPENING},
                                            {"AT_THE_CLOSE", CADRE_TIF_AT_THE_CLOSE}});
  to.limit_offset_e9 = to_e9(config.number("/limit_offset"));
  to.stop_offset_e9 = to_e9(config.number("/stop_offset"));
  to.price_threshold = config.number("/price_threshold");
  const bool stops = to.type == CADRE_ORDER_STOP || to.type == CADRE_ORDER_STOP_LIMIT;
  for (const char* field : {"/limit_offset", "/stop_offset"}) {
    if (to_e9(config.number(field)) > to_e9(to.price_threshold))
      throw sdk::Refusal(std::string(field) + ": " + std::to_string(config.number(field)) +
                         " is above /price_threshold, which is " + std::to_string(to.price_threshold) +
                         ": no price of an order may be that far away");
  }
  if (stops && to.stop_offset_e9 == 0)
    throw sdk::Refusal("/stop_offset: a stop at the decision price is reached at once; set it above 0");
  if (to.type == CADRE_ORDER_STOP_LIMIT && to.limit_offset_e9 < to.stop_offset_e9)
    throw sdk::Refusal(
        "/limit_offset: the limit of a STOP_LIMIT order lies beyond its stop; set it to at least "
        "/stop_offset, which is " +
        std::to_string(config.number("/stop_offset")));
  to.min_order_value_e6 = std::llround(config.number("/min_order_value") * 1e6);
  read_restrictions(config, to);
  read_schedule(config, to);
  return to;
}

}  // namespace cadre::execution_rules

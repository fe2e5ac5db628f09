#pragma once

#include <string>
#include <vector>

#include "cadre/cpp/agent.hpp"

namespace cadre::execution_rules {

enum class Schedule { none, twap, vwap };
enum class OnImpact { off, slice, shrink };

/// What the configuration says; see the manifest.
struct Settings {
  std::uint32_t type = CADRE_ORDER_LIMIT;
  std::uint32_t time_in_force = CADRE_TIF_DAY;
  std::int64_t limit_offset_e9 = 0, stop_offset_e9 = 0;  ///< shares of the decision price
  double price_threshold = 0.01;
  std::int64_t min_order_value_e6 = 0;
  std::vector<std::string> restricted;
  Schedule schedule = Schedule::none;
  std::int64_t slices = 1;
  std::int64_t interval_ns = 0;
  std::vector<double> curve;  ///< of vwap: what is due after each part, 0 .. 1
  double max_share = 0;       ///< of the volume, for a part
  OnImpact on_impact = OnImpact::off;
  double impact_limit = 0.005;
};

/// Throws Refusal, with the field, its value and what to do, for what contradicts itself.
Settings read_settings(const sdk::Config& config);

}  // namespace cadre::execution_rules

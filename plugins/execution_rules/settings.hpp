#pragma once

#include <string>
#include <vector>

#include "cadre/cpp/agent.hpp"
#include "volume_curve.hpp"

namespace cadre::execution_rules {

enum class Schedule { none, twap, vwap };
enum class OnImpact { off, slice, shrink };
enum class HoldingUnit { session, bar };
enum class OrderPeriod { decision, session, week, month };

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
  std::vector<double> curve;  ///< of vwap: what is due after each part, 0 .. 1; empty: none is written down
  CurveFile file;             ///< empty: none is written down
  bool is_learned = false;    ///< the curve of vwap is that of the last sessions, once there are enough
  std::size_t curve_sessions = 20;
  std::uint64_t min_holding = 0;  ///< 0: any
  HoldingUnit min_holding_in = HoldingUnit::session;
  std::uint64_t max_orders = 0;  ///< of a period; 0: any number
  OrderPeriod order_period = OrderPeriod::session;
  double max_share = 0;  ///< of the volume, for a part
  OnImpact on_impact = OnImpact::off;
  double impact_limit = 0.005;

  bool learns() const { return schedule == Schedule::vwap && is_learned; }
  /// Whether bars have to be observed.
  bool observes() const {
    return learns() || (schedule == Schedule::vwap && !file.empty()) || min_holding != 0 || max_orders != 0;
  }
};

/// Throws Refusal, with the field, its value and what to do, for what contradicts itself.
Settings read_settings(const sdk::Config& config);

}  // namespace cadre::execution_rules

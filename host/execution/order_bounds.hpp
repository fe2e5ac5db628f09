#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "host/base/time_zone.hpp"
#include "host/config/scenario_config.hpp"
#include "host/model/instrument.hpp"

namespace cadre::execution {

/// What one order of an instrument may be: the strictest of all scopes that it is in.
struct OrderBounds {
  double price_collar = 0;  ///< share of the last price
  double max_notional = 0;  ///< money
  std::int64_t max_quantity_e9 = 0;
  double max_share_of_volume = 0;
  double max_weight = 0;  ///< of the position
};

/// By instrument of the universe. `agents`: the ids of those that the book runs.
std::vector<OrderBounds> order_bounds(const model::Universe& universe, std::span<const std::string> agents,
                                      const config::PreTradeConfig& limits,
                                      const config::ConstraintsConfig& constraints);

/// The windows in which an instrument may only be reduced.
class NoTradeWindows {
 public:
  void enter(const model::Universe& universe, const std::vector<config::NoTradeWindow>& windows);
  /// The time of a decision, and the date of its session.
  void begin(std::int64_t time_ns, std::int32_t date);
  bool has(std::uint32_t instrument) const { return is_open_ && open_[instrument] != 0; }

 private:
  struct Window {
    config::NoTradeWindow about;
    base::TimeZone zone;
    std::vector<std::uint32_t> instruments;
  };
  std::vector<Window> windows_;
  std::vector<std::uint8_t> open_;  ///< by instrument
  bool is_open_ = false;            ///< any of it
};

}  // namespace cadre::execution

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "host/journal/decision_record.hpp"
#include "host/model/instrument.hpp"

namespace cadre::chain {

/// What one stage did to one instrument's target, in whole lots.
struct WaterfallStep {
  std::string stage;
  double target = 0;             ///< share of equity after the stage
  std::int64_t quantity_e9 = 0;  ///< the position that means, rounded to lots towards what is held
  std::int64_t change_e9 =
      0;  ///< against the step before; the changes of all steps add up to the order exactly
  cadre_reason reason{};
};

/// From what is held (filled and working) to the order: one step per stage, then one for the execution rules,
/// whose change is what they and the gate left out. `order_quantity_e9`: signed, 0 when no order was sent.
std::vector<WaterfallStep> waterfall(const journal::DecisionRecord& record,
                                     const std::vector<std::string>& stages, std::size_t instrument,
                                     const model::Instrument& about, std::int64_t order_quantity_e9);

/// The host's own reason, the next of cadre_reason_code: kept by a trading state; value: the change left out.
inline constexpr std::uint32_t reason_of_trading_state = 16;

/// "risk_limit", "max_position" ...; "plugin reason 1001" for a plugin's own; empty for none.
std::string reason_name(std::uint32_t code);

}  // namespace cadre::chain

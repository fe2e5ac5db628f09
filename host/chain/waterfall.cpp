#include "host/chain/waterfall.hpp"

#include "host/model/quantity.hpp"

namespace cadre::chain {

std::string reason_name(std::uint32_t code) {
  constexpr std::string_view names[] = {"",
                                        "signal",
                                        "max_position",
                                        "min_position",
                                        "risk_limit",
                                        "correlation",
                                        "final_cut",
                                        "restricted",
                                        "price_threshold",
                                        "no_price",
                                        "long_only",
                                        "resize_threshold",
                                        "held",
                                        "no_view",
                                        "lot",
                                        "exposure",
                                        "fitted",
                                        "min_notional",
                                        "trading_state",
                                        "other_side",
                                        "cash",
                                        "volume_share",
                                        "no_room",
                                        "session_end",
                                        "new_target",
                                        "target_reached",
                                        "gone"};
  if (code < std::size(names)) return std::string(names[code]);
  return (code < CADRE_REASON_FIRST_PLUGIN ? "reason " : "plugin reason ") + std::to_string(code);
}

std::vector<WaterfallStep> waterfall(const journal::DecisionRecord& record,
                                     const std::vector<std::string>& stages, std::size_t instrument,
                                     const model::Instrument& about, std::int64_t order_quantity_e9) {
  std::vector<WaterfallStep> steps;
  const std::int64_t held = record.position_e9[instrument] + record.working_e9[instrument];
  const auto base = base::Quantity::from_raw(held);
  const auto price = base::Price::from_raw(record.price_e9[instrument]);
  std::int64_t before = held;
  for (std::size_t k = 0; k < stages.size(); ++k) {
    const journal::StageEffect& effect = record.stages[k];
    WaterfallStep step;
    step.stage = stages[k];
    step.target = effect.target[instrument];
    step.quantity_e9 =
        model::target_quantity(step.target, record.equity, price, about, base).value_or(base).raw();
    step.change_e9 = step.quantity_e9 - before;
    step.reason = effect.reasons[instrument];
    before = step.quantity_e9;
    steps.push_back(std::move(step));
  }
  WaterfallStep rules;
  rules.stage = "execution_rules";
  rules.target = steps.empty() ? 0 : steps.back().target;
  rules.quantity_e9 = held + order_quantity_e9;
  rules.change_e9 = rules.quantity_e9 - before;
  steps.push_back(std::move(rules));
  return steps;
}

}  // namespace cadre::chain

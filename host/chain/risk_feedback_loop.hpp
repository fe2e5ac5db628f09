#pragma once

#include "host/chain/risk_panel.hpp"
#include "host/config/scenario_config.hpp"

namespace cadre::chain {

/// How the loop ended. Values are written to journals: never change or reuse one. Zero is never an outcome.
enum class LoopOutcome : std::uint32_t {
  accepted = 1,       ///< acceptable as it came
  converged = 2,      ///< acceptable after some passes
  not_converged = 3,  ///< still over a limit after max_iterations
  failed = 4          ///< a risk manager gave no valid answer: nothing may increase
};
std::string_view outcome_name(LoopOutcome outcome);

struct LoopResult {
  LoopOutcome outcome = LoopOutcome::failed;
  std::uint32_t passes = 0;    ///< analyses made
  cadre_limit_use binding{};   ///< the tightest limit at the end
  cadre_limit_use exceeded{};  ///< and that of what was proposed
};

/// analyze_risk -> acceptable? -> adjust_trades -> analyze_risk again, at most max_iterations analyses.
class RiskFeedbackLoop {
 public:
  RiskFeedbackLoop(RiskPanel& panel, const config::RiskFeedbackConfig& config)
      : panel_(panel), config_(config) {}

  LoopResult run(model::StateView& view, cadre_targets& targets) const;

 private:
  RiskPanel& panel_;
  const config::RiskFeedbackConfig& config_;
};

}  // namespace cadre::chain

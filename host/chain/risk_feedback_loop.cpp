#include "host/chain/risk_feedback_loop.hpp"

namespace cadre::chain {

std::string_view outcome_name(LoopOutcome outcome) {
  switch (outcome) {
    case LoopOutcome::accepted:
      return "accepted";
    case LoopOutcome::converged:
      return "converged";
    case LoopOutcome::not_converged:
      return "not_converged";
    case LoopOutcome::failed:
      return "failed";
  }
  return "";
}

LoopResult RiskFeedbackLoop::run(model::StateView& view, cadre_targets& targets) const {
  LoopResult result;
  const auto iterations = static_cast<std::uint32_t>(config_.max_iterations);
  for (;;) {
    const RiskJudgement judgement =
        panel_.analyze(view, {targets.weight, targets.instrument_count}, config_.risk_tolerance);
    ++result.passes;
    result.binding = judgement.binding;
    if (result.passes == 1) result.exceeded = judgement.binding;
    if (!judgement.answered) {
      result.outcome = LoopOutcome::failed;
      return result;
    }
    if (judgement.acceptable) {
      result.outcome = result.passes == 1 ? LoopOutcome::accepted : LoopOutcome::converged;
      return result;
    }
    if (result.passes >= iterations) {
      result.outcome = LoopOutcome::not_converged;
      return result;
    }
    if (!panel_.adjust(view, targets)) {
      result.outcome = LoopOutcome::failed;
      return result;
    }
  }
}

}  // namespace cadre::chain

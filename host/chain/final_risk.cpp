// The orchestrator's last word on risk: no book ends above max(limit, what it already used), except through
// reductions.

#include <algorithm>
#include <cmath>

#include "host/base/ticks.hpp"
#include "host/chain/final_cut.hpp"
#include "host/chain/orchestrator.hpp"
#include "host/model/quantity.hpp"

namespace cadre::chain {

void TradeExecutionOrchestrator::enforce_final_risk() {
  open_targets();
  desired_.assign(target_.begin(), target_.end());
  double factor = 1;  // on increases
  FinalRisk found = scale_increases(factor);
  if (found == FinalRisk::above_limit) {
    run_loop_again();  // what the loop cannot mend is cut
    if (!risk_failed_)
      factor = largest_feasible_factor(
          cut_steps, [&](double f) { return (found = scale_increases(f)) != FinalRisk::above_limit; });
  }
  if (risk_failed_ || factor < 0) {
    // No increase at all. What remains are reductions, which always pass.
    factor = 0;
    size_cut(factor);
    round_to_lots();
  }
  decision_.record.cut_factor = factor;
  const bool scales = chain_->risk_feedback.over_limit == config::OverLimit::scale_to_limit;
  if (scales && !risk_failed_ && found != FinalRisk::inside_limits)
    factor = scale_to_limit();  // the book itself may be over
  for (std::size_t i = 0; i < target_.size(); ++i) {
    if (target_[i] != desired_[i]) reasons_[i] = {CADRE_REASON_FINAL_CUT, 0, factor};
  }
  stamp({});
  record_risk();
  record_effect();
}

TradeExecutionOrchestrator::FinalRisk TradeExecutionOrchestrator::scale_increases(double factor) {
  // Targets first, then what they mean in whole lots: both have to keep max(limit, what the book already
  // uses). Lots are rounded towards the position, so a sale that is a little smaller may leave too little
  // room for the purchases.
  model::StateView& view = *book_.view;
  const double tolerance = chain_->risk_feedback.risk_tolerance;  // of soft limits, as in the loop
  size_cut(factor);
  if (risk_failed_) return FinalRisk::above_limit;
  const bool weights_keep = panel_.analyze_against_current(view, target_, current_, tolerance).acceptable;
  round_to_lots();
  if (!weights_keep || !has_room(rounded_weight_)) return FinalRisk::above_limit;
  const RiskJudgement lots = panel_.analyze_against_current(view, rounded_weight_, current_, tolerance);
  if (!lots.acceptable) return FinalRisk::above_limit;
  return lots.inside_limits ? FinalRisk::inside_limits : FinalRisk::no_worse;
}

void TradeExecutionOrchestrator::run_loop_again() {
  if (risk_failed_) return;
  std::copy(desired_.begin(), desired_.end(), target_.begin());
  loop_ = RiskFeedbackLoop(panel_, chain_->risk_feedback).run(*book_.view, targets_);
  decision_.record.passes += loop_.passes;
  std::copy(target_.begin(), target_.end(), desired_.begin());
  risk_failed_ = loop_.outcome == LoopOutcome::failed;
  if (risk_failed_) note_failure(*panel_.failed_stage(), panel_.failed_status(), panel_.failed_reason());
}

void TradeExecutionOrchestrator::record_risk() {
  const cadre_risk_report& report = panel_.report();
  decision_.record.volatility = report.volatility;
  decision_.record.value_at_risk = report.value_at_risk;
  decision_.record.expected_shortfall = report.expected_shortfall;
  panel_.append_limits(decision_.record.limits);
}

void TradeExecutionOrchestrator::size_cut(double factor) {
  for (std::size_t i = 0; i < target_.size(); ++i)
    target_[i] = cut_target(current_[i], desired_[i], factor);
}

double TradeExecutionOrchestrator::scale_to_limit() {
  std::copy(target_.begin(), target_.end(), desired_.begin());
  const auto scale = [&](double factor) {
    for (std::size_t i = 0; i < target_.size(); ++i)
      target_[i] = factor * desired_[i];
    round_to_lots();
  };
  const double factor = largest_feasible_factor(cut_steps, [&](double candidate) {
    scale(candidate);
    return panel_.analyze(*book_.view, rounded_weight_, chain_->risk_feedback.risk_tolerance).acceptable;
  });
  if (factor < 0) scale(1);  // a manager that accepts no book at all does not get it sold
  return factor;
}

void TradeExecutionOrchestrator::round_to_lots() {
  const model::Portfolio& portfolio = *book_.portfolio;
  const double equity = portfolio.equity().to_double();
  for (std::uint32_t i = 0; i < target_.size(); ++i) {
    const model::Instrument& about = book_.universe->instruments[i];
    const auto base =
        base::Quantity::from_raw(decision_.record.position_e9[i] + decision_.record.working_e9[i]);
    // Without a price nothing can be sized: the position stays. So it does where the target is what is held
    // already: a weight is money's rounding away from its quantity, which is many of the smallest lots.
    const bool unchanged = target_[i] == current_[i];
    const auto quantity =
        unchanged ? base
                  : model::target_quantity(target_[i], portfolio.equity(), portfolio.price(i), about, base)
                        .value_or(base);
    decision_.need_e9[i] = quantity.raw() - base.raw();
    if (decision_.need_e9[i] == 0) {
      rounded_weight_[i] = current_[i];
    } else {
      rounded_weight_[i] =
          quantity.to_double() * portfolio.price(i).to_double() * about.multiplier.to_double() / equity;
    }
  }
}

bool TradeExecutionOrchestrator::keeps_exposure(std::span<const double> weight) const {
  constexpr double slack = 1e-9;
  double gross = 0, net = 0;
  for (const double w : weight) {
    gross += std::fabs(w);
    net += w;
  }
  const config::ConstraintsConfig& bounds = chain_->constraints;
  return gross <= bounds.max_gross_exposure + slack && std::fabs(net) <= bounds.max_net_exposure + slack;
}

bool TradeExecutionOrchestrator::has_room(std::span<const double> weight) const {
  constexpr double slack = 1e-9;
  for (std::size_t i = 0; i < weight.size(); ++i) {
    if (std::fabs(weight[i]) > std::fabs(current_[i]) + slack) return keeps_exposure(weight);
  }
  return true;
}

}  // namespace cadre::chain

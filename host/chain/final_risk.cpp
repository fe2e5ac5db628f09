// The orchestrator's last word on risk: no book ends above max(limit, what it already used), except through
// reductions.

#include <algorithm>
#include <cmath>

#include "cadre/cadre.h"
#include "host/base/ticks.hpp"
#include "host/chain/final_cut.hpp"
#include "host/chain/orchestrator.hpp"
#include "host/model/quantity.hpp"

namespace cadre::chain {

namespace {

constexpr double slack = 1e-9;  // what the error of doubles may add to a sum that keeps its bound

}  // namespace

void TradeExecutionOrchestrator::enforce_final_risk() {
  open_targets();
  fit_to_open_orders();
  desired_.assign(target_.begin(), target_.end());
  double factor = 1;  // on increases
  FinalRisk found = change_whole();
  if (found == FinalRisk::above_limit) {
    run_loop_again();  // what the loop cannot mend is cut
    if (!risk_failed_) {
      factor = largest_feasible_factor(cut_steps, [&](double f) {
        return (found = scale_increases(f, Sales::rounded_up)) != FinalRisk::above_limit;
      });
    }
  }
  if (risk_failed_ || factor < 0) {
    // No increase at all. What remains are reductions, which always pass.
    factor = 0;
    size_cut(factor);
    round_to_lots(Sales::rounded_down);
  }
  decision_.record.cut_factor = factor;
  const bool scaled = chain_->risk_feedback.over_limit == config::OverLimit::scale_to_limit &&
                      !risk_failed_ && found != FinalRisk::inside_limits;
  if (scaled) factor = scale_to_limit();  // the book itself may be over
  for (std::size_t i = 0; i < target_.size(); ++i) {
    const bool only_rounded = !scaled && reasons_[i].code == CADRE_REASON_LOT;
    if (target_[i] != desired_[i] && !only_rounded) reasons_[i] = {CADRE_REASON_FINAL_CUT, 0, factor};
  }
  stamp({});
  record_risk();
  record_effect();
}

TradeExecutionOrchestrator::FinalRisk TradeExecutionOrchestrator::change_whole() {
  const FinalRisk down = scale_increases(1, Sales::rounded_down);
  if (down == FinalRisk::inside_limits) return down;
  const FinalRisk up = scale_increases(1, Sales::rounded_up);
  if (up == FinalRisk::inside_limits || down == FinalRisk::above_limit) return up;
  // The book is above a limit already, and a lot more or less does not bring it back.
  return scale_increases(1, Sales::rounded_down);
}

TradeExecutionOrchestrator::FinalRisk TradeExecutionOrchestrator::scale_increases(double factor,
                                                                                  Sales sales) {
  // Targets first, then what they mean in whole lots: both have to keep max(limit, what the book already
  // uses). Lots are rounded towards the position, so a sale that is a little smaller may leave too little
  // room for the purchases.
  model::StateView& view = *book_.view;
  const double tolerance = chain_->risk_feedback.risk_tolerance;  // of soft limits, as in the loop
  size_cut(factor);
  if (risk_failed_) return FinalRisk::above_limit;
  const bool weights_keep = panel_.analyze_against_current(view, target_, tolerance).acceptable;
  round_to_lots(sales);
  if (!weights_keep || !has_room(rounded_weight_)) return FinalRisk::above_limit;
  const RiskJudgement lots = panel_.analyze_against_current(view, rounded_weight_, tolerance);
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
    round_to_lots(Sales::rounded_down);
  };
  const double factor = largest_feasible_factor(cut_steps, [&](double candidate) {
    scale(candidate);
    return panel_.analyze(*book_.view, rounded_weight_, chain_->risk_feedback.risk_tolerance).acceptable;
  });
  if (factor < 0) scale(1);  // a manager that accepts no book at all does not get it sold
  return factor;
}

void TradeExecutionOrchestrator::round_to_lots(Sales sales) {
  const model::Portfolio& portfolio = *book_.portfolio;
  const double equity = portfolio.equity().to_double();
  for (std::uint32_t i = 0; i < target_.size(); ++i) {
    const model::Instrument& about = book_.universe->instruments[i];
    const auto base =
        base::Quantity::from_raw(decision_.record.position_e9[i] + decision_.record.working_e9[i]);
    const auto weight_of = [&](base::Quantity quantity) {
      return quantity.to_double() * portfolio.price(i).to_double() * about.multiplier.to_double() / equity;
    };
    // Without a price nothing can be sized: the position stays. So it does where the target is what is held
    // already: a weight is money's rounding away from its quantity, which is many of the smallest lots.
    const bool unchanged = target_[i] == current_[i];
    auto quantity =
        unchanged ? base
                  : model::target_quantity(target_[i], portfolio.equity(), portfolio.price(i), about, base)
                        .value_or(base);
    const base::Quantity kept = kept_by_state(i, base, quantity);
    const bool is_kept = kept != quantity;
    quantity = kept;
    if (reasons_[i].code == CADRE_REASON_LOT) reasons_[i] = {};  // of an attempt before
    const bool reduced = std::fabs(target_[i]) < std::fabs(current_[i]);
    if (sales == Sales::rounded_up && reduced && !is_kept &&
        std::fabs(weight_of(quantity)) > std::fabs(target_[i]) * (1 + slack)) {
      quantity = model::one_lot_less(quantity, about.lot);
      target_[i] = weight_of(quantity);
      reasons_[i] = {CADRE_REASON_LOT, 0, 0};
    }
    decision_.need_e9[i] = quantity.raw() - base.raw();
    rounded_weight_[i] = decision_.need_e9[i] == 0 ? current_[i] : weight_of(quantity);
  }
}

void TradeExecutionOrchestrator::take_open_orders() {
  const double equity = book_.portfolio->equity().to_double();
  for (std::uint32_t i = 0; i < target_.size(); ++i) {
    const std::int64_t buy = book_.tracker->working_buy_e9(i);
    const std::int64_t sell = book_.tracker->working_sell_e9(i);
    const double unit = equity > 0 ? book_.portfolio->price(i).to_double() *
                                         book_.universe->instruments[i].multiplier.to_double() / equity
                                   : 0;
    open_[i] = {static_cast<double>(buy) * 1e-9 * unit, static_cast<double>(sell) * 1e-9 * unit};
    book_.gate->count_open(i, buy, sell);
  }
}

void TradeExecutionOrchestrator::fit_to_open_orders() {
  for (std::size_t i = 0; i < target_.size(); ++i) {
    const double fitted =
        fitted_to_open_orders(target_[i], current_[i], open_[i], chain_->constraints.max_weight);
    if (fitted == target_[i]) continue;
    reasons_[i] = {CADRE_REASON_EXPOSURE, 0, fitted - current_[i]};
    target_[i] = fitted;
  }
}

bool TradeExecutionOrchestrator::keeps_exposure(std::span<const double> weight) const {
  const Exposure exposure = exposure_at_worst(weight, open_);
  const config::ConstraintsConfig& bounds = chain_->constraints;
  return exposure.gross <= bounds.max_gross_exposure + slack &&
         exposure.highest_net <= bounds.max_net_exposure + slack &&
         -exposure.lowest_net <= bounds.max_net_exposure + slack;
}

bool TradeExecutionOrchestrator::has_room(std::span<const double> weight) const {
  for (std::size_t i = 0; i < weight.size(); ++i) {
    if (std::fabs(weight[i]) > std::fabs(current_[i]) + slack) return keeps_exposure(weight);
  }
  return true;
}

}  // namespace cadre::chain

// The final step: the largest factor on all increases with which the book that would really be sent keeps
// every limit. No book ends above max(limit, what it already used), except through reductions.

#include <algorithm>
#include <cmath>

#include "cadre/cadre.h"
#include "host/base/ticks.hpp"
#include "host/chain/final_cut.hpp"
#include "host/chain/orchestrator.hpp"
#include "host/model/order.hpp"
#include "host/model/quantity.hpp"

namespace cadre::chain {

namespace {

constexpr double slack = 1e-9;  // what the error of doubles may add to a sum that keeps its bound

}  // namespace

void TradeExecutionOrchestrator::take_final_step() {
  const std::uint64_t begin = base::ticks();
  decision_.trials = 0;
  open_targets();
  fit_to_open_orders();
  fit_to_groups();
  keep_untraded();
  desired_.assign(target_.begin(), target_.end());
  begin_orders();
  double factor = 1;  // on increases
  FinalRisk found = change_whole();
  if (found == FinalRisk::above_limit) {
    run_loop_again();  // what the loop cannot mend is cut
    if (!risk_failed_) factor = largest_factor(found);
  }
  if (risk_failed_ || factor < 0) {
    // No increase at all. What remains are reductions, which always pass.
    factor = 0;
    try_orders(factor, Sales::rounded_down, Judged::no);
  }
  decision_.record.cut_factor = factor;
  const bool scaled = chain_->risk_feedback.over_limit == config::OverLimit::scale_to_limit &&
                      !risk_failed_ && found != FinalRisk::inside_limits;
  if (scaled) factor = scale_to_limit();  // the book itself may be over
  tell_final_changes(factor, scaled);
  tell_fitted();
  stamp({});
  record_risk();
  record_effect();
  decision_.final_step_ticks = base::ticks() - begin;
}

/// What has no price today cannot be traded: its position stays, and no order is made for the gate to refuse.
void TradeExecutionOrchestrator::keep_untraded() {
  const auto traded = book_.arena->valid(model::ColumnId::close);
  for (std::size_t i = 0; i < target_.size(); ++i) {
    if (traded[i] != 0 || target_[i] == current_[i]) continue;
    target_[i] = current_[i];
    reasons_[i] = {CADRE_REASON_NO_PRICE, 0, 0};
  }
}

/// The factor on increases; -1 when not even 0 keeps the limits. `found`: how the book stands with it.
double TradeExecutionOrchestrator::largest_factor(FinalRisk& found) {
  tells_exceeded_ = true;  // of the whole, which is tried first
  const auto feasible = [&](double f) {
    return (found = try_orders(f, Sales::rounded_up, Judged::yes)) != FinalRisk::above_limit;
  };
  const double on_grid = largest_feasible_factor(cut_steps, feasible);
  tells_exceeded_ = false;
  return to_one_lot(on_grid, feasible,
                    [&](std::size_t i) { return desired_[i] - cut_target(current_[i], desired_[i], 0); });
}

/// A factor of the grid, refined until no order would change by more than a lot. `whole`: what of a target
/// the factor is on. The last trial is that of the factor.
template <class Feasible, class Whole>
double TradeExecutionOrchestrator::to_one_lot(double on_grid, Feasible&& feasible, Whole&& whole) {
  if (on_grid < 0 || on_grid == 1) return on_grid;
  double largest = 0;  // in lots
  for (std::uint32_t i = 0; i < target_.size(); ++i) {
    const double lot = weight_of(i, book_.universe->instruments[i].lot);
    if (lot > 0) largest = std::max(largest, std::fabs(whole(i)) / lot);
  }
  const double factor = refined_factor(on_grid, on_grid + 1.0 / cut_steps, largest, feasible);
  feasible(factor);
  return factor;
}

TradeExecutionOrchestrator::FinalRisk TradeExecutionOrchestrator::change_whole() {
  const FinalRisk down = try_orders(1, Sales::rounded_down, Judged::yes);
  if (down == FinalRisk::inside_limits) return down;
  const FinalRisk up = try_orders(1, Sales::rounded_up, Judged::yes);
  if (up == FinalRisk::inside_limits || down == FinalRisk::above_limit) return up;
  // The book is above a limit already, and a lot more or less does not bring it back.
  return try_orders(1, Sales::rounded_down, Judged::yes);
}

/// One trial: the targets with their increases scaled, in whole lots, as orders of the execution rules, cut
/// to what the gate accepts; and how the book that these orders lead to stands against every limit.
TradeExecutionOrchestrator::FinalRisk TradeExecutionOrchestrator::try_orders(double factor, Sales sales,
                                                                             Judged judged) {
  ++decision_.trials;
  size_cut(factor);
  round_to_lots(sales);
  make_orders();
  const bool book_has_room = send_to_gate(judged);
  weigh_orders();
  if (judged == Judged::no) return FinalRisk::no_worse;
  if (risk_failed_) return FinalRisk::above_limit;
  const bool is_kept = book_has_room && has_room(rounded_weight_);
  if (!is_kept && !tells_exceeded_) return FinalRisk::above_limit;
  const RiskJudgement lots =
      panel_.analyze_against_current(*book_.view, rounded_weight_, chain_->risk_feedback.risk_tolerance);
  if (!is_kept || !lots.acceptable) {
    if (tells_exceeded_) tell_exceeded();
    return FinalRisk::above_limit;
  }
  return lots.inside_limits ? FinalRisk::inside_limits : FinalRisk::no_worse;
}

/// What the final step did to each target, with its reason.
void TradeExecutionOrchestrator::tell_final_changes(double factor, bool scaled) {
  for (std::size_t i = 0; i < target_.size(); ++i) {
    const bool only_rounded = !scaled && reasons_[i].code == CADRE_REASON_LOT;
    if (target_[i] != desired_[i] && !only_rounded) reasons_[i] = {CADRE_REASON_FINAL_CUT, 0, factor};
    if (decision_.sent_e9[i] == decision_.need_e9[i]) {
      // What the rules say of an order that is sent whole, or of one that is open.
      if (reasons_[i].code == 0) reasons_[i] = left_out_[i];
      continue;
    }
    // The figures of risk are those of the book that is sent. A refusal of the gate stands with its order.
    target_[i] = rounded_weight_[i];
    if (left_out_[i].code != 0) reasons_[i] = left_out_[i];
  }
}

void TradeExecutionOrchestrator::run_loop_again() {
  if (risk_failed_) return;
  std::copy(desired_.begin(), desired_.end(), target_.begin());
  loop_ = RiskFeedbackLoop(panel_, chain_->risk_feedback).run(*book_.view, targets_);
  decision_.record.passes += loop_.passes;
  keep_untraded();
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
  sells_to_limit_ = true;
  const auto scale = [&](double factor) {
    for (std::size_t i = 0; i < target_.size(); ++i)
      target_[i] = factor * desired_[i];
    round_to_lots(Sales::rounded_down);
    make_orders();
    send_to_gate(Judged::yes);
    weigh_orders();
  };
  const auto acceptable = [&](double candidate) {
    scale(candidate);
    return panel_.analyze(*book_.view, rounded_weight_, chain_->risk_feedback.risk_tolerance).acceptable;
  };
  const double factor = to_one_lot(largest_feasible_factor(cut_steps, acceptable), acceptable,
                                   [&](std::size_t i) { return desired_[i]; });
  if (factor < 0) scale(1);  // a manager that accepts no book at all does not get it sold
  sells_to_limit_ = false;
  return factor;
}

void TradeExecutionOrchestrator::round_to_lots(Sales sales) {
  const model::Portfolio& portfolio = *book_.portfolio;
  for (std::uint32_t i = 0; i < target_.size(); ++i) {
    const model::Instrument& about = book_.universe->instruments[i];
    const auto base =
        base::Quantity::from_raw(decision_.record.position_e9[i] + decision_.record.working_e9[i]);
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
        std::fabs(weight_of(i, quantity)) > std::fabs(target_[i]) * (1 + slack)) {
      const base::Quantity less = model::one_lot_less(quantity, about.lot);
      if (!model::is_below_minimum(less, base, portfolio.price(i), about)) {
        quantity = less;
        target_[i] = weight_of(i, quantity);
        reasons_[i] = {CADRE_REASON_LOT, 0, 0};
      }
    }
    decision_.need_e9[i] = quantity.raw() - base.raw();
  }
}

double TradeExecutionOrchestrator::weight_of(std::uint32_t i, base::Quantity quantity) const {
  return quantity.to_double() * book_.portfolio->price(i).to_double() *
         book_.universe->instruments[i].multiplier.to_double() / book_.portfolio->equity().to_double();
}

void TradeExecutionOrchestrator::take_open_orders() {
  const double equity = book_.portfolio->equity().to_double();
  for (std::uint32_t i = 0; i < target_.size(); ++i) {
    const std::int64_t buy = book_.tracker->working_buy_e9(i);
    const std::int64_t sell = book_.tracker->working_sell_e9(i);
    const double unit = equity > 0 ? book_.portfolio->price(i).to_double() *
                                         book_.universe->instruments[i].multiplier.to_double() / equity
                                   : 0;
    // What is paced is sent as far as its other side is: it counts as filled, not at its worst.
    const std::int64_t paced_buy = book_.schedule->paced_e9(i, CADRE_SIDE_BUY);
    const std::int64_t paced_sell = book_.schedule->paced_e9(i, CADRE_SIDE_SELL);
    open_[i] = {static_cast<double>(buy - paced_buy) * 1e-9 * unit,
                static_cast<double>(sell - paced_sell) * 1e-9 * unit};
    book_.gate->count_open(i, buy, sell);
  }
}

void TradeExecutionOrchestrator::fit_to_open_orders() {
  for (std::size_t i = 0; i < target_.size(); ++i) {
    const double fitted =
        fitted_to_open_orders(target_[i], current_[i], open_[i], chain_->constraints.max_weight);
    if (fitted == target_[i]) continue;
    reasons_[i] = {CADRE_REASON_EXPOSURE, 0, fitted - current_[i]};
    const double unit = weight_of(i, base::Quantity::from_raw(1'000'000'000));
    tell_bound("CREDIT_POSITION_LIMIT", std::fabs(target_[i] - current_[i]) / unit,
               std::fabs(fitted - current_[i]) / unit, i, journal::bound_in_units);
    target_[i] = fitted;
  }
}

/// Where groups of instruments would weigh more than they may, their increases are scaled, those of one group
/// alike. Of several groups that an instrument is in the smallest factor counts; all factors are found before
/// any is applied, so that the order of names and groups changes nothing.
void TradeExecutionOrchestrator::fit_to_groups() {
  if (groups_.empty()) return;
  std::fill(group_factor_.begin(), group_factor_.end(), 1.0);
  for (std::size_t group = 0; group < groups_.size(); ++group) {
    double wanted = 0, least = 0;  // with its increases and without any
    for (std::uint32_t i = 0; i < target_.size(); ++i) {
      if (!is_in_group(i, group)) continue;
      wanted += at_worst(target_[i], open_[i]);
      least += at_worst(cut_target(current_[i], target_[i], 0), open_[i]);
    }
    const double most = std::max(groups_.most(group), least);
    if (!(wanted > most + slack && wanted > least)) continue;
    group_factor_[group] = (most - least) / (wanted - least);
    group_wanted_[group] = wanted;
  }
  for (std::uint32_t i = 0; i < target_.size(); ++i) {
    double factor = 1;
    std::uint32_t smallest = 0;
    for (const std::uint32_t group : groups_.of(i)) {
      if (group_factor_[group] < factor) smallest = group;
      factor = std::min(factor, group_factor_[group]);
    }
    const double cut = factor < 1 ? cut_target(current_[i], target_[i], factor) : target_[i];
    if (cut == target_[i]) continue;
    reasons_[i] = {CADRE_REASON_EXPOSURE, 0, cut - current_[i]};
    tell_bound(model::id_text(group_bound_[smallest]), group_wanted_[smallest], groups_.most(smallest), i);
    target_[i] = cut;
  }
}

bool TradeExecutionOrchestrator::is_in_group(std::uint32_t i, std::size_t group) const {
  const auto groups = groups_.of(i);
  return std::find(groups.begin(), groups.end(), group) != groups.end();
}

bool TradeExecutionOrchestrator::keeps_exposure(std::span<const double> weight) const {
  const Exposure exposure = exposure_at_worst(weight, open_);
  const config::ConstraintsConfig& bounds = chain_->constraints;
  return exposure.gross <= bounds.max_gross_exposure + slack &&
         exposure.highest_net <= bounds.max_net_exposure + slack &&
         -exposure.lowest_net <= bounds.max_net_exposure + slack;
}

std::span<const double> TradeExecutionOrchestrator::with_sure_reductions(std::span<const double> weight) {
  if (!holds_too_much_) return weight;
  for (std::size_t i = 0; i < weight.size(); ++i) {
    const bool is_unsure = may_rest_[i] != 0 && std::fabs(weight[i]) < std::fabs(current_[i]);
    sure_weight_[i] = is_unsure ? current_[i] : weight[i];
  }
  return sure_weight_;
}

bool TradeExecutionOrchestrator::has_room(std::span<const double> weight) {
  for (std::size_t i = 0; i < weight.size(); ++i) {
    // A flip increases from zero on.
    if (std::fabs(weight[i] - cut_target(current_[i], weight[i], 0)) > slack)
      return keeps_exposure(with_sure_reductions(weight));
  }
  return true;
}

}  // namespace cadre::chain

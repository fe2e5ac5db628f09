// What is not worth its costs, and what has to be traded all the same so that the book keeps its limits.

#include <algorithm>
#include <cmath>

#include "host/chain/orchestrator.hpp"
#include "host/model/quantity.hpp"

namespace cadre::chain {

namespace {

constexpr double slack = 1e-9;  // what the error of doubles may add to a sum that keeps its bound

}  // namespace

void TradeExecutionOrchestrator::skip_small_resizes() {
  open_targets();
  const double threshold = chain_->risk_feedback.resize_threshold;
  small_resizes_.clear();
  for (std::size_t i = 0; i < target_.size(); ++i) {
    const double change = target_[i] - current_[i];
    const bool resize = target_[i] != 0 && current_[i] != 0 && change != 0;
    if (!resize || std::fabs(change) >= threshold || reduces_for_limit(i)) continue;
    target_[i] = current_[i];
    reasons_[i] = {CADRE_REASON_RESIZE_THRESHOLD, 0, change};
    small_resizes_.push_back(static_cast<std::uint32_t>(i));
  }
  if (!small_resizes_.empty()) trim_small_resizes();
  skip_impossible_changes();
  record_effect();
}

/// What the gate would refuse for the instrument's own sake: more of one that is not listed today, and
/// changes that are worth too little.
void TradeExecutionOrchestrator::skip_impossible_changes() {
  const model::Portfolio& portfolio = *book_.portfolio;
  for (std::uint32_t i = 0; i < target_.size(); ++i) {
    const model::Instrument& about = book_.universe->instruments[i];
    if (!about.is_listed(decision_.record.date)) {
      const bool keeps_side = target_[i] * current_[i] > 0;
      const double most = keeps_side ? std::min(std::fabs(target_[i]), std::fabs(current_[i])) : 0;
      if (most < std::fabs(target_[i])) {
        target_[i] = std::copysign(most, target_[i]);
        reasons_[i] = {CADRE_REASON_RESTRICTED, 0, 0};
      }
    }
    if (about.minimum_notional.raw() == 0 || target_[i] == current_[i]) continue;
    const auto base =
        base::Quantity::from_raw(decision_.record.position_e9[i] + decision_.record.working_e9[i]);
    const base::Price price = portfolio.price(i);
    const auto planned = model::whole_lots(target_[i], portfolio.equity(), price, about, base);
    if (!planned || !model::is_below_minimum(*planned, base, price, about)) continue;
    target_[i] = current_[i];
    reasons_[i] = {CADRE_REASON_MIN_NOTIONAL, 0, about.minimum_notional.to_double()};
  }
}

bool TradeExecutionOrchestrator::reduces_for_limit(std::size_t i) {
  if (reduced_by_loop_[i] == 0 || std::fabs(target_[i]) >= std::fabs(current_[i])) return false;
  const CurrentExcess& excess = panel_.excess_of_current(*book_.view, chain_->risk_feedback.risk_tolerance);
  return excess.of_book || excess.of_instrument[i] != 0;
}

void TradeExecutionOrchestrator::trim_small_resizes() {
  const auto size = [&](std::uint32_t i) { return std::fabs(before_[i] - current_[i]); };
  std::sort(small_resizes_.begin(), small_resizes_.end(),
            [&](std::uint32_t a, std::uint32_t b) { return size(a) != size(b) ? size(a) > size(b) : a < b; });
  trim_for_largest_weight();
  trim_for_exposure();
  if (!risk_failed_) trim_for_risk();
}

bool TradeExecutionOrchestrator::is_small_reduction(std::size_t i) const {
  return std::fabs(before_[i]) < std::fabs(current_[i]) && before_[i] * current_[i] > 0;
}

void TradeExecutionOrchestrator::trim_for_largest_weight() {
  const double most = chain_->constraints.max_weight;
  for (const std::uint32_t i : small_resizes_) {
    if (!is_small_reduction(i) || std::fabs(target_[i]) <= most + slack) continue;
    target_[i] = std::copysign(std::max(most, std::fabs(before_[i])), target_[i]);
    reasons_[i] = {CADRE_REASON_EXPOSURE, 0, target_[i] - current_[i]};
  }
}

template <class Helps>
void TradeExecutionOrchestrator::give_back(double excess, Helps&& helps) {
  for (const std::uint32_t i : small_resizes_) {
    if (excess <= slack) return;
    const double left = before_[i] - target_[i];
    if (left == 0 || !helps(i, left)) continue;
    const bool whole = std::fabs(left) <= excess;
    target_[i] = whole ? before_[i] : target_[i] + std::copysign(excess, left);
    reasons_[i] = {CADRE_REASON_EXPOSURE, 0, target_[i] - current_[i]};
    excess -= std::fabs(left);
  }
}

void TradeExecutionOrchestrator::trim_for_exposure() {
  const config::ConstraintsConfig& bounds = chain_->constraints;
  Exposure now = exposure_at_worst(target_, open_);
  give_back(now.highest_net - bounds.max_net_exposure,
            [](std::uint32_t, double change) { return change < 0; });
  give_back(-now.lowest_net - bounds.max_net_exposure,
            [](std::uint32_t, double change) { return change > 0; });
  now = exposure_at_worst(target_, open_);
  give_back(now.gross - bounds.max_gross_exposure,
            [&](std::uint32_t i, double) { return is_small_reduction(i); });
  if (keeps_exposure(target_)) return;
  // One bound against the other, or open orders in the way: all of them, which is what the sizer asked for.
  give_back(2 * bounds.max_gross_exposure, [](std::uint32_t, double) { return true; });
}

void TradeExecutionOrchestrator::trim_for_risk() {
  const double tolerance = chain_->risk_feedback.risk_tolerance;
  const auto keeps = [&] {
    return panel_.analyze_against_current(*book_.view, target_, tolerance).acceptable;
  };
  const auto last = std::remove_if(small_resizes_.begin(), small_resizes_.end(),
                                   [&](std::uint32_t i) { return !is_small_reduction(i); });
  const auto reductions = static_cast<std::size_t>(last - small_resizes_.begin());
  if (reductions == 0 || keeps()) return;
  std::copy(target_.begin(), target_.end(), desired_.begin());
  const auto keeps_with = [&](std::size_t trimmed) {
    for (std::size_t k = 0; k < reductions; ++k) {
      const std::uint32_t i = small_resizes_[k];
      target_[i] = k < trimmed ? before_[i] : desired_[i];
    }
    return keeps();
  };
  std::size_t too_few = 0, enough = reductions;
  if (!keeps_with(reductions)) {  // they are not what is in the way
    std::copy(desired_.begin(), desired_.end(), target_.begin());
    return;
  }
  while (enough - too_few > 1) {
    const std::size_t middle = too_few + (enough - too_few) / 2;
    (keeps_with(middle) ? enough : too_few) = middle;
  }
  (void)keeps_with(enough);
  for (std::size_t k = 0; k < enough; ++k) {
    const std::uint32_t i = small_resizes_[k];
    if (target_[i] != desired_[i]) reasons_[i] = {CADRE_REASON_RISK_LIMIT, 0, target_[i] / current_[i]};
  }
}

}  // namespace cadre::chain

// What trading states leave of the targets: so that no order is made which the gate refuses day after day.

#include <algorithm>
#include <cmath>

#include "host/chain/orchestrator.hpp"
#include "host/chain/waterfall.hpp"
#include "host/execution/financing.hpp"
#include "host/model/quantity.hpp"

namespace cadre::chain {

/// The share of all positions that can be traded with which the margin requirement fits the equity, by the
/// policy for one that does not; 1: all of them.
double TradeExecutionOrchestrator::share_within_margin() const {
  const auto policy = chain_->pre_trade_checks.on_margin_breach;
  if (!book_.states->lacks_margin() || policy == config::OnMarginBreach::freeze) return 1;
  if (policy == config::OnMarginBreach::flatten) return 0;
  const auto traded = book_.arena->valid(model::ColumnId::close);
  double stays = 0, goes = 0;
  for (std::uint32_t i = 0; i < target_.size(); ++i) {
    const double rate = execution::margin_rate(book_.universe->instruments[i], book_.account);
    (traded[i] == 0 ? stays : goes) += rate * std::fabs(book_.portfolio->value(i).to_double());
  }
  const double most =
      book_.portfolio->equity().to_double() * (1 - chain_->pre_trade_checks.margin_buffer) - stays;
  return goes > 0 ? std::clamp(most / goes, 0.0, 1.0) : 1;
}

/// Part of the step before: it is told with what that did.
void TradeExecutionOrchestrator::keep_trading_states() {
  margin_share_ = 1;
  if (book_.states == nullptr || book_.states->all_active()) return;
  margin_share_ = share_within_margin();
  journal::StageEffect& effect = decision_.record.stages[effect_ - 1];
  const double equity = book_.portfolio->equity().to_double();
  for (std::uint32_t i = 0; i < target_.size(); ++i) {
    double kept = book_.states->bounded(i, current_[i], target_[i]);
    if (margin_share_ < 1) {
      const double most = margin_share_ * std::fabs(book_.portfolio->value(i).to_double()) / equity;
      kept = std::clamp(kept, -most, most);
    }
    if (kept == target_[i]) continue;
    effect.reasons[i] = {CADRE_REASON_TRADING_STATE, 0, target_[i] - kept};
    effect.target[i] = target_[i] = kept;
  }
}

base::Quantity TradeExecutionOrchestrator::kept_by_state(std::uint32_t i, base::Quantity planned,
                                                         base::Quantity wanted) const {
  if (book_.states == nullptr || book_.states->all_active()) return wanted;
  const base::Quantity kept = book_.states->bounded(i, book_.portfolio->quantity(i), planned, wanted);
  if (margin_share_ == 1 || book_.arena->valid(model::ColumnId::close)[i] == 0) return kept;
  constexpr double slack = 1e-9;  // of a lot: a share of doubles that ends on a lot means that lot
  const model::Instrument& about = book_.universe->instruments[i];
  const double lots = std::fabs(book_.portfolio->quantity(i).to_double()) / about.lot.to_double();
  const std::int64_t most =
      static_cast<std::int64_t>(std::floor(margin_share_ * lots + slack)) * about.lot.raw();
  const auto cut = base::Quantity::from_raw(std::clamp(kept.raw(), -most, most));
  const bool is_order = !model::is_below_minimum(cut, planned, book_.portfolio->price(i), about);
  return is_order ? cut : kept;
}

}  // namespace cadre::chain

// What trading states leave of the targets: so that no order is made which the gate refuses day after day.

#include "host/chain/orchestrator.hpp"
#include "host/chain/waterfall.hpp"

namespace cadre::chain {

/// Part of the step before: it is told with what that did.
void TradeExecutionOrchestrator::keep_trading_states() {
  if (book_.states == nullptr || book_.states->all_active()) return;
  journal::StageEffect& effect = decision_.record.stages[effect_ - 1];
  for (std::uint32_t i = 0; i < target_.size(); ++i) {
    const double kept = book_.states->bounded(i, current_[i], target_[i]);
    if (kept == target_[i]) continue;
    effect.reasons[i] = {CADRE_REASON_TRADING_STATE, 0, target_[i] - kept};
    effect.target[i] = target_[i] = kept;
  }
}

base::Quantity TradeExecutionOrchestrator::kept_by_state(std::uint32_t i, base::Quantity planned,
                                                         base::Quantity wanted) const {
  if (book_.states == nullptr || book_.states->all_active()) return wanted;
  return book_.states->bounded(i, book_.portfolio->quantity(i), planned, wanted);
}

}  // namespace cadre::chain

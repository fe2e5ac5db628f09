// What made orders smaller, or left them out, goes into the record of the decision by name.

#include <algorithm>
#include <cmath>

#include "cadre/cadre.h"
#include "host/chain/orchestrator.hpp"
#include "host/model/order.hpp"

namespace cadre::chain {

namespace {

constexpr double slack = 1e-9;  // what the error of doubles may add to a sum that keeps its bound

}  // namespace

/// As many as there is room for: a decision allocates nothing.
void TradeExecutionOrchestrator::tell_bound(std::string_view limit, double wanted, double allowed,
                                            std::uint32_t instrument, std::uint32_t unit) {
  auto& told = decision_.record.bound_by;
  if (told.size() < told.capacity())
    told.push_back({model::make_id(limit), wanted, allowed, instrument, unit});
}

void TradeExecutionOrchestrator::tell_loop() {
  const cadre_limit_use& use = loop_.exceeded;
  if (loop_.outcome == LoopOutcome::converged && use.limit > 0)
    tell_bound(model::id_text(use.name), use.value, use.limit, use.instrument, journal::bound_in_loop);
}

void TradeExecutionOrchestrator::tell_exceeded() {
  tells_exceeded_ = false;
  const Exposure exposure = exposure_at_worst(with_sure_reductions(rounded_weight_), open_);
  const config::ConstraintsConfig& bounds = chain_->constraints;
  const double net = std::max(exposure.highest_net, -exposure.lowest_net);
  const bool is_above_gross = exposure.gross > bounds.max_gross_exposure + slack;
  if (is_above_gross)
    tell_bound("CREDIT_GROSS_EXPOSURE", exposure.gross, bounds.max_gross_exposure, CADRE_BOOK);
  if (net > bounds.max_net_exposure + slack)
    tell_bound("CREDIT_NET_EXPOSURE", net, bounds.max_net_exposure, CADRE_BOOK);
  execution::each_failed(book_verdict_, [&](const execution::PreTradeCheck& check) {
    const bool is_told = is_above_gross && check.code == "CREDIT_GROSS_EXPOSURE";
    if (check.bounds == execution::PreTradeCheck::Bounds::book && !is_told)
      tell_bound(check.code, std::nan(""), std::nan(""), CADRE_BOOK);
  });
  panel_.append_exceeded(decision_.record.bound_by, chain_->risk_feedback.risk_tolerance);
}

void TradeExecutionOrchestrator::tell_fitted() {
  for (std::uint32_t i = 0; i < fitted_for_.size(); ++i) {
    const FittedFor& fitted = fitted_for_[i];
    if (fitted.check == nullptr || decision_.sent_e9[i] == decision_.need_e9[i]) continue;
    const double sent = std::fabs(static_cast<double>(decision_.sent_e9[i])) * 1e-9;
    tell_bound(fitted.check->code, fitted.units, sent, i, journal::bound_in_units);
  }
}

}  // namespace cadre::chain

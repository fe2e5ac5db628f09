#include "host/chain/stage.hpp"

#include "cadre/cadre.h"

namespace cadre::chain {

namespace {

constexpr StageRow table[] = {
    {StageKind::service, "services", CADRE_ROLE_COVARIANCE_ESTIMATOR,
     "publishes data that other agents read"},
    {StageKind::signal_source, "signal_sources", CADRE_ROLE_SIGNAL_SOURCE, "says what strategies think"},
    {StageKind::signal_aggregator, "signal_aggregator", CADRE_ROLE_SIGNAL_AGGREGATOR,
     "one score and confidence per instrument"},
    {StageKind::position_sizer, "position_sizer", CADRE_ROLE_POSITION_SIZER, "target weights out of scores"},
    {StageKind::portfolio_optimizer, "portfolio_optimizer", CADRE_ROLE_PORTFOLIO_OPTIMIZER,
     "better targets under constraints and costs"},
    {StageKind::risk_manager, "risk_managers", CADRE_ROLE_RISK_MANAGER, "judges the targets and cuts them"},
    {StageKind::correlation_adjuster, "correlation_adjuster", CADRE_ROLE_CORRELATION_ADJUSTER,
     "cuts what is one bet under two names"},
    {StageKind::trade_adjuster, "trade_adjusters", CADRE_ROLE_TRADE_ADJUSTER,
     "anything else that changes targets"},
    {StageKind::execution_rules, "execution_rules", CADRE_ROLE_EXECUTION_RULES,
     "turns what is needed into orders"},
    {StageKind::execution_environment, "execution_environment", CADRE_ROLE_EXECUTION_ENVIRONMENT,
     "fills orders"},
};

}  // namespace

std::span<const StageRow> stage_table() {
  return table;
}

const StageRow& row_of(StageKind kind) {
  return table[static_cast<std::size_t>(kind)];
}

}  // namespace cadre::chain

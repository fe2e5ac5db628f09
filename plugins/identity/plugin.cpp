#include <algorithm>
#include <cmath>
#include <limits>

#include "cadre/cpp/plugin.hpp"
#include "fill_at_once.hpp"

/// The agent of each role that changes nothing.
namespace cadre::identity {
namespace {

class SignalSource final : public sdk::SignalSource {
 public:
  void configure(const sdk::Config&) override {}
  void generate_signals(const sdk::State&, Output&) const override {}
};

class SignalAggregator final : public sdk::SignalAggregator {
 public:
  void configure(const sdk::Config&) override {}

  void aggregate_signals(const sdk::State& state, cadre_views& out) const override {
    std::fill_n(out.valid, state.size(), std::uint8_t{0});
    for (std::uint64_t k = 0; k < state.raw().signal_count; ++k) {
      const cadre_signal& signal = *cadre_signal_at(&state.raw(), k);
      const std::uint32_t i = signal.instrument;
      if (i >= out.instrument_count) throw sdk::Refusal("a signal names an unknown instrument");
      if (out.valid[i] != 0) {
        throw sdk::Refusal("there is more than one signal for " + std::string(state.id(i)) +
                           "; pre-aggregated signals have one per instrument");
      }
      out.score[i] = signal.direction * signal.strength;
      out.confidence[i] = signal.confidence;
      out.valid[i] = 1;
    }
  }
};

class PositionSizer final : public sdk::PositionSizer {
 public:
  void configure(const sdk::Config&) override {}
  void propose_trades(const sdk::State&, sdk::Targets&) const override {}
};

class PortfolioOptimizer final : public sdk::PortfolioOptimizer {
 public:
  void configure(const sdk::Config&) override {}
  cadre_status optimize_targets(const sdk::State&, sdk::Targets&) const override { return CADRE_OK; }
};

class RiskManager final : public sdk::RiskManager {
 public:
  void configure(const sdk::Config&) override {}

  void analyze_risk(const sdk::State& state, const sdk::Weights&, cadre_risk_report& out) const override {
    const double not_computed = std::numeric_limits<double>::quiet_NaN();
    out.acceptable = CADRE_ACCEPTABLE;
    out.volatility = not_computed;
    out.value_at_risk = not_computed;
    out.expected_shortfall = not_computed;
    if (out.component_risk != nullptr) std::fill_n(out.component_risk, state.size(), 0.0);
    out.limit_count = 0;
  }
  void adjust_trades(const sdk::State&, const cadre_risk_report&, sdk::Targets&) const override {}
};

class CorrelationAdjuster final : public sdk::CorrelationAdjuster {
 public:
  void configure(const sdk::Config&) override {}

  void analyze_correlations(const sdk::State&, const sdk::Weights&,
                            cadre_correlation_report& out) const override {
    out.acceptable = CADRE_ACCEPTABLE;
    out.mean_correlation = std::numeric_limits<double>::quiet_NaN();
    out.highest_correlation = std::numeric_limits<double>::quiet_NaN();
    out.pair_count = 0;
  }
  void adjust_trades(const sdk::State&, const cadre_correlation_report&, sdk::Targets&) const override {}
};

class TradeAdjuster final : public sdk::TradeAdjuster {
 public:
  void configure(const sdk::Config&) override {}
  void adjust_trades(const sdk::State&, sdk::Targets&) const override {}
};

class ExecutionRules final : public sdk::ExecutionRules {
 public:
  void configure(const sdk::Config&) override {}

  void apply_rules(const sdk::State&, const cadre_needs& needs, Output& out, cadre_reason*) const override {
    for (std::uint32_t i = 0; i < needs.instrument_count; ++i) {
      const std::int64_t need = needs.quantity_e9[i];
      if (need != 0) out.add(sdk::new_order(i, need, CADRE_ORDER_MARKET, CADRE_TIF_DAY));
    }
  }
};

class CovarianceEstimator final : public sdk::ServiceProvider {
 public:
  void configure(const sdk::Config&) override {}

  void publish(const sdk::State&, std::string_view service, cadre_service_output& out) const override {
    if (service != CADRE_SERVICE_COVARIANCE)
      throw sdk::Refusal("publishes " CADRE_SERVICE_COVARIANCE " only");
    for (std::uint32_t j = 0; j < out.columns; ++j) {
      std::fill_n(out.data + j * out.stride, out.rows, 0.0);
      out.data[j * out.stride + j] = 1.0;
    }
    out.observations = 1;
  }
};

constexpr sdk::AgentEntry agents[] = {
    sdk::agent_entry<SignalSource>(CADRE_TEXT("cadre.identity.signal_source"),
                                   CADRE_TEXT(CADRE_ROLE_SIGNAL_SOURCE)),
    sdk::agent_entry<SignalAggregator>(CADRE_TEXT("cadre.identity.signal_aggregator"),
                                       CADRE_TEXT(CADRE_ROLE_SIGNAL_AGGREGATOR)),
    sdk::agent_entry<PositionSizer>(CADRE_TEXT("cadre.identity.position_sizer"),
                                    CADRE_TEXT(CADRE_ROLE_POSITION_SIZER)),
    sdk::agent_entry<PortfolioOptimizer>(CADRE_TEXT("cadre.identity.portfolio_optimizer"),
                                         CADRE_TEXT(CADRE_ROLE_PORTFOLIO_OPTIMIZER)),
    sdk::agent_entry<RiskManager>(CADRE_TEXT("cadre.identity.risk_manager"),
                                  CADRE_TEXT(CADRE_ROLE_RISK_MANAGER)),
    sdk::agent_entry<CorrelationAdjuster>(CADRE_TEXT("cadre.identity.correlation_adjuster"),
                                          CADRE_TEXT(CADRE_ROLE_CORRELATION_ADJUSTER)),
    sdk::agent_entry<TradeAdjuster>(CADRE_TEXT("cadre.identity.trade_adjuster"),
                                    CADRE_TEXT(CADRE_ROLE_TRADE_ADJUSTER)),
    sdk::agent_entry<ExecutionRules>(CADRE_TEXT("cadre.identity.execution_rules"),
                                     CADRE_TEXT(CADRE_ROLE_EXECUTION_RULES)),
    sdk::agent_entry<CovarianceEstimator>(CADRE_TEXT("cadre.identity.covariance_estimator"),
                                          CADRE_TEXT(CADRE_ROLE_COVARIANCE_ESTIMATOR)),
    sdk::agent_entry<FillAtOnce>(CADRE_TEXT("cadre.identity.execution_environment"),
                                 CADRE_TEXT(CADRE_ROLE_EXECUTION_ENVIRONMENT), 0, 2)};

}  // namespace
}  // namespace cadre::identity

CADRE_DEFINE_PLUGIN("cadre.identity", "0.9.0", cadre::identity::agents)

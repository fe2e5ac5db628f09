#include <cmath>
#include <vector>

#include "cadre/cpp/plugin.hpp"

namespace twin {
namespace {

namespace sdk = cadre::sdk;

/// The rule of plugins/python_host/examples/inverse_volatility.py, written out by hand.
class Agent final : public sdk::TradeAdjuster {
 public:
  void configure(const sdk::Config& config) override {
    lookback_ = config.integer("/lookback");
    floor_ = config.number("/volatility_floor");
  }
  void require(cadre_requirements& out) const override {
    out.sessions.returns = static_cast<std::uint32_t>(lookback_);
  }

  void adjust_trades(const sdk::State& state, sdk::Targets& targets) const override {
    const double root = std::sqrt(state.raw().sessions_per_year);
    double gross = 0, shares = 0;
    std::vector<double> volatility(static_cast<std::size_t>(state.size()), 0.0);
    int held = 0;
    for (Eigen::Index i = 0; i < state.size(); ++i) {
      const double measured = deviation(state, i);
      if (targets.weight[i] == 0 || std::isnan(measured)) continue;
      volatility[static_cast<std::size_t>(i)] = std::fmax(measured, floor_ / root);
      gross += std::fabs(targets.weight[i]);
      shares += 1 / volatility[static_cast<std::size_t>(i)];
      ++held;
    }
    if (held < 2) return;
    for (Eigen::Index i = 0; i < state.size(); ++i) {
      const double risk = volatility[static_cast<std::size_t>(i)];
      if (risk == 0) continue;
      const double weight = std::copysign(gross / risk / shares, targets.weight[i]);
      targets.set(i, weight, CADRE_REASON_FIRST_PLUGIN, risk * root);
    }
  }

 private:
  /// Of the newest returns, around their mean; NaN where one is missing.
  double deviation(const sdk::State& state, Eigen::Index i) const {
    const sdk::Window all = state.sessions().returns();
    const Eigen::ArrayXd newest = all.row(i).tail(lookback_).transpose().array();
    return std::sqrt((newest - newest.mean()).square().mean());
  }

  Eigen::Index lookback_ = 0;
  double floor_ = 0;
};

constexpr sdk::AgentEntry agents[] = {
    sdk::agent_entry<Agent>(CADRE_TEXT("python.twin"), CADRE_TEXT(CADRE_ROLE_TRADE_ADJUSTER))};

}  // namespace
}  // namespace twin

CADRE_DEFINE_PLUGIN("python.twin", "0.1.0", twin::agents)

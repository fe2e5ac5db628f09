#include <Eigen/Core>
#include <cmath>
#include <string>

#include "cadre/cpp/plugin.hpp"
#include "cadre/quant/momentum.hpp"

namespace cadre::momentum {
namespace {

class Agent final : public sdk::SignalSource {
 public:
  void configure(const sdk::Config& config) override {
    lookback_ = config.integer("/lookback");
    skip_ = config.integer("/skip");
    if (skip_ >= lookback_) {
      throw sdk::Refusal("/skip: " + std::to_string(skip_) + " is not below /lookback, which is " +
                         std::to_string(lookback_));
    }
    confidence_ = config.number("/confidence");
    horizon_days_ = config.number("/horizon_days");
    strategy_ = sdk::id_of(config.text("/strategy"));
  }

  void require(cadre_requirements& out) const override {
    out.sessions.closes = static_cast<std::uint32_t>(lookback_ + 1);
  }

  void generate_signals(const sdk::State& state, Output& out) const override {
    if (score_.size() != state.size()) score_.resize(state.size());
    quant::momentum(state.sessions().closes(), lookback_, skip_, score_);
    quant::z_score(score_, score_);
    for (Eigen::Index i = 0; i < state.size(); ++i) {
      const double score = score_[i];
      if (!std::isfinite(score)) continue;
      cadre_signal signal{};
      signal.size = sizeof signal;
      signal.instrument = static_cast<std::uint32_t>(i);
      signal.direction = (score > 0.0) - (score < 0.0);
      signal.strength = std::fabs(score);
      signal.confidence = confidence_;
      signal.horizon_days = horizon_days_;
      signal.time_ns = state.raw().time_ns;
      signal.strategy = strategy_;
      out.add(signal);
    }
  }

 private:
  std::int64_t lookback_ = 252;
  std::int64_t skip_ = 21;
  double confidence_ = 0.6;
  double horizon_days_ = 21;
  cadre_id strategy_{};
  mutable Eigen::VectorXd score_;  // a workspace, sized once per universe
};

constexpr sdk::AgentEntry agents[] = {
    sdk::agent_entry<Agent>(CADRE_TEXT("cadre.momentum"), CADRE_TEXT(CADRE_ROLE_SIGNAL_SOURCE))};

}  // namespace
}  // namespace cadre::momentum

CADRE_DEFINE_PLUGIN("cadre.momentum", "0.9.0", cadre::momentum::agents)

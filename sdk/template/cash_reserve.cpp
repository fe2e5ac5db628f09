#include "cadre/cpp/plugin.hpp"

namespace cash_reserve {
namespace {

namespace sdk = cadre::sdk;

constexpr std::uint32_t reserve_code = CADRE_REASON_FIRST_PLUGIN;  // explained in the manifest's "reasons"

class Agent final : public sdk::TradeAdjuster {
 public:
  // The host has checked the values against the manifest and filled in the defaults. What a schema cannot say
  // is said by throwing sdk::Refusal with a sentence for the user.
  void configure(const sdk::Config& config) override { reserve_ = config.number("/reserve"); }

  // Targets are shares of equity, signed. Called as often as the host likes: nothing may be remembered here.
  void adjust_trades(const sdk::State&, sdk::Targets& targets) const override {
    const double invested = targets.weight.cwiseAbs().sum();
    if (invested <= 1.0 - reserve_) return;
    const double factor = (1.0 - reserve_) / invested;
    for (Eigen::Index i = 0; i < targets.weight.size(); ++i) {
      if (targets.weight[i] != 0.0) targets.set(i, targets.weight[i] * factor, reserve_code, factor);
    }
  }

 private:
  double reserve_ = 0.05;
};

constexpr sdk::AgentEntry agents[] = {
    sdk::agent_entry<Agent>(CADRE_TEXT("example.cash_reserve"), CADRE_TEXT(CADRE_ROLE_TRADE_ADJUSTER))};

}  // namespace
}  // namespace cash_reserve

CADRE_DEFINE_PLUGIN("example.cash_reserve", "0.1.0", cash_reserve::agents)

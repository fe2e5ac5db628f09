#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "cadre/cpp/plugin.hpp"
#include "sizing.hpp"

namespace cadre::position_sizer {
namespace {

// Of this plugin, as its manifest describes them.
constexpr std::uint32_t no_volatility_code = CADRE_REASON_FIRST_PLUGIN;
constexpr std::uint32_t too_young_code = CADRE_REASON_FIRST_PLUGIN + 1;
constexpr std::uint32_t net_exposure_code = CADRE_REASON_FIRST_PLUGIN + 2;

std::uint32_t code_of(Why why) {
  switch (why) {
    case Why::signal:
      return CADRE_REASON_SIGNAL;
    case Why::max_position:
      return CADRE_REASON_MAX_POSITION;
    case Why::min_position:
      return CADRE_REASON_MIN_POSITION;
    case Why::no_view:
      return CADRE_REASON_NO_VIEW;
    case Why::long_only:
      return CADRE_REASON_LONG_ONLY;
    case Why::no_volatility:
      return no_volatility_code;
    case Why::too_young:
      return too_young_code;
    case Why::net_exposure:
      return net_exposure_code;
  }
  return 0;
}

class Agent final : public sdk::PositionSizer {
 public:
  void configure(const sdk::Config& config) override { settings_ = read(config); }

  bool has_hot_config() const override { return true; }
  std::unique_ptr<Prepared> prepare(const sdk::Config& config) const override {
    return std::make_unique<Next>(read(config));
  }
  void commit(Prepared& next) noexcept override { settings_ = static_cast<Next&>(next).settings; }

  void propose_trades(const sdk::State& state, sdk::Targets& targets) const override {
    const auto n = static_cast<std::size_t>(state.size());
    if (sizes_.size() != n) {
      sizes_.assign(n, Size{});
      score_.assign(n, 0.0);
      sigma_.assign(n, 0.0);
    }
    for (std::size_t i = 0; i < n; ++i) {
      const auto index = static_cast<Eigen::Index>(i);
      score_[i] = state.has_score(index) ? state.score()[index] : std::numeric_limits<double>::quiet_NaN();
    }
    read_volatilities(state);

    const cadre_constraints& constraints = *state.raw().constraints;
    const Bounds bounds{state.long_only(), constraints.max_gross_exposure, constraints.max_net_exposure,
                        constraints.max_weight};
    const Outcome outcome =
        size_positions(score_, sigma_, {state.raw().weight, n}, settings_, bounds, sizes_);
    if (outcome.selected > 0 && outcome.held == 0) {
      throw sdk::Refusal("min_position_size " + std::to_string(settings_.min_position) + ": with " +
                         std::to_string(outcome.selected) +
                         " instruments selected every position would be smaller; lower it or select fewer");
    }
    for (std::size_t i = 0; i < n; ++i) {
      targets.set(static_cast<Eigen::Index>(i), sizes_[i].weight, code_of(sizes_[i].why), sizes_[i].value);
    }
  }

 private:
  struct Next final : Prepared {
    explicit Next(const Settings& read) : settings(read) {}
    Settings settings;
  };

  static Settings read(const sdk::Config& config) {
    Settings settings;
    settings.method =
        config.text("/method") == "inverse_volatility" ? Method::inverse_volatility : Method::equal_weight;
    settings.on_drift = config.text("/on_drift") == "trim" ? OnDrift::trim : OnDrift::hold;
    settings.max_position = config.number("/max_position_size");
    settings.min_position = config.number("/min_position_size");
    if (settings.max_position < settings.min_position) {
      throw sdk::Refusal("/max_position_size: " + std::to_string(settings.max_position) +
                         " is below /min_position_size, which is " + std::to_string(settings.min_position) +
                         ": no position could be held; raise the one or lower the other");
    }
    return settings;
  }

  void read_volatilities(const sdk::State& state) const {
    const sdk::Matrix covariance = state.service(0);
    if (covariance.rows() != state.size() || covariance.cols() != state.size()) {
      std::fill(sigma_.begin(), sigma_.end(), 0.0);
      if (settings_.method == Method::equal_weight) return;
      throw sdk::Refusal("method inverse_volatility needs " CADRE_SERVICE_COVARIANCE
                         ", which is not bound or not ready; add a covariance estimator to services");
    }
    for (std::size_t i = 0; i < sigma_.size(); ++i) {
      const auto index = static_cast<Eigen::Index>(i);
      const double variance = covariance(index, index);
      sigma_[i] = variance < 0.0 ? 0.0 : std::sqrt(variance);
    }
  }

  Settings settings_;
  // Workspaces, sized once per universe; no knowledge is in them.
  mutable std::vector<double> score_;
  mutable std::vector<double> sigma_;
  mutable std::vector<Size> sizes_;
};

constexpr sdk::AgentEntry agents[] = {
    sdk::agent_entry<Agent>(CADRE_TEXT("cadre.position_sizer"), CADRE_TEXT(CADRE_ROLE_POSITION_SIZER))};

}  // namespace
}  // namespace cadre::position_sizer

CADRE_DEFINE_PLUGIN("cadre.position_sizer", "0.9.0", cadre::position_sizer::agents)

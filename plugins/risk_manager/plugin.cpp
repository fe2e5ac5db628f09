#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "book_risk.hpp"
#include "cadre/cpp/plugin.hpp"
#include "cadre/quant/normal.hpp"

namespace cadre::risk_manager {
namespace {

// Of this plugin, as its manifest describes it.
constexpr std::uint32_t too_young_code = CADRE_REASON_FIRST_PLUGIN;

/// The fullest limits first; equal ones in the order of name and instrument.
bool is_fuller(const cadre_limit_use& a, const cadre_limit_use& b) {
  const double left = a.value / a.limit;
  const double right = b.value / b.limit;
  if (left != right) return left > right;
  const int order = sdk::view_of(a.name).compare(sdk::view_of(b.name));
  return order != 0 ? order < 0 : a.instrument < b.instrument;
}

class Agent final : public sdk::RiskManager {
 public:
  void configure(const sdk::Config& config) override {
    settings_ = read(config);
    warn_of_dead_limit();
  }

  // The window of returns is asked for once: what it depends on is not hot.
  bool has_hot_config() const override { return true; }
  std::unique_ptr<Prepared> prepare(const sdk::Config& config) const override {
    return std::make_unique<Next>(read(config));
  }
  void commit(Prepared& next) noexcept override { settings_ = static_cast<Next&>(next).settings; }

  void require(cadre_requirements& out) const override {
    out.sessions.returns = static_cast<std::uint32_t>(settings_.var_lookback);
  }

  void analyze_risk(const sdk::State& state, const sdk::Weights& weight,
                    cadre_risk_report& out) const override {
    gather(state, weight.data());
    const Figures figures = book_.figures(settings_);
    if (!std::isfinite(figures.volatility) || !std::isfinite(figures.value_at_risk) ||
        !std::isfinite(figures.expected_shortfall)) {
      throw sdk::Refusal("the risk of this book has no finite figure: its weights are too large");
    }
    out.volatility = figures.volatility;
    out.value_at_risk = figures.value_at_risk;
    out.expected_shortfall = figures.expected_shortfall;
    if (out.component_risk != nullptr) {
      std::fill_n(out.component_risk, state.size(), 0.0);
      for (std::int64_t k = 0; k < book_.held(); ++k)
        out.component_risk[book_.instrument(k)] = book_.component(k);
    }
    if (!settings_.hard && CADRE_HAS(&out, adjustment_speed))
      out.adjustment_speed = settings_.adjustment_speed;
    list_limits(state, weight, figures);
    const bool acceptable = std::all_of(limits_.begin(), limits_.end(),
                                        [](const cadre_limit_use& use) { return use.value <= use.limit; });
    out.acceptable = acceptable ? CADRE_ACCEPTABLE : CADRE_NOT_ACCEPTABLE;
    out.limit_count = std::min(out.limit_capacity, static_cast<std::uint32_t>(limits_.size()));
    std::copy_n(limits_.begin(), out.limit_count, out.limits);
  }

  void adjust_trades(const sdk::State& state, const cadre_risk_report&,
                     sdk::Targets& targets) const override {
    leave_out_young(state, targets);
    aim(state);
    gather(state, targets.weight.data());
    book_.shrink(settings_);
    for (std::int64_t k = 0; k < book_.held(); ++k) {
      const double factor = book_.factor(k);
      if (factor == 1.0) continue;
      const Eigen::Index i = book_.instrument(k);
      targets.set(i, targets.weight[i] * factor, CADRE_REASON_RISK_LIMIT, factor);
    }
  }

 private:
  struct Next final : Prepared {
    explicit Next(const Settings& read) : settings(read) {}
    Settings settings;
  };

  static Settings read(const sdk::Config& config) {
    Settings settings;
    settings.max_portfolio_risk = config.number("/max_portfolio_risk");
    settings.max_position_risk = config.number("/max_position_risk");
    const std::string position_risk = config.text("/position_risk");
    settings.position_risk = position_risk == "standalone"          ? PositionRisk::standalone
                             : position_risk == "share_of_variance" ? PositionRisk::share_of_variance
                                                                    : PositionRisk::component;
    settings.var_limit = config.number("/var_limit");
    settings.var_confidence = config.number("/var_confidence");
    settings.var_horizon = config.number("/var_horizon_days");
    settings.var_lookback = config.integer("/var_lookback");
    settings.var_method = config.text("/var_method") == "normal" ? VarMethod::normal : VarMethod::historical;
    settings.adjustment_speed = config.number("/risk_adjustment_speed");
    settings.hard = config.text("/limit_type") == "hard";
    return settings;
  }

  /// Of soft limits, what the book that is held has above them goes by a share of it; of a book whose risk is
  /// not known nothing is tolerated.
  void aim(const sdk::State& state) const {
    size_for(state);
    book_.aim_at_limits(settings_);
    if (settings_.hard) return;
    for (Eigen::Index i = 0; i < state.size(); ++i)
      held_[static_cast<std::size_t>(i)] = state.raw().weight[i] + state.raw().working_weight[i];
    if (gap_of(state, held_.data()) != BookRisk::Gap::none) return;
    const Figures held = book_.figures(settings_);
    if (std::isfinite(held.volatility) && std::isfinite(held.value_at_risk))
      book_.aim_at_ceilings(settings_, held);
  }

  void size_for(const sdk::State& state) const {
    const auto n = static_cast<std::size_t>(state.size());
    book_.resize(state.size(), settings_.var_lookback);
    limits_.reserve(2 * n + 3);
    held_.resize(n);
  }

  void gather(const sdk::State& state, const double* weight) const {
    size_for(state);
    const BookRisk::Gap gap = gap_of(state, weight);
    if (gap == BookRisk::Gap::covariance)
      throw sdk::Refusal("no instrument has a variance: the risk of no book is known");
    if (gap == BookRisk::Gap::returns)
      throw sdk::Refusal("no instrument has a return inside var_lookback: the risk of no book is known");
  }

  BookRisk::Gap gap_of(const sdk::State& state, const double* weight) const {
    const sdk::Matrix covariance = state.service(0);
    if (covariance.rows() != state.size() || covariance.cols() != state.size()) {
      throw sdk::Refusal(CADRE_SERVICE_COVARIANCE
                         " is not bound or not ready; add a covariance estimator to services");
    }
    const cadre_window& returns = state.raw().sessions.returns;
    if (std::int64_t{returns.rows} < settings_.var_lookback) {
      throw sdk::Refusal("var_lookback needs " + std::to_string(settings_.var_lookback) +
                         " periods of returns, there are " + std::to_string(returns.rows));
    }
    groups_.follow(state);
    const Market market{covariance.data(),
                        covariance.outerStride(),
                        returns.values,
                        returns.rows,
                        static_cast<std::int64_t>(returns.stride),
                        state.raw().sessions_per_year,
                        &groups_};
    return book_.gather(market, {weight, static_cast<std::size_t>(state.size())}, settings_);
  }

  /// Without a covariance of its own: the provider found too few returns for one.
  static bool is_young(const sdk::Matrix& covariance, Eigen::Index i) {
    return !std::isfinite(covariance(i, i));
  }

  /// What nobody can trade now, or not in whole lots, is kept: a target of zero would change nothing.
  static bool has_to_be_kept(const sdk::State& state, Eigen::Index i, double weight) {
    const cadre_execution_state& raw = state.raw();
    const double held = raw.weight[i] + raw.working_weight[i];
    if (std::fabs(weight) > std::fabs(held) * (1.0 + 1e-9) || weight * held < 0.0) return false;
    if (raw.close.valid != nullptr && raw.close.valid[i] == 0) return true;
    const cadre_instrument& about = state.instrument(i);
    const double lot =
        static_cast<double>(about.lot_e9) * 1e-9 * static_cast<double>(about.multiplier_e9) * 1e-9;
    return state.has_price(i) && std::fabs(weight) * raw.equity < lot * state.price()[i];
  }

  /// What is too young to have a risk of its own is not held.
  static void leave_out_young(const sdk::State& state, sdk::Targets& targets) {
    const sdk::Matrix covariance = state.service(0);
    if (covariance.rows() != state.size()) return;
    for (Eigen::Index i = 0; i < state.size(); ++i) {
      const double target = targets.weight[i];
      if (target == 0.0 || !is_young(covariance, i) || has_to_be_kept(state, i, target)) continue;
      const double held = state.raw().weight[i] + state.raw().working_weight[i];
      targets.set(i, has_to_be_kept(state, i, held) ? held : 0.0, too_young_code, target);
    }
  }

  /// A book at its largest volatility has this VaR, if returns are normal; daily periods are assumed, for the
  /// number of periods a year is not known before the first bar.
  void warn_of_dead_limit() const {
    constexpr double sessions_per_year = 252.0;
    const double reachable = quant::normal_quantile(settings_.var_confidence) * settings_.max_portfolio_risk *
                             std::sqrt(settings_.var_horizon / sessions_per_year);
    if (reachable >= settings_.var_limit) return;
    const auto figure = [](double value) {
      char text[32];
      std::snprintf(text, sizeof text, "%.4g", value);
      return std::string(text);
    };
    log(CADRE_LOG_WARNING,
        "var_limit " + figure(settings_.var_limit) + " hardly ever binds: a book at max_portfolio_risk " +
            figure(settings_.max_portfolio_risk) + " has a VaR of about " + figure(reachable) +
            " at confidence " + figure(settings_.var_confidence) + " over " + figure(settings_.var_horizon) +
            " of 252 periods; lower var_limit below that, or "
            "raise max_portfolio_risk");
  }

  void list_limits(const sdk::State& state, const sdk::Weights& weight, const Figures& figures) const {
    limits_.clear();
    const auto add = [&](const char* name, double value, double limit, std::uint32_t instrument) {
      limits_.push_back({sdk::id_of(name), std::max(0.0, value), limit, instrument,
                         settings_.hard ? std::uint32_t{CADRE_LIMIT_HARD} : 0U});
    };
    add("portfolio_volatility", figures.volatility, settings_.max_portfolio_risk, CADRE_BOOK);
    add("value_at_risk", figures.value_at_risk, settings_.var_limit, CADRE_BOOK);
    std::int64_t largest = -1;
    double largest_risk = -1.0;
    bool any_above = false;
    for (std::int64_t k = 0; k < book_.held(); ++k) {
      const double risk = book_.position_risk(k, settings_);
      if (risk > largest_risk) {
        largest = k;
        largest_risk = risk;
      }
      if (!(risk > settings_.max_position_risk)) continue;
      any_above = true;
      add("position_risk", risk, settings_.max_position_risk,
          static_cast<std::uint32_t>(book_.instrument(k)));
    }
    if (!any_above && largest >= 0) {
      add("position_risk", largest_risk, settings_.max_position_risk,
          static_cast<std::uint32_t>(book_.instrument(largest)));
    }
    // Of what is too young nothing at all may be added: the limit is next to nothing, and what is held of it
    // already may stay or shrink.
    constexpr double next_to_nothing = 1e-6;
    const sdk::Matrix covariance = state.service(0);
    for (std::int64_t k = 0; k < book_.held(); ++k) {
      const Eigen::Index i = book_.instrument(k);
      if (!is_young(covariance, i) || has_to_be_kept(state, i, weight[i])) continue;
      add("too_few_returns", std::fabs(weight[i]), next_to_nothing, static_cast<std::uint32_t>(i));
      limits_.back().flags = CADRE_LIMIT_HARD;
    }
    // Not a limit, for it is never reached: what the figures rest on, for whoever reads them.
    if (book_.filled_returns() > 0) {
      add("filled_returns", static_cast<double>(book_.filled_returns()),
          static_cast<double>(book_.all_returns()), CADRE_BOOK);
    }
    std::sort(limits_.begin(), limits_.end(), is_fuller);
  }

  Settings settings_;
  // Workspaces, sized once per universe; no knowledge is in them.
  mutable BookRisk book_;
  mutable Groups groups_;
  mutable std::vector<cadre_limit_use> limits_;
  mutable std::vector<double> held_;
};

constexpr sdk::AgentEntry agents[] = {
    sdk::agent_entry<Agent>(CADRE_TEXT("cadre.risk_manager"), CADRE_TEXT(CADRE_ROLE_RISK_MANAGER))};

}  // namespace
}  // namespace cadre::risk_manager

CADRE_DEFINE_PLUGIN("cadre.risk_manager", "0.9.0", cadre::risk_manager::agents)

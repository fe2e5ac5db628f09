// Agents that do what their configuration says: for tests of chains. See scripted.json.

#include <algorithm>
#include <cmath>
#include <limits>

#include "cadre/cpp/plugin.hpp"
#include "exchange.hpp"
#include "script.hpp"

namespace cadre::scripted {
namespace {

/// What all of them have in common.
template <class Role>
class Scripted : public Role {
 public:
  void configure(const sdk::Config& config) override { script_.read(config); }
  void observe(const cadre_event& event, const sdk::State&) override { script_.see(event); }

 protected:
  // A status other than OK leaves a role's void function as the exception that the guard turns into it.
  void fail_if_told() const {
    const cadre_status status = script_.status();
    if (status == CADRE_REJECTED) throw sdk::Refusal("it was told to refuse");
    if (status != CADRE_OK) throw std::runtime_error("it was told to fail");
  }
  void write(sdk::Targets& targets) const {
    cadre_targets bare{sizeof(cadre_targets), static_cast<std::uint32_t>(targets.weight.size()),
                       targets.weight.data(), nullptr};
    script_.write_targets(bare);
  }

  Script script_;
};

class Source final : public Scripted<sdk::SignalSource> {
 public:
  void configure(const sdk::Config& config) override {
    script_.read(config);
    scores_ = numbers_at(config, "/scores");
  }
  void generate_signals(const sdk::State& state, Output& out) const override {
    fail_if_told();
    for (std::size_t i = 0; i < scores_.size(); ++i) {
      cadre_signal signal{};
      signal.size = sizeof signal;
      signal.instrument = static_cast<std::uint32_t>(i);
      signal.direction = (scores_[i] > 0) - (scores_[i] < 0);
      signal.strength = script_.failure() == "nan" ? std::nan("") : std::fabs(scores_[i]);
      signal.confidence = 1;
      signal.horizon_days = 1;
      signal.time_ns = state.raw().time_ns;
      signal.strategy = sdk::id_of("scripted");
      out.add(signal);
    }
  }

 private:
  std::vector<double> scores_;
};

class Aggregator final : public Scripted<sdk::SignalAggregator> {
 public:
  void aggregate_signals(const sdk::State& state, cadre_views& out) const override {
    fail_if_told();
    for (Eigen::Index i = 0; i < state.size(); ++i) {
      out.score[i] = script_.failure() == "nan" ? std::nan("") : 1.0;
      out.confidence[i] = script_.failure() == "huge" ? 2.0 : 1.0;
      out.valid[i] = 1;
    }
  }
};

class Sizer final : public Scripted<sdk::PositionSizer> {
 public:
  void propose_trades(const sdk::State&, sdk::Targets& targets) const override {
    fail_if_told();
    write(targets);
  }
};

class Optimizer final : public Scripted<sdk::PortfolioOptimizer> {
 public:
  cadre_status optimize_targets(const sdk::State&, sdk::Targets& targets) const override {
    write(targets);
    return script_.status();
  }
};

/// The risk of a book is the sum of |weight| x risk[i], against one limit.
class Risk final : public Scripted<sdk::RiskManager> {
 public:
  void configure(const sdk::Config& config) override {
    script_.read(config);
    risk_ = numbers_at(config, "/risk");
    limit_ = config.number("/limit");
    step_ = config.number("/step");
    speed_ = config.number("/speed");
    hard_ = config.flag("/hard");
    says_ = config.text("/says");
  }
  void analyze_risk(const sdk::State&, const sdk::Weights& weight, cadre_risk_report& out) const override {
    fail_if_told();
    const double value = risk_of(weight.data(), weight.size());
    const bool inside = value <= limit_;
    out.acceptable = says_ == "acceptable" || (inside && says_ != "not_acceptable") ? CADRE_ACCEPTABLE
                                                                                    : CADRE_NOT_ACCEPTABLE;
    out.volatility = script_.failure() == "infinite" ? std::numeric_limits<double>::infinity() : value;
    out.limit_count = 0;
    out.adjustment_speed = script_.failure() == "speed" ? 1.5 : speed_;
    if (says_ == "not_acceptable") return;  // without saying why
    out.limits[0] = {sdk::id_of("linear"), script_.failure() == "nan" ? std::nan("") : value, limit_,
                     CADRE_BOOK, hard_ ? std::uint32_t{CADRE_LIMIT_HARD} : 0u};
    out.limit_count = script_.failure() == "huge" ? 1000 : 1;
  }
  void adjust_trades(const sdk::State& state, const cadre_risk_report&,
                     sdk::Targets& targets) const override {
    if (script_.failure() == "adjust") throw std::runtime_error("it was told to fail in adjust_trades");
    const double value = risk_of(targets.weight.data(), targets.weight.size());
    const double now = risk_of(state.raw().weight, targets.weight.size());
    const double aim = speed_ > 0 ? std::max(limit_, now - speed_ * (now - limit_)) : limit_;
    if (!(value > aim) || step_ == 0) return;
    const double factor = 1 - step_ * (1 - aim / value);
    for (Eigen::Index i = 0; i < targets.weight.size(); ++i)
      targets.set(i, targets.weight[i] * factor, CADRE_REASON_RISK_LIMIT, factor);
    if (script_.failure() == "adjust_nan") targets.weight[0] = std::nan("");
  }

 private:
  double risk_of(const double* weight, Eigen::Index count) const {
    double value = 0;
    for (Eigen::Index i = 0; i < count; ++i) {
      const auto k = static_cast<std::size_t>(i);
      value += std::fabs(weight[i]) * (k < risk_.size() ? risk_[k] : 1.0);
    }
    return value;
  }

  std::vector<double> risk_;
  double limit_ = 1, step_ = 1, speed_ = 0;
  bool hard_ = true;
  std::string says_;
};

class Correlation final : public Scripted<sdk::CorrelationAdjuster> {
 public:
  void analyze_correlations(const sdk::State&, const sdk::Weights&,
                            cadre_correlation_report& out) const override {
    fail_if_told();
    out.acceptable = CADRE_NOT_ACCEPTABLE;
    out.pair_count = 0;
  }
  void adjust_trades(const sdk::State&, const cadre_correlation_report&,
                     sdk::Targets& targets) const override {
    write(targets);
  }
};

class Adjuster final : public Scripted<sdk::TradeAdjuster> {
 public:
  void adjust_trades(const sdk::State&, sdk::Targets& targets) const override {
    fail_if_told();
    write(targets);
  }
};

/// Market orders for what is needed, unless told otherwise.
class Rules final : public Scripted<sdk::ExecutionRules> {
 public:
  void configure(const sdk::Config& config) override {
    script_.read(config);
    slices_ = config.integer("/slices");
    time_in_force_ = config.text("/time_in_force") == "GTC" ? CADRE_TIF_GTC : CADRE_TIF_DAY;
  }
  void apply_rules(const sdk::State& state, const cadre_needs& needs, Output& out,
                   cadre_reason* reasons) const override {
    fail_if_told();
    const std::string_view word = script_.failure();
    if (word == "reserved_reason") reasons[0] = {500, 0, 0.0};
    if (word == "nan") reasons[0] = {CADRE_REASON_RESTRICTED, 0, std::nan("")};
    for (std::uint32_t i = 0; i < needs.instrument_count; ++i) {
      std::int64_t need = needs.quantity_e9[i];
      if (need == 0 && word != "unneeded") continue;
      if (word == "huge") need += need > 0 ? 1'000'000'000 : -1'000'000'000;
      if (word == "short") need = -need;  // the wrong side
      if (word == "unneeded") need = 1'000'000'000;
      cadre_action order = sdk::new_order(i, need, CADRE_ORDER_MARKET, time_in_force_);
      if (slices_ != 0 && need >= slices_ * 1'000'000'000) cut(order, state.raw().time_ns, out);
      if (word == "sliced") order.slice_count = 1;  // of none
      if (word == "linked") order.link = CADRE_LINK_AFTER;
      if (word == "replace" || word == "cancel") {
        order = {};
        order.size = sizeof order;
        order.kind = word == "cancel" ? CADRE_ACTION_CANCEL : CADRE_ACTION_REPLACE;
        order.client_id = sdk::id_of("scripted");
      }
      if (word == "unknown_kind") order.kind = 9;
      out.add(order);
    }
  }

 private:
  /// Parts of one size in whole units, the last one with what is left, a day apart.
  void cut(cadre_action& order, std::int64_t time_ns, Output& out) const {
    std::int64_t left = order.quantity_e9;
    const std::int64_t part = left / slices_ / 1'000'000'000 * 1'000'000'000;
    for (std::int64_t k = 0; k < slices_; ++k) {
      cadre_slice slice{};
      slice.size = sizeof slice;
      slice.time_ns = time_ns + k * 86'400'000'000'000;
      slice.quantity_e9 = k + 1 == slices_ ? left : part;
      left -= slice.quantity_e9;
      const std::uint64_t place = out.add(slice);
      if (k == 0) order.first_slice = place;
    }
    order.slice_count = static_cast<std::uint32_t>(slices_);
  }

  std::int64_t slices_ = 0;
  std::uint32_t time_in_force_ = CADRE_TIF_DAY;
};

/// Publishes the identity.
class Provider final : public Scripted<sdk::ServiceProvider> {
 public:
  void publish(const sdk::State&, std::string_view, cadre_service_output& out) const override {
    fail_if_told();
    for (std::uint32_t c = 0; c < out.columns; ++c) {
      std::fill_n(out.data + c * out.stride, out.rows, 0.0);
      out.data[c * out.stride + c] = 1;
    }
    out.observations = 1;
  }
};

constexpr std::uint32_t bars = CADRE_EVENT_BAR;
constexpr sdk::AgentEntry agents[] = {
    sdk::agent_entry<Source>(CADRE_TEXT("test.source"), CADRE_TEXT(CADRE_ROLE_SIGNAL_SOURCE), bars),
    sdk::agent_entry<Aggregator>(CADRE_TEXT("test.aggregator"), CADRE_TEXT(CADRE_ROLE_SIGNAL_AGGREGATOR),
                                 bars),
    sdk::agent_entry<Sizer>(CADRE_TEXT("test.sizer"), CADRE_TEXT(CADRE_ROLE_POSITION_SIZER), bars),
    sdk::agent_entry<Optimizer>(CADRE_TEXT("test.optimizer"), CADRE_TEXT(CADRE_ROLE_PORTFOLIO_OPTIMIZER),
                                bars),
    sdk::agent_entry<Risk>(CADRE_TEXT("test.risk"), CADRE_TEXT(CADRE_ROLE_RISK_MANAGER), bars),
    sdk::agent_entry<Correlation>(CADRE_TEXT("test.correlation"), CADRE_TEXT(CADRE_ROLE_CORRELATION_ADJUSTER),
                                  bars),
    sdk::agent_entry<Adjuster>(CADRE_TEXT("test.adjuster"), CADRE_TEXT(CADRE_ROLE_TRADE_ADJUSTER), bars),
    sdk::agent_entry<Rules>(CADRE_TEXT("test.rules"), CADRE_TEXT(CADRE_ROLE_EXECUTION_RULES), bars),
    sdk::agent_entry<Exchange>(CADRE_TEXT("test.exchange"), CADRE_TEXT(CADRE_ROLE_EXECUTION_ENVIRONMENT),
                               bars),
    sdk::agent_entry<Provider>(CADRE_TEXT("test.provider"), CADRE_TEXT(CADRE_ROLE_SERVICE_PROVIDER), bars),
    sdk::agent_entry<Provider>(CADRE_TEXT("test.hen"), CADRE_TEXT(CADRE_ROLE_SERVICE_PROVIDER), bars),
    sdk::agent_entry<Provider>(CADRE_TEXT("test.egg"), CADRE_TEXT(CADRE_ROLE_SERVICE_PROVIDER), bars),
    sdk::agent_entry<Adjuster>(CADRE_TEXT("test.reader"), CADRE_TEXT(CADRE_ROLE_TRADE_ADJUSTER), bars)};

}  // namespace
}  // namespace cadre::scripted

CADRE_DEFINE_PLUGIN("test.scripted", "1.0.0", cadre::scripted::agents)

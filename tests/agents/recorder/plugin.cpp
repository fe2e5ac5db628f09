// Agents that write down all they are shown, and do something simple: for tests of what agents see. See
// state_text.hpp and recorder.json.

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "cadre/cpp/plugin.hpp"
#include "state_text.hpp"
#include "unseen.hpp"

namespace cadre::recorder {
namespace {

/// What all of them have in common: the file, and the bars that were seen.
template <class Role>
class Recorder : public Role {
 public:
  ~Recorder() override {
    if (file_ > errors) close_file(file_);
  }
  void configure(const sdk::Config& config) override {
    const std::string file = config.text("/file");
    scale_ = config.number("/scale");
    file_ = open_to_append(file.c_str());
    if (file_ >= 0) return;
    // A sandbox has no files: its lines go where errors go, and say which recording they belong to, and when
    // they were written: what two processes write for one recording comes in any order.
    file_ = errors;
    mark_ = "recording " + file + '\t';
  }
  void require(cadre_requirements& out) const override {
    out.bars.returns = 3;
    out.bars.closes = 4;
    out.bars.volumes = 2;
  }
  void observe(const cadre_event& event, const sdk::State& state) override {
    if (event.kind == CADRE_EVENT_BAR) ++bar_;
    StateText text;
    text.call("observe");
    text.event(event, state.raw());
    text.state(state.raw());
    keep(text);
  }

 protected:
  /// The text of a deciding call, to which its other arguments may be added.
  static StateText begin(std::string_view call, const sdk::State& state) {
    StateText text;
    text.call(call);
    text.state(state.raw());
    return text;
  }
  void keep(const StateText& text) const {
    const std::string bytes = marked(text.text());
    if (!write_all(file_, bytes.data(), bytes.size()))
      throw std::runtime_error("the recording was not written");
  }
  void keep(std::string_view call, const sdk::State& state, sdk::Targets& targets) const {
    StateText text = begin(call, state);
    text.array("targets.weight", targets.weight.data(), state.raw().instrument_count);
    keep(text);
  }

  std::int64_t bar_ = 0;
  double scale_ = 1;

 private:
  static constexpr int errors = 2;  // the descriptor of standard error

  /// The text with the mark before each of its lines.
  std::string marked(const std::string& text) const {
    if (mark_.empty()) return text;
    const std::string mark = mark_ + std::to_string(tick()) + '\t';
    std::string lines;
    for (std::size_t from = 0; from < text.size();) {
      const std::size_t end = std::min(text.find('\n', from), text.size() - 1);
      lines += mark + text.substr(from, end + 1 - from);
      from = end + 1;
    }
    return lines;
  }

  int file_ = -1;
  std::string mark_;
};

class Source final : public Recorder<sdk::SignalSource> {
 public:
  void generate_signals(const sdk::State& state, Output& out) const override {
    keep(begin("generate_signals", state));
    for (Eigen::Index i = 0; i < state.size(); ++i) {
      cadre_signal signal{};
      signal.size = sizeof signal;
      signal.instrument = static_cast<std::uint32_t>(i);
      signal.direction = 1;
      signal.strength = scale_ * static_cast<double>((bar_ + i) % 3 + 1);
      signal.confidence = 0.5;
      signal.horizon_days = 5;
      signal.time_ns = state.raw().time_ns;
      signal.strategy = sdk::id_of("recorder");
      out.add(signal);
    }
  }
};

class Aggregator final : public Recorder<sdk::SignalAggregator> {
 public:
  void aggregate_signals(const sdk::State& state, cadre_views& out) const override {
    keep(begin("aggregate_signals", state));
    for (std::uint64_t k = 0; k < state.raw().signal_count; ++k) {
      const cadre_signal& signal = *cadre_signal_at(&state.raw(), k);
      if (bar_ % 4 == 0 && signal.instrument == 0) continue;  // no opinion, now and then
      out.score[signal.instrument] = signal.direction * signal.strength;
      out.confidence[signal.instrument] = signal.confidence;
      out.valid[signal.instrument] = 1;
    }
  }
};

class Sizer final : public Recorder<sdk::PositionSizer> {
 public:
  void propose_trades(const sdk::State& state, sdk::Targets& targets) const override {
    keep("propose_trades", state, targets);
    for (Eigen::Index i = 0; i < state.size(); ++i) {
      const double score = state.has_score(i) ? state.score()(i) : 0;
      targets.set(i, 0.1 * scale_ * score, CADRE_REASON_SIGNAL, score);
    }
  }
};

class Optimizer final : public Recorder<sdk::PortfolioOptimizer> {
 public:
  cadre_status optimize_targets(const sdk::State& state, sdk::Targets& targets) const override {
    keep("optimize_targets", state, targets);
    for (Eigen::Index i = 0; i < state.size(); ++i)
      targets.set(i, 0.99 * targets.weight[i], CADRE_REASON_FIRST_PLUGIN, 0.99);
    // With reasons already given for what it then does not do.
    return bar_ % 5 == 0 ? CADRE_DISCARD : CADRE_OK;
  }
};

/// The risk of a book is the sum of its absolute weights, against a limit that targets are above at first.
class Risk final : public Recorder<sdk::RiskManager> {
 public:
  void analyze_risk(const sdk::State& state, const sdk::Weights& weight,
                    cadre_risk_report& out) const override {
    StateText text = begin("analyze_risk", state);
    text.array("analyzed.weight", weight.data(), state.raw().instrument_count);
    text.report("out", out);
    const double gross = weight.cwiseAbs().sum();
    out.acceptable = gross <= scale_ ? CADRE_ACCEPTABLE : CADRE_NOT_ACCEPTABLE;
    out.volatility = gross;
    out.expected_shortfall = gross / 3;
    for (std::uint32_t i = 0; out.component_risk != nullptr && i < out.instrument_count; ++i)
      out.component_risk[i] = std::fabs(weight[i]);
    out.limits[0] = {sdk::id_of("gross"), gross, scale_, CADRE_BOOK, CADRE_LIMIT_HARD};
    out.limits[1] = {sdk::id_of("first"), std::fabs(weight[0]), 1, 0, 0};
    out.limit_count = 2;
    text.call("analyze_risk, at its end");
    text.reports(state.raw());
    keep(text);
  }
  void adjust_trades(const sdk::State& state, const cadre_risk_report& report,
                     sdk::Targets& targets) const override {
    StateText text = begin("adjust_trades", state);
    text.report("report", report);
    text.array("targets.weight", targets.weight.data(), state.raw().instrument_count);
    keep(text);
    const double factor = std::min(1.0, 0.999 * scale_ / targets.weight.cwiseAbs().sum());
    for (Eigen::Index i = 0; i < state.size(); ++i)
      targets.set(i, factor * targets.weight[i], CADRE_REASON_RISK_LIMIT, factor);
  }
};

/// Finds that the first two instruments are one bet; on some bars it writes a report and then has no answer.
class Correlation final : public Recorder<sdk::CorrelationAdjuster> {
 public:
  void analyze_correlations(const sdk::State& state, const sdk::Weights& weight,
                            cadre_correlation_report& out) const override {
    StateText text = begin("analyze_correlations", state);
    text.array("analyzed.weight", weight.data(), state.raw().instrument_count);
    text.report("out", out);
    out.acceptable = CADRE_NOT_ACCEPTABLE;
    out.mean_correlation = 0.5;
    out.highest_correlation = 0.9;
    out.pairs[0] = {0, 1, 0.9 + 0.001 * static_cast<double>(bar_)};
    out.pair_count = 1;
    text.call("analyze_correlations, at its end");
    text.reports(state.raw());
    keep(text);
    if (bar_ % 6 == 0) throw std::runtime_error("now and then it fails");
  }
  void adjust_trades(const sdk::State& state, const cadre_correlation_report& report,
                     sdk::Targets& targets) const override {
    StateText text = begin("adjust_trades", state);
    text.report("report", report);
    text.array("targets.weight", targets.weight.data(), state.raw().instrument_count);
    keep(text);
    targets.set(1, 0.9 * targets.weight[1], CADRE_REASON_CORRELATION, 0.9);
  }
};

class Adjuster final : public Recorder<sdk::TradeAdjuster> {
 public:
  void adjust_trades(const sdk::State& state, sdk::Targets& targets) const override {
    keep("adjust_trades", state, targets);
    targets.set(0, 0.95 * targets.weight[0], CADRE_REASON_FIRST_PLUGIN, 0.95);
    if (bar_ % 7 == 0) throw std::runtime_error("now and then it fails");
  }
};

class Rules final : public Recorder<sdk::ExecutionRules> {
 public:
  void apply_rules(const sdk::State& state, const cadre_needs& needs, Output& out,
                   cadre_reason*) const override {
    StateText text = begin("apply_rules", state);
    text.needs(needs);
    keep(text);
    for (std::uint32_t i = 0; i < needs.instrument_count; ++i) {
      const std::int64_t need = needs.quantity_e9[i];
      if (need == 0) continue;
      out.add(sdk::new_order(i, need, CADRE_ORDER_MARKET, CADRE_TIF_DAY));
    }
  }
};

/// Publishes one matrix into the host's memory and lends another one of its own; neither on the first bars.
class Provider final : public Recorder<sdk::ServiceProvider> {
 public:
  void observe(const cadre_event& event, const sdk::State& state) override {
    Recorder::observe(event, state);
    const std::size_t n = state.raw().instrument_count;
    lent_.assign((n + 1) * n, std::numeric_limits<double>::quiet_NaN());
    for (std::size_t c = 0; c < n; ++c) {
      for (std::size_t r = c; r < n; ++r)
        lent_[c * (n + 1) + r] = static_cast<double>(bar_) + 0.01 * static_cast<double>(r * n + c);
    }
  }
  void publish(const sdk::State& state, std::string_view service, cadre_service_output& out) const override {
    StateText text = begin("publish", state);
    text.write("service", sdk::text_of(service));
    keep(text);
    if (bar_ < 6) return;
    out.observations = static_cast<std::uint32_t>(bar_);
    if (service == "test.lent/1") {
      out.lent = lent_.data();
      out.stride = out.rows + std::uint64_t{1};
      return;
    }
    for (std::uint32_t c = 0; c < out.columns; ++c) {
      for (std::uint32_t r = c; r < out.rows; ++r)
        out.data[c * out.stride + r] = scale_ * (r + 10 * c) + 1 / static_cast<double>(bar_);
    }
  }

 private:
  std::vector<double> lent_;
};

/// Fills half of an order at once, at the price it was decided at, and the rest with the next bar.
class Environment final : public Recorder<sdk::ExecutionEnvironment> {
 public:
  void observe(const cadre_event& event, const sdk::State& state) override {
    Recorder::observe(event, state);
    if (event.kind == CADRE_EVENT_BAR) {
      for (cadre_execution_report& report : open_) {
        report.time_ns = event.time_ns;
        ready_.push_back(report);
      }
      open_.clear();
    }
    if (event.kind == CADRE_EVENT_UNIVERSE)
      remap(*static_cast<const cadre_universe_change*>(event.payload), open_);
  }
  cadre_trade_result execute_trade(const cadre_order& order) override {
    constexpr std::int64_t lot_e9 = 1'000'000'000;
    cadre_trade_result result{};
    result.size = sizeof result;
    result.filled_quantity_e9 = order.quantity_e9 / lot_e9 / 2 * lot_e9;
    result.average_price_e9 = result.filled_quantity_e9 == 0 ? 0 : order.decision_price_e9;
    result.status = result.filled_quantity_e9 == 0 ? CADRE_ORDER_NEW : CADRE_ORDER_PARTIALLY_FILLED;
    result.fees_e6 = result.filled_quantity_e9 == 0 ? 0 : 1'500'000;
    cadre_execution_report rest{};
    rest.size = sizeof rest;
    rest.status = CADRE_ORDER_FILLED;
    rest.instrument = order.instrument;
    rest.side = order.side;
    rest.quantity_e9 = order.quantity_e9 - result.filled_quantity_e9;
    rest.price_e9 = order.decision_price_e9 + 10'000'000;
    rest.fees_e6 = 250'000;
    rest.client_id = order.client_id;
    open_.push_back(rest);
    return result;
  }
  bool cancel_order(std::string_view) override { return false; }
  bool query_order(std::string_view, cadre_trade_result&) const override { return false; }
  bool next_report(cadre_execution_report& out) override {
    if (ready_.empty()) return false;
    out = ready_.front();
    ready_.erase(ready_.begin());
    return true;
  }

 private:
  static void remap(const cadre_universe_change& change, std::vector<cadre_execution_report>& reports) {
    std::erase_if(reports, [&](cadre_execution_report& report) {
      const std::int32_t now = change.old_to_new[report.instrument];
      report.instrument = static_cast<std::uint32_t>(now);
      return now == CADRE_GONE;
    });
  }

  std::vector<cadre_execution_report> open_, ready_;
};

constexpr std::uint32_t all = CADRE_EVENT_BAR | CADRE_EVENT_FILL | CADRE_EVENT_OUTCOME |
                              CADRE_EVENT_UNIVERSE | CADRE_EVENT_TIMER | CADRE_EVENT_SIGNAL;
constexpr sdk::AgentEntry agents[] = {
    sdk::agent_entry<Provider>(CADRE_TEXT("recorder.provider"), CADRE_TEXT(CADRE_ROLE_SERVICE_PROVIDER), all),
    sdk::agent_entry<Source>(CADRE_TEXT("recorder.source"), CADRE_TEXT(CADRE_ROLE_SIGNAL_SOURCE), all),
    sdk::agent_entry<Aggregator>(CADRE_TEXT("recorder.aggregator"), CADRE_TEXT(CADRE_ROLE_SIGNAL_AGGREGATOR),
                                 all),
    sdk::agent_entry<Sizer>(CADRE_TEXT("recorder.sizer"), CADRE_TEXT(CADRE_ROLE_POSITION_SIZER), all),
    sdk::agent_entry<Optimizer>(CADRE_TEXT("recorder.optimizer"), CADRE_TEXT(CADRE_ROLE_PORTFOLIO_OPTIMIZER),
                                all),
    sdk::agent_entry<Risk>(CADRE_TEXT("recorder.risk"), CADRE_TEXT(CADRE_ROLE_RISK_MANAGER), all),
    sdk::agent_entry<Correlation>(CADRE_TEXT("recorder.correlation"),
                                  CADRE_TEXT(CADRE_ROLE_CORRELATION_ADJUSTER), all),
    sdk::agent_entry<Adjuster>(CADRE_TEXT("recorder.adjuster"), CADRE_TEXT(CADRE_ROLE_TRADE_ADJUSTER), all),
    sdk::agent_entry<Rules>(CADRE_TEXT("recorder.rules"), CADRE_TEXT(CADRE_ROLE_EXECUTION_RULES), all),
    sdk::agent_entry<Environment>(CADRE_TEXT("recorder.environment"),
                                  CADRE_TEXT(CADRE_ROLE_EXECUTION_ENVIRONMENT), all)};

}  // namespace
}  // namespace cadre::recorder

CADRE_DEFINE_PLUGIN("test.recorder", "1.0.0", cadre::recorder::agents)

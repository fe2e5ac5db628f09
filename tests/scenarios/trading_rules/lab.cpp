#include "tests/scenarios/trading_rules/lab.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <ostream>
#include <random>

#include "host/base/date.hpp"
#include "host/model/bar.hpp"
#include "host/model/order.hpp"

namespace cadre::test {

namespace {

constexpr const char* scenario_text = R"({
  "name": "lab", "scenario": "backtest",
  "book": {"id": "main", "initial_cash": 1000000},
  "data": {"prices": {"file": "prices.csv", "adjustment": "split", "volume": "none", "missing": "refuse",
                      "suspect_move": 10, "instruments": []}},
  "instruments": {"lot": 1},
  "universe": [], "changes": [],
  "pre_trade_checks": {"restricted": []},
  "execution_environment": {"agent": "cadre.simulated_execution",
    "config": {"fill_at": "close", "commission_bp": 2, "half_spread_bp": 2}},
  "chain": {
    "services": [{"name": "covariance", "agent": "cadre.sample_covariance",
                  "config": {"window": 20, "min_observations": 10}}],
    "signal_sources": [{"name": "momentum", "agent": "cadre.momentum", "config": {"lookback": 20, "skip": 2}}],
    "signal_aggregator": {"name": "aggregator", "agent": "cadre.confidence_weighted"},
    "position_sizer": {"name": "sizer", "agent": "cadre.position_sizer",
                       "config": {"max_position_size": 0.3, "min_position_size": 0.01}},
    "risk_managers": [{"name": "risk", "agent": "cadre.risk_manager", "config": {"var_lookback": 20}}],
    "risk_feedback": {"resize_threshold": 0.01},
    "correlation_adjuster": {"name": "correlation", "agent": "cadre.pair_correlation",
                             "config": {"max_correlation": 0.3, "correlation_lookback": 20}},
    "trade_adjusters": [],
    "execution_rules": {"name": "rules", "agent": "cadre.execution_rules",
                        "config": {"default_order_type": "MARKET"}},
    "constraints": {"long_only": true, "max_gross_exposure": 0.98}
  }
})";

std::string number(double value, int digits) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return text.data();
}

}  // namespace

void PrintTo(const Order& order, std::ostream* out) {
  *out << order.date << ' ' << order.id << ' ' << order.instrument << ' ' << order.quantity;
}

std::vector<std::int32_t> weekdays(std::size_t count) {
  std::vector<std::int32_t> dates;
  for (std::int64_t day = base::days_since_epoch(20200102); dates.size() < count; ++day) {
    if ((day + 3) % 7 < 5) dates.push_back(base::date_of_days(day));  // day 0 was a Thursday
  }
  return dates;
}

Market random_market(unsigned seed, std::size_t instruments, std::size_t rows) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal(0.0005, 0.015);
  Market market;
  for (std::size_t i = 0; i < instruments; ++i)
    market.instruments.push_back("A" + std::to_string(i));
  market.dates = weekdays(rows);
  std::vector<double> price(instruments);
  for (double& p : price)
    p = 20 + static_cast<double>(random() % 100);
  for (std::size_t row = 0; row < rows; ++row) {
    const double common = normal(random);
    for (double& p : price)
      p = std::round(p * (1 + common + normal(random)) * 100) / 100;
    market.close.push_back(price);
  }
  return market;
}

Market market_of(std::vector<std::string> instruments, std::vector<std::vector<double>> closes) {
  Market market;
  market.instruments = std::move(instruments);
  market.dates = weekdays(closes.size());
  market.close = std::move(closes);
  return market;
}

void Market::keep_rows(std::size_t count) {
  dates.resize(count);
  for (auto* matrix : {&close, &open, &high, &low, &volume}) {
    if (!matrix->empty()) matrix->resize(count);
  }
}

std::string Market::csv() const {
  std::string text = open.empty() ? "date" : "date,symbol,open,high,low,close,volume\n";
  if (open.empty()) {
    for (const std::string& id : instruments)
      text += "," + id;
    text += "\n";
  }
  for (std::size_t row = 0; row < dates.size(); ++row) {
    if (open.empty()) text += base::format_date(dates[row]);
    for (std::size_t i = 0; i < instruments.size(); ++i) {
      if (open.empty()) {
        text += "," + (close[row][i] == 0 ? std::string() : number(close[row][i], 2));
      } else {
        text += base::format_date(dates[row]) + "," + instruments[i];
        for (const auto* prices : {&open, &high, &low, &close})
          text += "," + (close[row][i] == 0 ? std::string() : number((*prices)[row][i], 2));
        text += "," + number(volume.empty() ? 1'000'000 : volume[row][i], 0) + "\n";
      }
    }
    if (open.empty()) text += "\n";
  }
  return text;
}

std::vector<Order> Trace::orders_until(std::int32_t date) const {
  std::vector<Order> some;
  for (const Order& order : orders) {
    if (order.date <= date) some.push_back(order);
  }
  return some;
}

Trace read_trace(const std::filesystem::path& run) {
  Trace trace;
  auto reader = journal::JournalReader::open(run / "journal");
  EXPECT_TRUE(reader);
  if (!reader) return trace;
  std::vector<std::string> instruments;
  std::int32_t date = 0;
  bool readable = true;
  while (const auto record = reader->next()) {
    base::Decoder from(record->payload);
    const auto take = [&](auto& value) {
      readable = journal::decode(from, value, record->format) && readable;
    };
    switch (record->type) {
      case journal::RecordType::head: {
        journal::HeadRecord head;
        take(head);
        const auto document = base::JsonDocument::parse("head", head.text);
        for (const auto& id : document->root().at("instruments").as_array())
          instruments.emplace_back(id.as_string());
        break;
      }
      case journal::RecordType::bar: {
        model::Bar bar;
        take(bar);
        date = bar.date;
        trace.bars.push_back(date);
        break;
      }
      case journal::RecordType::universe:
        take(trace.universes.emplace_back());
        instruments = trace.universes.back().instruments;
        break;
      case journal::RecordType::revision:
        take(trace.revisions.emplace_back());
        break;
      case journal::RecordType::decision:
        take(trace.decisions.emplace_back());
        break;
      case journal::RecordType::account:
        take(trace.accounts.emplace_back());
        break;
      case journal::RecordType::order: {
        journal::OrderRecord order;
        readable = journal::decode(from, order, record->format) && readable;
        const cadre_order& o = order.order;
        trace.orders.push_back({date, std::string(model::id_text(o.client_id)), instruments[o.instrument],
                                o.quantity_e9 * model::sign_of_side(o.side), o.type, o.limit_price_e9,
                                order.failed_checks});
        break;
      }
      case journal::RecordType::report: {
        journal::ReportRecord report;
        take(report);
        const cadre_execution_report& r = report.report;
        trace.reports.push_back({date, std::string(model::id_text(r.client_id)), instruments[r.instrument],
                                 r.status, r.reason, r.quantity_e9 * model::sign_of_side(r.side), r.price_e9,
                                 r.fees_e6, r.spread_cost_e6});
        trace.positions[instruments[r.instrument]] += trace.reports.back().quantity;
        break;
      }
      default:
        break;
    }
  }
  EXPECT_TRUE(readable);
  EXPECT_TRUE(reader->problems().empty());
  return trace;
}

Lab::Lab(const Market& market, std::vector<config::Override> overrides, const char* scenario)
    : overrides_(std::move(overrides)) {
  write("prices.csv", market.csv());
  write("scenario.json", scenario != nullptr ? scenario : scenario_text);
}

void Lab::write(const std::string& name, const std::string& text) const {
  std::ofstream(folder_.path() / name) << text;
}

backtest::BacktestOptions Lab::options(const std::string& run) const {
  return {path("scenario.json"),
          overrides_,
          {CADRE_BINARY_DIR "/agents", CADRE_BINARY_DIR "/test_agents_scripted"},
          path(run)};
}

Trace Lab::run(const std::string& name) {
  auto outcome = backtest::run_backtest(options(name), {});
  if (!outcome) {
    for (const base::Problem& problem : outcome.problems())
      ADD_FAILURE() << base::to_line(problem);
    return {};
  }
  result_ = outcome->result;
  return read_trace(path(name));
}

std::vector<std::string> Lab::refusal(const std::string& name) {
  const auto outcome = backtest::run_backtest(options(name), {});
  EXPECT_FALSE(outcome);
  EXPECT_FALSE(std::filesystem::exists(path(name)));
  std::vector<std::string> codes;
  for (const base::Problem& problem : outcome.problems()) {
    if (problem.severity == base::Severity::error) codes.push_back(problem.code);
  }
  return codes;
}

std::vector<config::Override> scripted(const std::string& targets) {
  return {
      {"/chain/services", "[]"},
      {"/chain/signal_sources", R"([{"name": "source", "agent": "cadre.identity.signal_source"}])"},
      {"/chain/signal_aggregator", R"({"name": "aggregator", "agent": "cadre.identity.signal_aggregator"})"},
      {"/chain/position_sizer",
       R"({"name": "sizer", "agent": "test.sizer", "config": {"targets": )" + targets + "}}"},
      {"/chain/risk_managers", R"([{"name": "risk", "agent": "cadre.identity.risk_manager"}])"},
      {"/chain/correlation_adjuster",
       R"({"name": "correlation", "agent": "cadre.identity.correlation_adjuster"})"},
      {"/chain/constraints", R"({"max_gross_exposure": 1})"},
      {"/execution_environment/config", R"({"fill_at": "close"})"}};
}

std::vector<config::Override> free_trading(const std::string& targets, const std::string& environment) {
  auto overrides = scripted(targets);
  overrides.push_back({"/book/initial_cash", "100000"});
  overrides.push_back(
      {"/chain/constraints",
       R"({"long_only": false, "max_gross_exposure": 10, "max_net_exposure": 10, "max_weight": 10})"});
  overrides.push_back(
      {"/chain/execution_rules/config", R"({"default_order_type": "MARKET", "price_threshold": 0.9})"});
  overrides.push_back({"/execution_environment/config", environment});
  overrides.push_back({"/instruments/borrow_rate", "0"});
  overrides.push_back({"/instruments/margin_rate", "0"});
  return overrides;
}

int run_program(const std::string& arguments, std::string& output, const std::filesystem::path& errors) {
  output.clear();
  FILE* pipe = popen((CADRE_BINARY_DIR "/bin/cadre " + arguments + " 2>" + errors.string()).c_str(), "r");
  if (pipe == nullptr) return -1;
  std::array<char, 4096> buffer{};
  for (std::size_t got = 0; (got = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    output.append(buffer.data(), got);
  const int status = pclose(pipe);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace cadre::test

// What an agent in a process of its own is shown is what it would be shown in the host's.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <functional>
#include <string_view>

#include "host/base/date.hpp"
#include "host/base/temporary_folder.hpp"
#include "tests/scenarios/isolation/recordings.hpp"
#include "tests/scenarios/trading_rules/lab.hpp"

namespace cadre::test {
namespace {

constexpr std::array<std::string_view, 11> stages = {"provider",  "source", "aggregator", "sizer",
                                                     "optimizer", "risk",   "risk_two",   "correlation",
                                                     "adjuster",  "rules",  "environment"};
constexpr std::size_t bars = 24;

using IsIsolated = std::function<bool(std::string_view stage)>;

/// A market in EUR with open, high, low and volume, and holes; signals from outside; a universe that loses an
/// instrument and gets another one; a sizer that is replaced. Every run writes one recording per stage.
class IsolatedState : public testing::Test {
 protected:
  IsolatedState() : dates_(weekdays(bars)) {
    write("prices.csv", prices());
    write("signals.csv", signals());
  }

  std::filesystem::path recording(const std::string& run, std::string_view stage) const {
    return folder_.path() / (run + "." + std::string(stage));
  }

  Trace run(const std::string& name, const IsIsolated& isolated, const std::string& word = "process") {
    word_ = word;
    write(name + ".json", scenario(name, isolated));
    const std::string file = (folder_.path() / name).string();
    std::string output;
    const int code = run_program("--agents " CADRE_BINARY_DIR "/agents --agents " CADRE_BINARY_DIR
                                 "/test_agents_recorder backtest " +
                                     file + ".json --out " + file + ".run",
                                 output, file + ".errors");
    sort_recordings(file + ".errors");
    EXPECT_EQ(code, 0) << name << ": " << output << std::ifstream(file + ".errors").rdbuf();
    return code == 0 ? read_trace(folder_.path() / (name + ".run")) : Trace{};
  }

  /// The hash of all orders, by the run's own page of figures.
  std::string order_hash(const std::string& name) const {
    std::ifstream file(folder_.path() / (name + ".run") / "result.json");
    const std::string text(std::istreambuf_iterator<char>(file), {});
    const std::size_t at = text.find("\"order_hash\"");
    return at == std::string::npos ? std::string() : text.substr(at, text.find(',', at) - at);
  }

  void expect_same_recordings(const std::string& run) const {
    for (const std::string_view stage : stages)
      EXPECT_EQ(first_difference(recording("here", stage), recording(run, stage)), "")
          << "stage " << stage << ", run " << run;
  }

  std::vector<std::int32_t> dates_;

 private:
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_.path() / name) << text;
  }
  std::string quoted(std::size_t row) const { return "\"" + base::format_date(dates_[row]) + "\""; }

  std::string prices() const {
    constexpr std::array<const char*, 4> ids = {"AA", "BB", "CC", "DD"};
    std::string text = "date,symbol,open,high,low,close,volume\n";
    for (std::size_t row = 0; row < bars; ++row) {
      for (std::size_t i = 0; i < ids.size(); ++i) {
        if (i == 2 && (row == 5 || row == 6 || row == 16)) continue;
        if (i == 3 && row == 11) continue;
        // Cents, so that no price is between two ticks.
        const std::size_t close = 2000 + 1000 * i + (37 * row + 53 * i) % 90;
        const auto price = [](std::size_t cents) {
          return std::to_string(cents / 100) + (cents % 100 < 10 ? ".0" : ".") + std::to_string(cents % 100);
        };
        text += base::format_date(dates_[row]) + "," + ids[i] + "," + price(close - 11) + "," +
                price(close + 23) + "," + price(close - 31) + "," + price(close) + "," +
                std::to_string(900000 + 1000 * row + i) + "\n";
      }
    }
    return text;
  }

  std::string signals() const {
    std::string text = "time,strategy,instrument,direction,strength,confidence,horizon_days\n";
    for (const std::size_t row : {2u, 7u, 9u, 13u, 20u}) {
      for (const char* id : {"BB", "CC"})
        text += base::format_date(dates_[row]) + ",outside," + id + ",-1,0.1,0.3,2.5\n";
    }
    return text;
  }

  std::string instance(const std::string& run, std::string_view stage, std::string_view agent,
                       const IsIsolated& isolated, const char* scale) const {
    return "{\"name\": \"" + std::string(stage) + "\", \"agent\": \"recorder." + std::string(agent) +
           "\", \"isolation\": \"" + (isolated(stage) ? word_ : "none") +
           "\", \"config\": " + settings(run, stage, scale) + "}";
  }
  std::string settings(const std::string& run, std::string_view stage, const char* scale) const {
    return "{\"file\": \"" + recording(run, stage).string() + "\", \"scale\": " + scale + "}";
  }

  std::string scenario(const std::string& run, const IsIsolated& isolated) const {
    const auto stage = [&](std::string_view name, std::string_view agent, const char* scale = "1") {
      return instance(run, name, agent, isolated, scale);
    };
    std::string environment = stage("environment", "environment");
    environment.replace(0, environment.find("\"agent\""), "{");  // it has no name
    return R"({"name": "isolation", "scenario": "backtest",
      "book": {"id": "euros", "currency": "EUR", "initial_cash": 1000000},
      "data": {"prices": {"file": "prices.csv", "adjustment": "split", "volume": "shares", "missing": "leave",
                          "suspect_move": 10},
               "signals": {"file": "signals.csv"}, "periods_per_year": 250},
      "instruments": {"lot": 1, "currency": "EUR", "groups": {"AA": "tech", "CC": "health care"}},
      "universe": [{"from": )" +
           quoted(0) + R"(, "instruments": ["AA", "BB", "CC"]}, {"from": )" + quoted(12) +
           R"(, "instruments": ["BB", "CC", "DD"]}, {"from": )" + quoted(19) +
           R"(, "instruments": ["AA", "BB", "CC", "DD"]}],
      "changes": [{"at": )" +
           quoted(15) + R"(, "set": {"/chain/position_sizer/config": )" + settings(run, "sizer", "0.8") +
           R"(}}],
      "execution_environment": )" +
           environment + R"(,
      "chain": {"services": [)" +
           stage("provider", "provider") + "], \"signal_sources\": [" + stage("source", "source") +
           "], \"signal_aggregator\": " + stage("aggregator", "aggregator") +
           ", \"position_sizer\": " + stage("sizer", "sizer") +
           ", \"portfolio_optimizer\": " + stage("optimizer", "optimizer") + ", \"risk_managers\": [" +
           stage("risk", "risk", "0.4") + "," + stage("risk_two", "risk", "0.3") +
           "], \"correlation_adjuster\": " + stage("correlation", "correlation") +
           ", \"trade_adjusters\": [" + stage("adjuster", "adjuster") +
           "], \"execution_rules\": " + stage("rules", "rules") +
           R"(, "constraints": {"long_only": true, "max_gross_exposure": 0.95}}})";
  }

  base::TemporaryFolder folder_;
  std::string word_;  ///< for stages that are isolated
};

TEST_F(IsolatedState, is_the_state_that_is_shown_in_the_process) {
  const Trace here = run("here", [](std::string_view) { return false; });
  const Trace there = run("there", [](std::string_view) { return true; });
  expect_same_recordings("there");
  EXPECT_FALSE(here.orders.empty());
  EXPECT_EQ(here.orders, there.orders);
  EXPECT_NE(order_hash("here"), "");
  EXPECT_EQ(order_hash("here"), order_hash("there"));
}

TEST_F(IsolatedState, is_the_same_when_each_agent_has_a_process_of_its_own) {
  run("here", [](std::string_view) { return false; });
  run(
      "alone", [](std::string_view) { return true; }, "process_alone");
  expect_same_recordings("alone");
  EXPECT_EQ(order_hash("here"), order_hash("alone"));
}

TEST_F(IsolatedState, is_the_same_when_only_some_agents_are_isolated) {
  run("here", [](std::string_view) { return false; });
  run("readers", [](std::string_view stage) { return stage != "provider"; });
  run("provider", [](std::string_view stage) { return stage == "provider"; });
  run("one_reader", [](std::string_view stage) { return stage == "adjuster"; });
  for (const char* other : {"readers", "provider", "one_reader"}) {
    expect_same_recordings(other);
    EXPECT_EQ(order_hash("here"), order_hash(other)) << other;
  }
}

TEST_F(IsolatedState, decisions_give_the_same_targets_with_the_same_reasons) {
  const Trace here = run("here", [](std::string_view) { return false; });
  const Trace there = run("there", [](std::string_view) { return true; });
  ASSERT_EQ(here.decisions.size(), there.decisions.size());
  for (std::size_t d = 0; d < here.decisions.size(); ++d) {
    const auto& a = here.decisions[d].stages;
    const auto& b = there.decisions[d].stages;
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t s = 0; s < a.size(); ++s) {
      EXPECT_EQ(a[s].target, b[s].target) << here.decisions[d].date << ", stage " << s;
      for (std::size_t i = 0; i < a[s].reasons.size(); ++i)
        EXPECT_EQ(a[s].reasons[i].code, b[s].reasons[i].code)
            << here.decisions[d].date << ", stage " << s << ", instrument " << i;
    }
  }
}

// What the others compare is worth something only when there was something to see.
TEST_F(IsolatedState, is_recorded_for_every_call_and_every_event) {
  run("here", [](std::string_view) { return false; });
  constexpr std::pair<std::string_view, const char*> deciding[] = {{"provider", "publish"},
                                                                   {"source", "generate_signals"},
                                                                   {"aggregator", "aggregate_signals"},
                                                                   {"sizer", "propose_trades"},
                                                                   {"optimizer", "optimize_targets"},
                                                                   {"risk", "analyze_risk"},
                                                                   {"risk", "adjust_trades"},
                                                                   {"correlation", "analyze_correlations"},
                                                                   {"correlation", "adjust_trades"},
                                                                   {"adjuster", "adjust_trades"},
                                                                   {"rules", "apply_rules"}};
  for (const auto& [stage, call] : deciding)
    EXPECT_GT(calls(recording("here", stage), call), 5u) << stage << ' ' << call;
  for (const std::string_view stage : stages) {
    for (const char* kind : {"1", "2", "8", "32"})
      EXPECT_TRUE(has_line(recording("here", stage), std::string("event.kind ") + kind)) << stage << kind;
  }
  const std::filesystem::path rules = recording("here", "rules");
  for (const char* line : {"currency 3 bytes: EUR", "instruments[0].group 4 bytes: tech", "close.valid[2] 0",
                           "service_count 3", "services[2].matrix.values NULL", "risk.limit_count 2",
                           "correlation.pair_count 1", "bars.returns.rows 3", "sessions.volumes.rows 2"})
    EXPECT_TRUE(has_line(rules, line)) << line;
  EXPECT_TRUE(has_line(recording("here", "risk"), "report.acceptable 2"));
}

TEST(IsolatedConfiguration, gives_the_warnings_that_it_gives_in_the_process) {
  std::array<std::string, 2> warnings;
  for (const bool isolated : {false, true}) {
    const Lab lab(random_market(1, 3, 30));
    const std::string managers =
        std::string(R"([{"name": "risk", "agent": "cadre.risk_manager", "isolation": ")") +
        (isolated ? "process" : "none") + R"(", "config": {"var_limit": 0.9}}])";
    std::string output;
    run_program("--agents " CADRE_BINARY_DIR "/agents backtest " + lab.path("scenario.json").string() +
                    " --set '/chain/risk_managers=" + managers + "' --out " + lab.path("run").string() +
                    " 2>&1 | cat",
                output);
    const std::size_t at = output.find("var_limit 0.9 hardly ever binds");
    ASSERT_NE(at, std::string::npos) << (isolated ? "isolated: " : "in the process: ") << output;
    warnings[isolated] = output.substr(at, output.find('\n', at) - at);
  }
  EXPECT_EQ(warnings[0], warnings[1]);
}

}  // namespace
}  // namespace cadre::test

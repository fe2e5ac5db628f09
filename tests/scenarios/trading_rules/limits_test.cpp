// Limits let a book trade: what the demo sends, and how it ends against its limits.

#include <gtest/gtest.h>

#include <map>

#include "host/backtest/replay.hpp"
#include "tests/scenarios/trading_rules/lab.hpp"

namespace cadre::test {
namespace {

struct Counts {
  std::size_t decisions = 0, bound = 0, above = 0, orders = 0, refused = 0;
};

/// Of the demo with the change of one setting.
Counts count(const std::vector<config::Override>& overrides) {
  const base::TemporaryFolder folder;
  backtest::BacktestOptions options;
  options.config = CADRE_SOURCE_DIR "/manifests/scenarios/demo.json";
  options.agent_folders = {CADRE_BINARY_DIR "/agents"};
  options.overrides = overrides;
  options.out = folder.path() / "run";
  const auto outcome = backtest::run_backtest(options, {});
  EXPECT_TRUE(outcome);
  Counts counts;
  if (!outcome) return counts;
  const Trace trace = read_trace(options.out);
  counts.orders = trace.orders.size();
  for (const Order& order : trace.orders)
    counts.refused += !order.failed.empty();
  for (const journal::DecisionRecord& decision : trace.decisions) {
    ++counts.decisions;
    counts.bound += decision.cut_factor != 1;
    bool above = false;
    for (const cadre_limit_use& use : decision.limits)
      above = above || use.value > use.limit * (1 + 1e-6);
    counts.above += above;
  }
  return counts;
}

// With every name that the loop touched exempt from the threshold it sent 19,862, and the last check scaled
// purchases in 641 of its 2,275 decisions.
TEST(DemoLimits, purchases_are_hardly_ever_cut_and_small_resizes_are_not_traded) {
  const Counts counts = count({});
  EXPECT_EQ(counts.decisions, 2275u);
  EXPECT_LE(counts.orders, 19862u / 2);
  EXPECT_GT(counts.orders, 5000u);
  EXPECT_LT(counts.bound, 100u);
  EXPECT_EQ(counts.above, 0u);  // hard limits, of what is held once all is filled
  EXPECT_EQ(counts.refused, 0u);
}

TEST(DemoLimits, soft_ones_bind_as_rarely_and_let_the_book_go_back_by_steps) {
  const Counts counts = count({{"/chain/risk_managers/0/config/limit_type", "\"soft\""}});
  EXPECT_LE(counts.orders, 19862u / 2);
  EXPECT_LT(counts.bound, 100u);
  EXPECT_GT(counts.above, 0u);
  EXPECT_EQ(counts.refused, 0u);
}

// Days 3 and 4 are closed for increases: what was bought the evening before is not filled in them.
TEST(NoTradeWindow, fills_no_order_of_before_that_increases_and_lets_reductions_through) {
  const Market market =
      market_of({"AA", "BB"}, {{10, 10}, {10, 10}, {10, 10}, {10, 10}, {10, 10}, {10, 10}, {10, 10}});
  for (const char* time_in_force : {"DAY", "GTC"}) {
    auto overrides = free_trading("[[0, 0.4], [0.5, 0.4], [0.5, 0.1]]");
    overrides.push_back(
        {"/pre_trade_checks/no_trade_windows", R"([{"from": "2020-01-06", "to": "2020-01-07"}])"});
    overrides.push_back(
        {"/chain/execution_rules/config/time_in_force", '"' + std::string(time_in_force) + '"'});
    Lab lab(market, overrides);
    const Trace trace = lab.run();
    std::map<std::int32_t, std::map<std::string, std::int64_t>> filled;
    for (const Report& report : trace.reports) {
      if (report.quantity != 0) filled[report.date][report.instrument] += report.quantity / 1'000'000'000;
    }
    using Units = std::map<std::string, std::int64_t>;
    EXPECT_EQ(filled[market.dates[1]], (Units{{"BB", 4'000}}));
    EXPECT_EQ(filled[market.dates[2]], Units{}) << time_in_force;
    EXPECT_EQ(filled[market.dates[3]], (Units{{"BB", -3'000}}));
    EXPECT_EQ(filled[market.dates[4]], Units{});
    EXPECT_EQ(filled[market.dates[5]], (Units{{"AA", 5'000}}));
    const auto replayed = backtest::replay_run({lab.path("run"), {}, {}}, {});
    ASSERT_TRUE(replayed);
    EXPECT_TRUE(replayed->identical) << replayed->first_difference;
  }
}

}  // namespace
}  // namespace cadre::test

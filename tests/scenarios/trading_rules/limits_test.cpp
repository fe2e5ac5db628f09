// Limits let a book trade: what the demo sends, and how it ends against its limits.

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace cadre::test

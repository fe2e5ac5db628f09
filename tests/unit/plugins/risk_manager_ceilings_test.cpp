#include <cmath>
#include <random>

#include "tests/unit/plugins/risk_manager_books.hpp"

namespace cadre::test {
namespace {

using namespace risk;  // NOLINT(google-build-using-namespace): the books of these tests

constexpr const char* soft =
    R"("max_portfolio_risk": 0.15, "limit_type": "soft", "risk_adjustment_speed": 0.1)";

double volatility(const AgentUnderTest& test, const FakeState& state, const Numbers& weight) {
  Report report(2);
  EXPECT_EQ(analyze(test, state, weight, report), CADRE_OK);
  return report.raw.volatility;
}

TEST(RiskManager, of_a_soft_limit_a_share_of_the_excess_that_is_held_goes_per_decision) {
  AgentUnderTest test(plugin, id, config(soft));
  FakeState state = two_instruments();
  // A alone has 10 % a year: a weight of 3 is a book at 30 %, which is wanted for ever.
  Numbers held{3.0, 0.0};
  for (const double expected : {0.285, 0.2715, 0.25935}) {
    state.weight(held);
    Report report(2);
    TestTargets targets({3.0, 0.0});
    ASSERT_EQ(analyze(test, state, targets.weight, report), CADRE_OK);
    EXPECT_EQ(report.limits[0].flags, 0U);
    EXPECT_EQ(report.raw.adjustment_speed, 0.1);
    ASSERT_EQ(adjust(test, state, report, targets), CADRE_OK);
    EXPECT_NEAR(volatility(test, state, targets.weight), expected, 1e-9);
    held = targets.weight;
  }
}

TEST(RiskManager, a_soft_limit_tolerates_nothing_that_is_not_held) {
  AgentUnderTest test(plugin, id, config(soft));
  FakeState state = two_instruments();
  Report report(2);
  TestTargets targets({3.0, 0.0});
  ASSERT_EQ(adjust(test, state, report, targets), CADRE_OK);
  EXPECT_NEAR(targets.weight[0], 1.5, 1e-9);
}

TEST(RiskManager, a_hard_limit_names_no_speed_and_tolerates_no_excess) {
  AgentUnderTest test(plugin, id, config(R"("max_portfolio_risk": 0.15, "risk_adjustment_speed": 0.1)"));
  FakeState state = two_instruments();
  state.weight({3.0, 0.0});
  Report report(2);
  TestTargets targets({3.0, 0.0});
  ASSERT_EQ(analyze(test, state, targets.weight, report), CADRE_OK);
  EXPECT_EQ(report.raw.adjustment_speed, 0.0);
  ASSERT_EQ(adjust(test, state, report, targets), CADRE_OK);
  EXPECT_NEAR(targets.weight[0], 1.5, 1e-9);
}

TEST(RiskManager, a_host_whose_report_has_no_room_for_the_speed_gets_none) {
  AgentUnderTest test(plugin, id, config(soft));
  Report report(2);
  report.raw.size = CADRE_RISK_REPORT_SIZE_MIN;
  ASSERT_EQ(analyze(test, two_instruments(), {0.1, 0.0}, report), CADRE_OK);
  EXPECT_EQ(report.raw.adjustment_speed, 0.0);
}

TEST(RiskManager, soft_ceilings_of_single_positions_are_those_of_what_is_held_of_them) {
  AgentUnderTest test(
      plugin, id, config(R"("max_position_risk": 0.05, "position_risk": "standalone", "limit_type": "soft",
                                "risk_adjustment_speed": 0.1)"));
  FakeState state = two_instruments();
  state.weight({1.0, 0.1});  // 10 % and 2 %
  Report report(2);
  TestTargets targets({1.0, -0.5});
  ASSERT_EQ(adjust(test, state, report, targets), CADRE_OK);
  EXPECT_NEAR(targets.weight[0], 0.95, 1e-9);   // 10 % less a tenth of 5 %
  EXPECT_NEAR(targets.weight[1], -0.25, 1e-9);  // the limit: it was inside
}

TEST(RiskManager, cuts_end_at_or_below_every_ceiling_over_thousands_of_random_books) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto uniform = [&](double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
  };
  AgentUnderTest soft_one(
      plugin, id,
      R"({"max_portfolio_risk": 0.1, "max_position_risk": 0.06, "position_risk": "standalone",
                              "var_limit": 0.05, "var_lookback": 20, "var_confidence": 0.9, "limit_type": "soft",
                              "risk_adjustment_speed": 0.3})");
  AgentUnderTest hard_one(
      plugin, id,
      R"({"max_portfolio_risk": 0.1, "max_position_risk": 0.06, "position_risk": "standalone",
                              "var_limit": 0.05, "var_lookback": 20, "var_confidence": 0.9})");
  FakeState state = two_instruments();
  for (int round = 0; round < 3000; ++round) {
    const Numbers held{uniform(-2, 2), uniform(-2, 2)};
    const Numbers wanted{uniform(-2, 2), uniform(-2, 2)};
    state.weight(held);
    Report now(2), asked(2), after(2);
    ASSERT_EQ(analyze(soft_one, state, held, now), CADRE_OK);
    ASSERT_EQ(analyze(soft_one, state, wanted, asked), CADRE_OK);
    TestTargets targets(wanted), strict(wanted);
    ASSERT_EQ(adjust(soft_one, state, asked, targets), CADRE_OK);
    ASSERT_EQ(adjust(hard_one, state, asked, strict), CADRE_OK);
    ASSERT_EQ(analyze(soft_one, state, targets.weight, after), CADRE_OK);
    const auto ceiling = [](double limit, double held_now) {
      return std::max(limit, held_now - 0.3 * (held_now - limit)) * (1 + 1e-9);
    };
    EXPECT_LE(after.raw.volatility, ceiling(0.1, now.raw.volatility));
    EXPECT_LE(after.raw.value_at_risk, ceiling(0.05, now.raw.value_at_risk));
    const double sigma[] = {0.1, 0.2};
    for (std::size_t i = 0; i < 2; ++i) {
      EXPECT_LE(std::fabs(targets.weight[i]) * sigma[i], ceiling(0.06, std::fabs(held[i]) * sigma[i]));
      EXPECT_LE(std::fabs(targets.weight[i]), std::fabs(wanted[i]));
    }
    Report hard_after(2);
    ASSERT_EQ(analyze(hard_one, state, strict.weight, hard_after), CADRE_OK);
    EXPECT_EQ(hard_after.raw.acceptable, std::uint32_t{CADRE_ACCEPTABLE});
  }
}

}  // namespace
}  // namespace cadre::test

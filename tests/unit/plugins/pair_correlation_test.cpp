#include <cmath>

#include "tests/unit/plugins/agent_under_test.hpp"

namespace cadre::test {
namespace {

constexpr const char* plugin = "pair_correlation";
constexpr const char* id = "cadre.pair_correlation";

struct Report {
  explicit Report(std::uint32_t capacity = 8) : pairs(capacity) {
    raw.size = sizeof raw;
    raw.pairs = pairs.data();
    raw.pair_capacity = capacity;
  }
  std::vector<cadre_pair> pairs;
  cadre_correlation_report raw{};
};

cadre_status analyze(const AgentUnderTest& test, const FakeState& state, const Numbers& weight,
                     Report& report) {
  return test.agent.table<cadre_correlation_adjuster>().analyze_correlations(test.agent.self(), &state.raw(),
                                                                             weight.data(), &report.raw);
}
cadre_status adjust(const AgentUnderTest& test, const FakeState& state, TestTargets& targets) {
  const Report report(0);
  return test.agent.table<cadre_correlation_adjuster>().adjust_trades(test.agent.self(), &state.raw(),
                                                                      &report.raw, targets.raw());
}

// Volatilities 1 %, 2 %, 1 %; rho(A,B) = ab, rho(A,C) = 0.1, rho(B,C) = 0.75.
FakeState correlated(double ab) {
  FakeState state({"A", "B", "C"});
  state.service("cadre.covariance/1", {{1e-4, 0, 0}, {ab * 2e-4, 4e-4, 0}, {0.1e-4, 0.75 * 2e-4, 1e-4}});
  return state;
}

TEST(PairCorrelation, cuts_both_of_a_pair_by_the_smallest_factor) {
  AgentUnderTest test(plugin, id);
  const FakeState state = correlated(0.85);
  TestTargets targets({0.1, 0.1, 0.1});
  ASSERT_EQ(adjust(test, state, targets), CADRE_OK);
  // A and B: 1 - 0.5 * 0.15 / 0.3 = 0.75; B and C: 1 - 0.5 * 0.05 / 0.3 = 11/12.
  EXPECT_NEAR(targets.weight[0], 0.075, 1e-15);
  EXPECT_NEAR(targets.weight[1], 0.075, 1e-15);
  EXPECT_NEAR(targets.weight[2], 0.1 * 11 / 12, 1e-15);
  EXPECT_EQ(targets.reasons[0].code, CADRE_REASON_CORRELATION);
  EXPECT_NEAR(targets.reasons[0].value, 0.75, 1e-12);
}

TEST(PairCorrelation, a_hedge_and_a_tiny_position_are_left_alone) {
  AgentUnderTest test(plugin, id);
  const FakeState state = correlated(0.85);
  TestTargets targets({0.1, -0.1, 0.005});
  ASSERT_EQ(adjust(test, state, targets), CADRE_OK);
  EXPECT_THAT(targets.weight, ::testing::ElementsAre(0.1, -0.1, 0.005));
  EXPECT_EQ(targets.reasons[1].code, 0U);
}

TEST(PairCorrelation, reports_the_pairs_it_finds) {
  AgentUnderTest test(plugin, id);
  const FakeState state = correlated(0.85);
  Report report;
  ASSERT_EQ(analyze(test, state, {0.1, 0.1, 0.1}, report), CADRE_OK);
  EXPECT_EQ(report.raw.acceptable, std::uint32_t{CADRE_NOT_ACCEPTABLE});
  EXPECT_NEAR(report.raw.highest_correlation, 0.85, 1e-12);
  EXPECT_NEAR(report.raw.mean_correlation, (0.85 + 0.1 + 0.75) / 3, 1e-12);
  ASSERT_EQ(report.raw.pair_count, 2U);
  EXPECT_EQ(report.pairs[1].first, 1U);
  EXPECT_EQ(report.pairs[1].second, 2U);
  EXPECT_NEAR(report.pairs[1].correlation, 0.75, 1e-12);

  Report room_for_one(1);
  ASSERT_EQ(analyze(test, state, {0.1, 0.1, 0.1}, room_for_one), CADRE_OK);
  EXPECT_EQ(room_for_one.raw.pair_count, 2U);
  EXPECT_EQ(room_for_one.pairs[0].second, 1U);
}

TEST(PairCorrelation, one_position_has_no_correlation) {
  AgentUnderTest test(plugin, id);
  Report report;
  ASSERT_EQ(analyze(test, correlated(0.85), {0.1, 0, 0}, report), CADRE_OK);
  EXPECT_EQ(report.raw.acceptable, std::uint32_t{CADRE_ACCEPTABLE});
  EXPECT_TRUE(std::isnan(report.raw.mean_correlation));
}

TEST(PairCorrelation, an_instrument_without_covariance_is_in_no_pair) {
  AgentUnderTest test(plugin, id);
  FakeState state({"A", "B"});
  state.service("cadre.covariance/1", {{1e-4, 0}, {missing, missing}});
  TestTargets targets({0.1, 0.1});
  ASSERT_EQ(adjust(test, state, targets), CADRE_OK);
  EXPECT_THAT(targets.weight, ::testing::Each(0.1));
}

TEST(PairCorrelation, refuses_a_covariance_that_is_missing_or_of_another_lookback) {
  AgentUnderTest test(plugin, id);
  FakeState state({"A"});
  TestTargets targets({0.1});
  EXPECT_EQ(adjust(test, state, targets), CADRE_REJECTED);
  state.service("cadre.covariance/1", {{1e-4}}, 100);
  EXPECT_EQ(adjust(test, state, targets), CADRE_REJECTED);
  EXPECT_THAT(test.said(), ::testing::HasSubstr("/correlation_lookback"));
  AgentUnderTest any(plugin, id, R"({"correlation_lookback": 0})");
  EXPECT_EQ(adjust(any, state, targets), CADRE_OK);
}

double weight_after(const AgentUnderTest& test, const FakeState& state) {
  TestTargets targets({0.1, 0.1, 0.0});
  EXPECT_EQ(adjust(test, state, targets), CADRE_OK);
  return targets.weight[0];
}

// Four periods of three instruments whose sample correlation of A and B is `ab` exactly, up to rounding.
FakeState with_returns(std::vector<std::string> ids, double ab, std::int32_t date) {
  const double rest = std::sqrt(1.0 - ab * ab);
  FakeState state(std::move(ids));
  state.at(0, date).returns({{0.01, 0.02 * (ab + rest), 0.01},
                             {0.01, 0.02 * (ab - rest), -0.01},
                             {-0.01, 0.02 * (-ab + rest), -0.01},
                             {-0.01, 0.02 * (-ab - rest), 0.01}});
  return state;
}
FakeState with_returns(double ab, std::int32_t date) {
  return with_returns({"A", "B", "C"}, ab, date);
}

constexpr const char* weekly = R"({"update_frequency": "weekly", "correlation_lookback": 4})";
constexpr const char* monthly = R"({"update_frequency": "monthly", "correlation_lookback": 4})";

TEST(PairCorrelation, weekly_keeps_the_correlation_of_the_first_session_of_the_week) {
  AgentUnderTest test(plugin, id, weekly);
  EXPECT_EQ(test.agent.requirements().sessions.returns, 4U);
  const FakeState friday = with_returns(0.85, 19991231);
  ASSERT_EQ(test.agent.observe_bar(friday), CADRE_OK);
  EXPECT_NEAR(weight_after(test, friday), 0.075, 1e-12);
  const FakeState monday = with_returns(1.0, 20000103);
  ASSERT_EQ(test.agent.observe_bar(monday), CADRE_OK);
  EXPECT_NEAR(weight_after(test, monday), 0.05, 1e-12);
  const FakeState tuesday = with_returns(0.2, 20000104);
  ASSERT_EQ(test.agent.observe_bar(tuesday), CADRE_OK);
  EXPECT_NEAR(weight_after(test, tuesday), 0.05, 1e-12);
}

TEST(PairCorrelation, monthly_changes_with_the_month_only) {
  AgentUnderTest test(plugin, id, monthly);
  test.agent.observe_bar(with_returns(0.85, 20000128));
  const FakeState last = with_returns(1.0, 20000131);
  test.agent.observe_bar(last);
  EXPECT_NEAR(weight_after(test, last), 0.075, 1e-12);
  const FakeState first = with_returns(1.0, 20000201);
  test.agent.observe_bar(first);
  EXPECT_NEAR(weight_after(test, first), 0.05, 1e-12);
}

TEST(PairCorrelation, an_update_waits_for_its_history_and_leaves_out_instruments_with_holes) {
  AgentUnderTest test(plugin, id, weekly);
  FakeState young = with_returns(0.85, 20000103);
  young.returns({{0.01, 0.02, 0.01}});
  test.agent.observe_bar(young);
  TestTargets targets({0.1, 0.1, 0.0});
  EXPECT_EQ(adjust(test, young, targets), CADRE_REJECTED);
  test.agent.observe_bar(with_returns(0.85, 20000104));
  EXPECT_NEAR(weight_after(test, young), 0.075, 1e-12);
  FakeState holes = with_returns(1.0, 20000110);
  holes.returns({{0.01, 0.02, 0.01}, {missing, -0.02, 0.01}, {0.01, 0.02, 0.01}, {0.01, 0.02, 0.01}});
  test.agent.observe_bar(holes);
  EXPECT_EQ(weight_after(test, holes), 0.1);
}

TEST(PairCorrelation, what_it_keeps_follows_the_universe) {
  AgentUnderTest test(plugin, id, monthly);
  test.agent.observe_bar(with_returns(0.85, 20000103));
  FakeState next({"C", "NEW", "B", "A"});
  next.epoch(2);
  ASSERT_EQ(test.agent.change_universe(next, {3, 2, 0}), CADRE_OK);
  TestTargets targets({0.0, 0.1, 0.1, 0.1});
  ASSERT_EQ(adjust(test, next, targets), CADRE_OK);
  EXPECT_NEAR(targets.weight[3], 0.075, 1e-12);
  EXPECT_NEAR(targets.weight[2], 0.075, 1e-12);
  EXPECT_EQ(targets.weight[1], 0.1);
}

TEST(PairCorrelation, deciding_changes_nothing_and_saved_state_is_sound) {
  AgentUnderTest test(plugin, id, weekly);
  const FakeState state = with_returns(0.85, 20000103);
  test.agent.observe_bar(state);
  const std::string before = test.agent.save();
  Report report;
  analyze(test, state, {0.1, 0.1, 0.1}, report);
  weight_after(test, state);
  EXPECT_EQ(test.agent.save(), before);
  expect_sound_state(plugin, id, weekly, before, 3);
}

TEST(PairCorrelation, updates_of_its_own_need_a_lookback) {
  AgentUnderTest test(plugin, id, R"({"update_frequency": "weekly", "correlation_lookback": 0})", false);
  EXPECT_EQ(test.status, CADRE_REJECTED);
  EXPECT_THAT(test.agent.refusal(), ::testing::HasSubstr("/correlation_lookback"));
}

}  // namespace
}  // namespace cadre::test

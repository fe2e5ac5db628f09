#include <cmath>
#include <random>

#include "tests/unit/plugins/allocation_count.hpp"
#include "tests/unit/plugins/risk_manager_books.hpp"

namespace cadre::test {
namespace {

using namespace risk;  // NOLINT(google-build-using-namespace): the books of these tests

TEST(RiskManager, figures_equal_those_by_hand) {
  AgentUnderTest test(plugin, id, config(R"("var_confidence": 0.9)"));
  const FakeState state = two_instruments();
  Report report(2);
  ASSERT_EQ(analyze(test, state, {0.4, 0.3}, report), CADRE_OK);
  // w'Sw = 0.16e-4 + 2 * 0.12e-4 + 0.36e-4 = 0.76e-4.
  EXPECT_NEAR(report.raw.volatility, std::sqrt(0.76e-4) * 10, 1e-15);
  EXPECT_NEAR(report.component[0] + report.component[1], report.raw.volatility, 1e-15);
  EXPECT_NEAR(report.component[0], 0.4 * (0.4e-4 + 0.3e-4) / std::sqrt(0.76e-4) * 10, 1e-15);
  // The second worst of 20: 0.4 * 19 %; ES: the mean of the two worst.
  EXPECT_NEAR(report.raw.value_at_risk, 0.4 * 0.19, 1e-15);
  EXPECT_NEAR(report.raw.expected_shortfall, 0.4 * 0.195, 1e-15);
  EXPECT_EQ(report.raw.acceptable, std::uint32_t{CADRE_ACCEPTABLE});
  EXPECT_EQ(report.raw.limit_count, 3U);
}

TEST(RiskManager, a_longer_horizon_scales_by_the_square_root_of_time) {
  AgentUnderTest test(plugin, id, config(R"("var_confidence": 0.9, "var_horizon_days": 4)"));
  Report report(2);
  ASSERT_EQ(analyze(test, two_instruments(), {0.4, 0.3}, report), CADRE_OK);
  EXPECT_NEAR(report.raw.value_at_risk, 2 * 0.4 * 0.19, 1e-15);
}

TEST(RiskManager, normal_var_uses_mean_and_deviation_of_the_same_series) {
  AgentUnderTest test(plugin, id, config(R"("var_method": "normal")"));
  Report report(2);
  ASSERT_EQ(analyze(test, two_instruments(), {1.0, 0.0}, report), CADRE_OK);
  // -1 % to -20 %: mean -10.5 %, squared deviations 665e-4, divisor 19; z(0.05) = -1.6448536.
  EXPECT_NEAR(report.raw.value_at_risk, 0.105 + 1.6448536269514722 * std::sqrt(665e-4 / 19), 1e-12);
}

TEST(RiskManager, volatility_is_cut_to_the_limit_in_one_step) {
  AgentUnderTest test(plugin, id, config(R"("max_portfolio_risk": 0.05)"));
  const FakeState state = two_instruments();
  Report report(2);
  ASSERT_EQ(analyze(test, state, {0.4, 0.3}, report), CADRE_OK);
  EXPECT_EQ(report.raw.acceptable, std::uint32_t{CADRE_NOT_ACCEPTABLE});
  EXPECT_STREQ(report.limits[0].name.text, "portfolio_volatility");
  EXPECT_EQ(report.limits[0].instrument, CADRE_BOOK);
  EXPECT_EQ(report.limits[0].flags, std::uint32_t{CADRE_LIMIT_HARD});
  TestTargets targets({0.4, 0.3});
  ASSERT_EQ(adjust(test, state, report, targets), CADRE_OK);
  const double factor = 0.05 / (std::sqrt(0.76e-4) * 10);
  EXPECT_NEAR(targets.weight[0], 0.4 * factor, 1e-12);
  EXPECT_NEAR(targets.weight[1], 0.3 * factor, 1e-12);
  EXPECT_EQ(targets.reasons[0].code, CADRE_REASON_RISK_LIMIT);
  EXPECT_NEAR(targets.reasons[0].value, factor, 1e-12);
  ASSERT_EQ(analyze(test, state, targets.weight, report), CADRE_OK);
  EXPECT_EQ(report.raw.acceptable, std::uint32_t{CADRE_ACCEPTABLE});
}

TEST(RiskManager, value_at_risk_is_cut_to_the_limit_in_one_step) {
  AgentUnderTest test(plugin, id, config(R"("var_limit": 0.02)"));
  const FakeState state = two_instruments();
  Report report(2);
  ASSERT_EQ(analyze(test, state, {0.4, 0.3}, report), CADRE_OK);
  EXPECT_STREQ(report.limits[0].name.text, "value_at_risk");
  TestTargets targets({0.4, 0.3});
  ASSERT_EQ(adjust(test, state, report, targets), CADRE_OK);
  EXPECT_NEAR(targets.weight[0], 0.4 * 0.02 / 0.08, 1e-12);
  ASSERT_EQ(analyze(test, state, targets.weight, report), CADRE_OK);
  EXPECT_EQ(report.raw.acceptable, std::uint32_t{CADRE_ACCEPTABLE});
}

TEST(RiskManager, single_positions_are_cut_whatever_their_risk_is_measured_by) {
  for (const char* kind : {"component", "standalone"}) {
    AgentUnderTest test(plugin, id,
                        config(R"("max_position_risk": 0.03, "position_risk": ")" + std::string(kind) + '"'));
    const FakeState state = two_instruments();
    Report report(2);
    ASSERT_EQ(analyze(test, state, {0.4, 0.3}, report), CADRE_OK);
    EXPECT_EQ(report.raw.acceptable, std::uint32_t{CADRE_NOT_ACCEPTABLE}) << kind;
    EXPECT_STREQ(report.limits[0].name.text, "position_risk");
    EXPECT_EQ(report.limits[0].instrument, 1U);
    TestTargets targets({0.4, 0.3});
    ASSERT_EQ(adjust(test, state, report, targets), CADRE_OK);
    EXPECT_LE(targets.weight[0], 0.4);
    EXPECT_LT(targets.weight[1], 0.3);
    ASSERT_EQ(analyze(test, state, targets.weight, report), CADRE_OK);
    EXPECT_EQ(report.raw.acceptable, std::uint32_t{CADRE_ACCEPTABLE}) << kind;
  }
}

TEST(RiskManager, standalone_risk_is_weight_times_annual_volatility) {
  AgentUnderTest test(plugin, id, config(R"("max_position_risk": 0.05, "position_risk": "standalone")"));
  const FakeState state = two_instruments();
  TestTargets targets({0.4, -0.3});
  Report report(2);
  ASSERT_EQ(analyze(test, state, targets.weight, report), CADRE_OK);
  ASSERT_EQ(adjust(test, state, report, targets), CADRE_OK);
  EXPECT_EQ(targets.weight[0], 0.4);
  EXPECT_NEAR(targets.weight[1], -0.25, 1e-12);
  EXPECT_EQ(targets.reasons[0].code, 0U);
}

TEST(RiskManager, shares_of_variance_are_cut_where_that_is_possible_and_never_empty_the_book) {
  const FakeState state = two_instruments();
  Report report(2);
  AgentUnderTest possible(plugin, id,
                          config(R"("max_position_risk": 0.6, "position_risk": "share_of_variance")"));
  TestTargets targets({0.4, 0.3});
  ASSERT_EQ(analyze(possible, state, targets.weight, report), CADRE_OK);
  // B: 0.3 * (0.4e-4 + 1.2e-4) / 0.76e-4.
  EXPECT_NEAR(report.limits[0].value, 0.48 / 0.76, 1e-12);
  ASSERT_EQ(adjust(possible, state, report, targets), CADRE_OK);
  EXPECT_EQ(targets.weight[0], 0.4);
  EXPECT_GT(targets.weight[1], 0.25);
  ASSERT_EQ(analyze(possible, state, targets.weight, report), CADRE_OK);
  EXPECT_EQ(report.raw.acceptable, std::uint32_t{CADRE_ACCEPTABLE});

  AgentUnderTest impossible(plugin, id,
                            config(R"("max_position_risk": 0.4, "position_risk": "share_of_variance")"));
  TestTargets left({0.4, 0.3});
  ASSERT_EQ(adjust(impossible, state, report, left), CADRE_OK);
  EXPECT_THAT(left.weight, ::testing::ElementsAre(0.4, 0.3));
  ASSERT_EQ(analyze(impossible, state, left.weight, report), CADRE_OK);
  EXPECT_EQ(report.raw.acceptable, std::uint32_t{CADRE_NOT_ACCEPTABLE});
}

TEST(RiskManager, a_book_inside_its_limits_is_left_alone_to_the_bit) {
  AgentUnderTest test(plugin, id, config(R"("var_confidence": 0.95)"));
  const FakeState state = two_instruments();
  TestTargets targets({0.1, 0.3});
  Report report(2);
  ASSERT_EQ(adjust(test, state, report, targets), CADRE_OK);
  EXPECT_THAT(targets.weight, ::testing::ElementsAre(0.1, 0.3));
  EXPECT_EQ(targets.reasons[1].code, 0U);
}

TEST(RiskManager, what_is_unknown_of_an_instrument_not_held_spoils_nothing) {
  AgentUnderTest test(plugin, id, config(R"("var_confidence": 0.9)"));
  FakeState state({"A", "B"});
  Rows rows = falling_a();
  for (Numbers& row : rows)
    row[1] = missing;
  state.periods_per_year(100).returns(rows);
  state.service("cadre.covariance/1", {{1e-4, missing}, {missing, missing}});
  Report report(2);
  ASSERT_EQ(analyze(test, state, {0.4, 0.0}, report), CADRE_OK);
  EXPECT_NEAR(report.raw.volatility, 0.04, 1e-15);
  EXPECT_NEAR(report.raw.value_at_risk, 0.4 * 0.19, 1e-15);
  EXPECT_EQ(report.component[1], 0.0);
}

TEST(RiskManager, refuses_without_covariance_or_history) {
  AgentUnderTest test(plugin, id, config(R"("var_confidence": 0.9)"));
  FakeState state = two_instruments();
  Report report(2);
  TestTargets targets({0.4, 0.3});
  state.clear_services();
  EXPECT_EQ(analyze(test, state, {0.4, 0.3}, report), CADRE_REJECTED);
  EXPECT_EQ(adjust(test, state, report, targets), CADRE_REJECTED);
  state.service("cadre.covariance/1", {{1e-4, 0}, {0, 4e-4}}, 0);
  EXPECT_EQ(analyze(test, state, {0.4, 0.3}, report), CADRE_REJECTED);
  FakeState young = two_instruments();
  young.returns({{0.01, 0.01}});
  EXPECT_EQ(analyze(test, young, {0.4, 0.3}, report), CADRE_REJECTED);
}

const cadre_limit_use* limit_of(const Report& report, std::string_view name) {
  for (std::uint32_t k = 0; k < report.raw.limit_count; ++k) {
    if (name == report.limits[k].name.text) return &report.limits[k];
  }
  return nullptr;
}

void group(FakeState& state, std::uint32_t i, const char* name) {
  state.instrument(i, 0.01, 1, 1, name);
}

// 20 periods in which nothing moves but on the last day, on which A has no price.
FakeState one_gap() {
  FakeState state({"A", "B", "C", "D"});
  Rows rows(20, Numbers(4, 0.0));
  rows[19] = {missing, 0.02, -0.06, -0.20};
  state.returns(rows);
  state.service("cadre.covariance/1", {{1e-4, 0, 0, 0}, {0, 1e-4, 0, 0}, {0, 0, 1e-4, 0}, {0, 0, 0, 1e-4}});
  return state;
}

TEST(RiskManager, an_absent_return_is_the_mean_of_its_group_or_of_the_market) {
  AgentUnderTest test(plugin, id, config(R"("var_confidence": 0.95)"));
  FakeState state = one_gap();
  Report report(4);
  // Of all: (0.02 - 0.06 - 0.20) / 3 = -0.08.
  ASSERT_EQ(analyze(test, state, {0.5, 0, 0, 0.1}, report), CADRE_OK);
  EXPECT_NEAR(report.raw.value_at_risk, 0.5 * 0.08 + 0.1 * 0.20, 1e-15);
  ASSERT_NE(limit_of(report, "filled_returns"), nullptr);
  EXPECT_EQ(limit_of(report, "filled_returns")->value, 1.0);
  EXPECT_EQ(limit_of(report, "filled_returns")->limit, 40.0);  // of two names on 20 days
  // Of B and C: -0.02.
  group(state, 0, "x");
  group(state, 1, "x");
  group(state, 2, "x");
  group(state, 3, "y");
  ASSERT_EQ(analyze(test, state, {0.5, 0, 0, 0.1}, report), CADRE_OK);
  EXPECT_NEAR(report.raw.value_at_risk, 0.5 * 0.02 + 0.1 * 0.20, 1e-15);
  EXPECT_EQ(report.raw.acceptable, std::uint32_t{CADRE_ACCEPTABLE});
  // Alone in its group: of all again.
  group(state, 0, "z");
  ASSERT_EQ(analyze(test, state, {0.5, 0, 0, 0.1}, report), CADRE_OK);
  EXPECT_NEAR(report.raw.value_at_risk, 0.5 * 0.08 + 0.1 * 0.20, 1e-15);
}

TEST(RiskManager, says_nothing_of_filled_returns_where_none_was_filled) {
  AgentUnderTest test(plugin, id, config(R"("var_confidence": 0.95)"));
  Report report(4);
  ASSERT_EQ(analyze(test, one_gap(), {0, 0.5, 0, 0}, report), CADRE_OK);
  EXPECT_EQ(limit_of(report, "filled_returns"), nullptr);
}

TEST(RiskManager, a_row_in_which_nobody_has_a_return_is_left_out) {
  AgentUnderTest test(plugin, id, config(R"("var_confidence": 0.5)"));
  FakeState state = two_instruments();
  Rows rows = falling_a();
  for (Numbers& row : rows) {
    if (row[0] < -0.185) row = {missing, missing};
  }
  state.returns(rows);
  Report report(2);
  ASSERT_EQ(analyze(test, state, {0.4, 0.3}, report), CADRE_OK);
  // -1 % to -18 % are left, and the ninth lowest of them is -10 %; of twenty it would be the tenth.
  EXPECT_NEAR(report.raw.value_at_risk, 0.4 * 0.10, 1e-15);
}

TEST(RiskManager, refuses_where_nobody_has_a_return_or_a_variance) {
  AgentUnderTest test(plugin, id, config(R"("var_confidence": 0.9)"));
  Report report(2);
  FakeState state = two_instruments();
  state.returns(Rows(20, Numbers(2, missing)));
  EXPECT_EQ(analyze(test, state, {0.4, 0.3}, report), CADRE_REJECTED);
  EXPECT_THAT(test.said(), ::testing::HasSubstr("no instrument has a return"));
  FakeState unknown = two_instruments();
  unknown.clear_services().service("cadre.covariance/1", {{missing, missing}, {missing, missing}});
  EXPECT_EQ(analyze(test, unknown, {0.4, 0.3}, report), CADRE_REJECTED);
  EXPECT_THAT(test.said(), ::testing::HasSubstr("no instrument has a variance"));
}

// Daily volatilities 1 % and 2 %, correlation 0.5, and C, of which nothing is known.
FakeState with_a_young_name() {
  FakeState state({"A", "B", "C"});
  Rows rows = falling_a();
  for (Numbers& row : rows)
    row.push_back(missing);
  state.periods_per_year(100).returns(rows).close({10, 10, 10});
  state.service("cadre.covariance/1",
                {{1e-4, missing, missing}, {1e-4, 4e-4, missing}, {missing, missing, missing}});
  return state;
}

TEST(RiskManager, a_young_name_has_the_mean_variance_and_correlation_of_the_others) {
  AgentUnderTest test(plugin, id, config(R"("var_confidence": 0.9)"));
  FakeState state = with_a_young_name();
  Report report(3);
  ASSERT_EQ(analyze(test, state, {0.2, 0.0, 0.4}, report), CADRE_OK);
  const double sigma = std::sqrt(2.5e-4);
  const double variance = 0.2 * 0.2 * 1e-4 + 0.4 * 0.4 * 2.5e-4 + 2 * 0.2 * 0.4 * 0.5 * 0.01 * sigma;
  EXPECT_NEAR(report.raw.volatility, std::sqrt(variance) * 10, 1e-15);
  // A group of its own kind: B alone.
  group(state, 1, "x");
  group(state, 2, "x");
  ASSERT_EQ(analyze(test, state, {0.0, 0.0, 0.4}, report), CADRE_OK);
  EXPECT_NEAR(report.raw.volatility, 0.4 * 0.02 * 10, 1e-15);
}

TEST(RiskManager, a_young_name_is_taken_out_with_a_reason_and_the_rest_stays) {
  AgentUnderTest test(plugin, id, config(R"("var_confidence": 0.9)"));
  const FakeState state = with_a_young_name();
  Report report(3);
  ASSERT_EQ(analyze(test, state, {0.2, 0.3, 0.4}, report), CADRE_OK);
  EXPECT_EQ(report.raw.acceptable, std::uint32_t{CADRE_NOT_ACCEPTABLE});
  ASSERT_NE(limit_of(report, "too_few_returns"), nullptr);
  EXPECT_EQ(limit_of(report, "too_few_returns")->instrument, 2U);
  TestTargets targets({0.2, 0.3, 0.4});
  ASSERT_EQ(adjust(test, state, report, targets), CADRE_OK);
  EXPECT_THAT(targets.weight, ::testing::ElementsAre(0.2, 0.3, 0.0));
  EXPECT_EQ(targets.reasons[2].code, CADRE_REASON_FIRST_PLUGIN);
  EXPECT_EQ(targets.reasons[2].value, 0.4);
  ASSERT_EQ(analyze(test, state, targets.weight, report), CADRE_OK);
  EXPECT_EQ(report.raw.acceptable, std::uint32_t{CADRE_ACCEPTABLE});
}

TEST(RiskManager, a_young_name_that_cannot_be_traded_is_kept_and_not_increased) {
  AgentUnderTest test(plugin, id, config(R"("var_confidence": 0.9)"));
  FakeState state = with_a_young_name();
  state.close({10, 10, missing}).weight({0, 0, 0.1});
  Report report(3);
  ASSERT_EQ(analyze(test, state, {0.2, 0.3, 0.1}, report), CADRE_OK);
  EXPECT_EQ(report.raw.acceptable, std::uint32_t{CADRE_ACCEPTABLE});
  ASSERT_EQ(analyze(test, state, {0.2, 0.3, 0.4}, report), CADRE_OK);
  EXPECT_EQ(report.raw.acceptable, std::uint32_t{CADRE_NOT_ACCEPTABLE});
  TestTargets targets({0.2, 0.3, 0.4});
  ASSERT_EQ(adjust(test, state, report, targets), CADRE_OK);
  EXPECT_THAT(targets.weight, ::testing::ElementsAre(0.2, 0.3, 0.1));
}

TEST(RiskManager, what_is_less_than_a_lot_of_a_young_name_blocks_nothing) {
  AgentUnderTest test(plugin, id, config(R"("var_confidence": 0.9)"));
  FakeState state = with_a_young_name();
  state.weight({0, 0, 5e-6});  // half a share at 10 of a million
  Report report(3);
  ASSERT_EQ(analyze(test, state, {0.2, 0.3, 5e-6}, report), CADRE_OK);
  EXPECT_EQ(report.raw.acceptable, std::uint32_t{CADRE_ACCEPTABLE});
}

TEST(RiskManager, a_variance_below_zero_is_that_of_the_series) {
  AgentUnderTest test(plugin, id, config(R"("var_confidence": 0.9)"));
  FakeState state({"A", "B", "C"});
  Rows rows;
  for (int t = 0; t < 20; ++t)
    rows.push_back({0.0, t % 2 == 0 ? 0.01 : -0.01, t % 2 == 0 ? 0.01 : -0.01});
  state.periods_per_year(100).returns(rows);
  // Correlations 0.9, 0.9 and -0.9, as no three series can have: w'Sw = 0.01 (3 - 2 * 2.7) 1e-4.
  state.service("cadre.covariance/1", {{1e-4, 0, 0}, {0.9e-4, 1e-4, 0}, {0.9e-4, -0.9e-4, 1e-4}});
  Report report(3);
  ASSERT_EQ(analyze(test, state, {-0.1, 0.1, 0.1}, report), CADRE_OK);
  // 0.2 % up and down: squares 20 * 4e-6 over 19.
  const double volatility = std::sqrt(20 * 4e-6 / 19) * 10;
  EXPECT_NEAR(report.raw.volatility, volatility, 1e-15);
  for (const double component : report.component)
    EXPECT_NEAR(component, volatility / 3, 1e-15);
}

TEST(RiskManager, allocates_nothing_for_gaps_after_the_first_call) {
  AgentUnderTest test(plugin, id, config(R"("var_confidence": 0.95, "var_limit": 0.01)"));
  FakeState state = one_gap();
  state.clear_services().service("cadre.covariance/1", {{missing, missing, missing, missing},
                                                        {missing, 1e-4, 0, 0},
                                                        {missing, 0, 1e-4, 0},
                                                        {missing, 0, 0, 1e-4}});
  group(state, 0, "x");
  group(state, 1, "x");
  group(state, 2, "a group with a name that is rather long");
  const Numbers weight{0.5, 0, 0, 0.1};
  Report report(4);
  TestTargets targets(weight);
  ASSERT_EQ(analyze(test, state, weight, report), CADRE_OK);
  ASSERT_EQ(adjust(test, state, report, targets), CADRE_OK);
  const AllocationCount count;
  analyze(test, state, weight, report);
  adjust(test, state, report, targets);
  if (counts_allocations) {
    EXPECT_EQ(count.since(), 0u);
  }
}

TEST(RiskManager, an_empty_book_has_no_risk) {
  AgentUnderTest test(plugin, id, config(R"("var_confidence": 0.9)"));
  Report report(2);
  ASSERT_EQ(analyze(test, two_instruments(), {0.0, 0.0}, report), CADRE_OK);
  EXPECT_EQ(report.raw.volatility, 0.0);
  EXPECT_EQ(report.raw.value_at_risk, 0.0);
  EXPECT_EQ(report.raw.acceptable, std::uint32_t{CADRE_ACCEPTABLE});
}

TEST(RiskManager, a_short_report_keeps_the_fullest_limits_and_the_verdict) {
  AgentUnderTest test(plugin, id, config(R"("var_limit": 0.02, "max_portfolio_risk": 0.05)"));
  Report report(2, 1);
  report.raw.component_risk = nullptr;
  ASSERT_EQ(analyze(test, two_instruments(), {0.4, 0.3}, report), CADRE_OK);
  EXPECT_EQ(report.raw.limit_count, 1U);
  EXPECT_STREQ(report.limits[0].name.text, "value_at_risk");
  EXPECT_EQ(report.raw.acceptable, std::uint32_t{CADRE_NOT_ACCEPTABLE});
}

}  // namespace
}  // namespace cadre::test

#include <cmath>
#include <random>

#include "tests/unit/plugins/agent_under_test.hpp"

namespace cadre::test {
namespace {

struct Report {
  explicit Report(std::uint32_t instruments, std::uint32_t capacity = 16)
      : component(instruments), limits(capacity) {
    raw = {sizeof raw, 0, 0, 0, 0, component.data(), limits.data(), capacity, 0, instruments, 0, 0};
  }
  Numbers component;
  std::vector<cadre_limit_use> limits;
  cadre_risk_report raw{};
};

cadre_status analyze(const AgentUnderTest& test, const FakeState& state, const Numbers& weight,
                     Report& report) {
  return test.agent.table<cadre_risk_manager>().analyze_risk(test.agent.self(), &state.raw(), weight.data(),
                                                             &report.raw);
}
cadre_status adjust(const AgentUnderTest& test, const FakeState& state, const Report& report,
                    TestTargets& targets) {
  return test.agent.table<cadre_risk_manager>().adjust_trades(test.agent.self(), &state.raw(), &report.raw,
                                                              targets.raw());
}

// Two instruments, 20 periods. A: -1 %, ..., -20 % in some order; B: always 0.
Rows falling_a() {
  Rows rows;
  for (int t = 1; t <= 20; ++t)
    rows.push_back({-0.01 * ((t * 7) % 20 + 1), 0.0});
  return rows;
}

// Daily volatilities 1 % and 2 %, correlation 0.5; 100 periods a year, so that annual is ten times daily.
FakeState two_instruments() {
  FakeState state({"A", "B"});
  state.periods_per_year(100).returns(falling_a());
  state.service("cadre.covariance/1", {{1e-4, 1e-4}, {1e-4, 4e-4}});
  return state;
}

// Limits that nothing reaches; tests lower one of them.
std::string config(const std::string& more) {
  return R"({"max_portfolio_risk": 10, "max_position_risk": 10, "var_limit": 1, "var_lookback": 20, )" +
         more + "}";
}
constexpr const char* plugin = "risk_manager";
constexpr const char* id = "cadre.risk_manager";

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
  EXPECT_EQ(analyze(test, state, {0.4, 0.1}, report), CADRE_REJECTED);
  EXPECT_THAT(test.said(), ::testing::HasSubstr("B has no covariance"));
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
  Rows rows = falling_a();
  rows[3][1] = missing;
  FakeState holes = two_instruments();
  holes.returns(rows);
  EXPECT_EQ(analyze(test, holes, {0.4, 0.3}, report), CADRE_REJECTED);
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

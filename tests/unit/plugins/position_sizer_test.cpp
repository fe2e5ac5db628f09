#include "tests/unit/plugins/agent_under_test.hpp"

namespace cadre::test {
namespace {

cadre_status propose(const AgentUnderTest& test, const FakeState& state, TestTargets& targets) {
  return test.agent.table<cadre_position_sizer>().propose_trades(test.agent.self(), &state.raw(),
                                                                 targets.raw());
}

FakeState with_scores(Numbers scores) {
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < scores.size(); ++i)
    ids.push_back("S" + std::to_string(i));
  FakeState state(ids);
  state.score(std::move(scores));
  return state;
}

TEST(PositionSizer, shares_equally_among_the_selected_and_says_why) {
  AgentUnderTest test("position_sizer", "cadre.position_sizer", R"({"max_position_size": 0.6})");
  const FakeState state = with_scores({1.5, missing, -0.7, 0.2, 0.0});
  TestTargets targets(Numbers(5, 0.3));
  ASSERT_EQ(propose(test, state, targets), CADRE_OK);
  EXPECT_THAT(targets.weight, ::testing::ElementsAre(0.5, 0.0, 0.0, 0.5, 0.0));
  EXPECT_EQ(targets.reasons[0].code, CADRE_REASON_SIGNAL);
  EXPECT_EQ(targets.reasons[0].value, 1.5);
  EXPECT_EQ(targets.reasons[1].code, CADRE_REASON_NO_VIEW);
  EXPECT_EQ(targets.reasons[2].code, CADRE_REASON_LONG_ONLY);
  EXPECT_DOUBLE_EQ(targets.reasons[2].value, -1.0 / 3.0);
  EXPECT_EQ(targets.reasons[4].code, CADRE_REASON_SIGNAL);
}

TEST(PositionSizer, caps_and_leaves_the_rest_in_cash) {
  AgentUnderTest test("position_sizer", "cadre.position_sizer");
  const FakeState state = with_scores({1, 2, 3});
  TestTargets targets(Numbers(3, 0.0));
  ASSERT_EQ(propose(test, state, targets), CADRE_OK);
  EXPECT_THAT(targets.weight, ::testing::Each(0.1));
  EXPECT_EQ(targets.reasons[0].code, CADRE_REASON_MAX_POSITION);
  EXPECT_EQ(targets.reasons[0].value, 0.1);
}

TEST(PositionSizer, a_book_with_shorts_gets_signed_weights_within_gross_exposure) {
  AgentUnderTest test("position_sizer", "cadre.position_sizer", R"({"max_position_size": 1.0})");
  FakeState state = with_scores({1, -1});
  state.constraints(false, 0.5);
  TestTargets targets(Numbers(2, 0.0));
  ASSERT_EQ(propose(test, state, targets), CADRE_OK);
  EXPECT_THAT(targets.weight, ::testing::ElementsAre(0.25, -0.25));
}

TEST(PositionSizer, the_heavier_side_shrinks_to_the_net_exposure_allowed_and_says_so) {
  // Three of four are long: 0.75 and -0.25. A net exposure of 0.2 leaves 0.45 for the longs, a factor of 0.6.
  AgentUnderTest test("position_sizer", "cadre.position_sizer", R"({"max_position_size": 1.0})");
  FakeState state = with_scores({1, -1, 1, 1});
  state.constraints(false, 2.0, 0.2);
  TestTargets targets(Numbers(4, 0.0));
  ASSERT_EQ(propose(test, state, targets), CADRE_OK);
  EXPECT_THAT(targets.weight,
              ::testing::Pointwise(::testing::DoubleNear(1e-15), Numbers{0.15, -0.25, 0.15, 0.15}));
  EXPECT_EQ(targets.reasons[0].code, CADRE_REASON_FIRST_PLUGIN + 2);
  EXPECT_NEAR(targets.reasons[0].value, 0.6, 1e-15);
  EXPECT_EQ(targets.reasons[1].code, CADRE_REASON_SIGNAL);

  FakeState mirrored = with_scores({-1, 1, -1, -1});
  mirrored.constraints(false, 2.0, 0.2);
  ASSERT_EQ(propose(test, mirrored, targets), CADRE_OK);
  EXPECT_THAT(targets.weight,
              ::testing::Pointwise(::testing::DoubleNear(1e-15), Numbers{-0.15, 0.25, -0.15, -0.15}));
}

TEST(PositionSizer, a_book_inside_its_net_exposure_is_left_alone) {
  AgentUnderTest test("position_sizer", "cadre.position_sizer", R"({"max_position_size": 1.0})");
  FakeState state = with_scores({1, -1, 1, 1});
  state.constraints(false, 2.0, 0.5);
  TestTargets targets(Numbers(4, 0.0));
  ASSERT_EQ(propose(test, state, targets), CADRE_OK);
  EXPECT_THAT(targets.weight, ::testing::ElementsAre(0.25, -0.25, 0.25, 0.25));
}

TEST(PositionSizer, a_long_book_is_scaled_to_its_net_exposure) {
  AgentUnderTest test("position_sizer", "cadre.position_sizer", R"({"max_position_size": 1.0})");
  FakeState state = with_scores({1, 1});
  state.constraints(true, 1.0, 0.5);
  TestTargets targets(Numbers(2, 0.0));
  ASSERT_EQ(propose(test, state, targets), CADRE_OK);
  EXPECT_THAT(targets.weight, ::testing::Each(0.25));
}

TEST(PositionSizer, keeps_gross_and_net_exposure_over_thousands_of_random_views) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto uniform = [&](double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
  };
  AgentUnderTest test("position_sizer", "cadre.position_sizer", R"({"max_position_size": 0.4})");
  for (int round = 0; round < 3000; ++round) {
    Numbers scores(6);
    for (double& score : scores)
      score = uniform(-1, 1.5);
    const double gross_most = uniform(0.1, 1.2);
    const double net_most = uniform(0.01, 1.2);
    FakeState state = with_scores(scores);
    state.constraints(false, gross_most, net_most);
    TestTargets targets(Numbers(6, 0.0));
    ASSERT_EQ(propose(test, state, targets), CADRE_OK);
    double gross = 0, net = 0;
    for (const double w : targets.weight) {
      gross += std::fabs(w);
      net += w;
    }
    ASSERT_LE(gross, gross_most + 1e-12);
    ASSERT_LE(std::fabs(net), net_most + 1e-12);
  }
}

TEST(PositionSizer, inverse_volatility_shares_by_one_over_sigma) {
  AgentUnderTest test(
      "position_sizer", "cadre.position_sizer",
      R"({"method": "inverse_volatility", "max_position_size": 1.0, "min_position_size": 0.0})");
  FakeState state = with_scores({1, 1});
  state.service("cadre.covariance/1", {{1e-4, 0}, {0, 4e-4}});
  TestTargets targets(Numbers(2, 0.0));
  ASSERT_EQ(propose(test, state, targets), CADRE_OK);
  EXPECT_NEAR(targets.weight[0], 2.0 / 3.0, 1e-15);
  EXPECT_NEAR(targets.weight[1], 1.0 / 3.0, 1e-15);
}

TEST(PositionSizer, inverse_volatility_leaves_out_what_stands_still_and_what_is_too_young) {
  AgentUnderTest test(
      "position_sizer", "cadre.position_sizer",
      R"({"method": "inverse_volatility", "max_position_size": 1.0, "min_position_size": 0.0})");
  FakeState state = with_scores({1, 1, 1, 1});
  state.service("cadre.covariance/1",
                {{1e-4, 0, 0, 0}, {0, 0, 0, 0}, {missing, missing, missing, missing}, {0, 0, missing, 1e-4}});
  TestTargets targets(Numbers(4, 0.2));
  ASSERT_EQ(propose(test, state, targets), CADRE_OK);
  EXPECT_THAT(targets.weight, ::testing::ElementsAre(0.5, 0.0, 0.0, 0.5));
  EXPECT_EQ(targets.reasons[1].code, CADRE_REASON_FIRST_PLUGIN);
  EXPECT_EQ(targets.reasons[2].code, CADRE_REASON_FIRST_PLUGIN + 1);
}

TEST(PositionSizer, equal_weight_leaves_out_what_is_too_young_where_a_covariance_says_so) {
  AgentUnderTest test("position_sizer", "cadre.position_sizer", R"({"max_position_size": 1.0})");
  FakeState state = with_scores({1, 1, 1});
  state.service("cadre.covariance/1", {{1e-4, 0, 0}, {0, 0, 0}, {missing, missing, missing}});
  TestTargets targets(Numbers(3, 0.2));
  ASSERT_EQ(propose(test, state, targets), CADRE_OK);
  EXPECT_THAT(targets.weight, ::testing::ElementsAre(0.5, 0.5, 0.0));
  EXPECT_EQ(targets.reasons[2].code, CADRE_REASON_FIRST_PLUGIN + 1);
  state.clear_services();
  ASSERT_EQ(propose(test, state, targets), CADRE_OK);
  EXPECT_THAT(targets.weight, ::testing::Each(1.0 / 3.0));
}

TEST(PositionSizer, inverse_volatility_refuses_without_a_covariance) {
  AgentUnderTest test("position_sizer", "cadre.position_sizer", R"({"method": "inverse_volatility"})");
  FakeState state = with_scores({1});
  TestTargets targets(Numbers(1, 0.0));
  EXPECT_EQ(propose(test, state, targets), CADRE_REJECTED);
  state.no_service("cadre.covariance/1");
  EXPECT_EQ(propose(test, state, targets), CADRE_REJECTED);
  EXPECT_THAT(test.said(), ::testing::HasSubstr("cadre.covariance/1"));
}

TEST(PositionSizer, a_small_target_closes_the_position) {
  AgentUnderTest test(
      "position_sizer", "cadre.position_sizer",
      R"({"method": "inverse_volatility", "max_position_size": 1.0, "min_position_size": 0.2})");
  FakeState state = with_scores({1, 1});
  state.service("cadre.covariance/1", {{1e-4, 0}, {0, 81e-4}});
  TestTargets targets(Numbers(2, 0.15));
  ASSERT_EQ(propose(test, state, targets), CADRE_OK);
  EXPECT_NEAR(targets.weight[0], 0.9, 1e-15);
  EXPECT_EQ(targets.weight[1], 0.0);
  EXPECT_EQ(targets.reasons[1].code, CADRE_REASON_MIN_POSITION);
  EXPECT_EQ(targets.reasons[1].value, 0.2);
}

TEST(PositionSizer, drift_above_the_cap_is_held_or_trimmed_as_told) {
  FakeState state = with_scores({1, 1});
  state.weight({0.13, 0.05});
  AgentUnderTest hold("position_sizer", "cadre.position_sizer");
  TestTargets held({0.13, 0.05});
  ASSERT_EQ(propose(hold, state, held), CADRE_OK);
  EXPECT_THAT(held.weight, ::testing::ElementsAre(0.13, 0.1));
  AgentUnderTest trim("position_sizer", "cadre.position_sizer", R"({"on_drift": "trim"})");
  TestTargets trimmed({0.13, 0.05});
  ASSERT_EQ(propose(trim, state, trimmed), CADRE_OK);
  EXPECT_THAT(trimmed.weight, ::testing::Each(0.1));
}

TEST(PositionSizer, refuses_to_close_a_book_because_it_has_too_many_names) {
  AgentUnderTest test("position_sizer", "cadre.position_sizer");
  const FakeState state = with_scores(Numbers(101, 1.0));
  TestTargets targets(Numbers(101, 0.0));
  EXPECT_EQ(propose(test, state, targets), CADRE_REJECTED);
  EXPECT_THAT(test.said(), ::testing::HasSubstr("min_position_size"));
}

TEST(PositionSizer, a_minimum_above_the_maximum_is_a_configuration_error) {
  AgentUnderTest test("position_sizer", "cadre.position_sizer",
                      R"({"max_position_size": 0.05, "min_position_size": 0.06})", false);
  EXPECT_EQ(test.status, CADRE_REJECTED);
  EXPECT_THAT(test.agent.refusal(), ::testing::HasSubstr("/max_position_size"));
}

TEST(PositionSizer, nothing_selected_is_an_empty_book) {
  AgentUnderTest test("position_sizer", "cadre.position_sizer");
  const FakeState state = with_scores({missing, missing});
  TestTargets targets({0.1, 0.1});
  ASSERT_EQ(propose(test, state, targets), CADRE_OK);
  EXPECT_THAT(targets.weight, ::testing::Each(0.0));
}

}  // namespace
}  // namespace cadre::test

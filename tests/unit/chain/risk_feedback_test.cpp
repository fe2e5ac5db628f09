#include "host/chain/risk_feedback_loop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/chain/desk.hpp"

namespace cadre::chain {
namespace {

using test::Desk;
using testing::DoubleNear;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pointwise;

constexpr const char* wants = R"({"targets": [[0.6, 0.3, 0, 0]]})";  // 0.9 in all

LoopOutcome outcome_of(const Decision& decision) {
  return static_cast<LoopOutcome>(decision.record.outcome);
}

Desk desk_with(const std::string& risk, const test::Settings& more = {}) {
  test::Settings settings{{"/chain/position_sizer/config", wants}, {"/chain/risk_managers/0/config", risk}};
  settings.insert(settings.end(), more.begin(), more.end());
  return Desk(settings);
}

TEST(RiskFeedbackLoop, accepts_at_once_what_is_inside_its_limits) {
  Desk desk = desk_with(R"({"limit": 0.9})");
  const Decision& decision = desk.decide();
  EXPECT_EQ(outcome_of(decision), LoopOutcome::accepted);
  EXPECT_EQ(decision.record.passes, 1u);
  EXPECT_EQ(decision.record.cut_factor, 1);
  EXPECT_THAT(desk.weights(), Pointwise(DoubleNear(1e-6), std::vector<double>{0.6, 0.3, 0, 0}));
}

TEST(RiskFeedbackLoop, a_full_step_against_a_hard_limit_takes_one_adjustment) {
  Desk desk = desk_with(R"({"limit": 0.45})");
  const Decision& decision = desk.decide();
  EXPECT_EQ(outcome_of(decision), LoopOutcome::converged);
  EXPECT_EQ(decision.record.passes, 2u);
  EXPECT_THAT(desk.weights(), Pointwise(DoubleNear(1e-6), std::vector<double>{0.3, 0.15, 0, 0}));
  EXPECT_EQ(decision.record.stages[1].reasons[0].code, std::uint32_t{CADRE_REASON_RISK_LIMIT});
}

TEST(RiskFeedbackLoop, a_soft_limit_is_approached_until_it_is_within_the_tolerance) {
  // The excess over 0.5 halves: 0.4 0.2 0.1 0.05 0.025 0.0125 0.00625 0.003125; 0.01 x 0.5 = 0.005 is
  // tolerated.
  Desk desk = desk_with(R"({"limit": 0.5, "hard": false, "step": 0.5})");
  const Decision& decision = desk.decide();
  EXPECT_EQ(outcome_of(decision), LoopOutcome::converged);
  EXPECT_EQ(decision.record.passes, 8u);
  // The end of the loop is the end: the check before the orders tolerates what the loop does.
  EXPECT_EQ(decision.record.cut_factor, 1);
  EXPECT_NEAR(desk.weights()[0] + desk.weights()[1], 0.503125, 1e-6);
}

TEST(RiskFeedbackLoop, a_hard_limit_has_no_tolerance) {
  // The same walk ends at max_iterations, and the cut takes over: 0.9 f <= ... with nothing held.
  Desk desk = desk_with(R"({"limit": 0.5, "step": 0.5})", {{"/chain/risk_feedback/max_iterations", "8"}});
  const Decision& decision = desk.decide();
  EXPECT_EQ(outcome_of(decision), LoopOutcome::not_converged);
  EXPECT_LT(decision.record.cut_factor, 1);
  EXPECT_LE(desk.weights()[0] + desk.weights()[1], 0.5 + 1e-9);
}

TEST(RiskFeedbackLoop, stops_after_max_iterations_analyses) {
  Desk desk = desk_with(R"({"limit": 0.5, "step": 0})", {{"/chain/risk_feedback/max_iterations", "3"}});
  const Decision& decision = desk.decide();
  EXPECT_EQ(outcome_of(decision), LoopOutcome::not_converged);
  EXPECT_EQ(decision.record.passes, 6u);  // three, and three more before the cut
  // 0.9 f <= 0.5, to a lot.
  EXPECT_NEAR(decision.record.cut_factor, 0.5 / 0.9, 1e-3);
}

// A book of 0.15 whose price more than doubles is 0.3: 1,500 p = 0.3 (1,000,000 + 1,500 (p - 100)).
constexpr double doubled = 255000.0 / 1050;

TEST(CeilingOfASoftLimit, goes_down_by_a_share_of_the_excess_of_the_book_per_decision) {
  Desk desk(
      test::Settings{{"/chain/position_sizer/config", R"({"targets": [[0.3, 0, 0, 0]]})"},
                     {"/chain/risk_managers/0/config", R"({"limit": 0.15, "hard": false, "speed": 0.1})"},
                     {"/chain/risk_feedback/resize_threshold", "0.05"}});
  desk.decide();
  EXPECT_LE(desk.weights()[0], 0.1515);  // from cash at once
  EXPECT_NEAR(desk.weights()[0], 0.15, 1e-6);
  desk.set_prices({doubled, 100, 100, 100});
  // 0.3 - 0.1 x 0.15, 0.285 - 0.1 x 0.135, 0.2715 - 0.1 x 0.1215
  for (const double expected : {0.285, 0.2715, 0.25935}) {
    const Decision& decision = desk.decide();
    EXPECT_EQ(decision.record.cut_factor, 1);
    EXPECT_EQ(decision.record.passes, 2u);
    EXPECT_NEAR(desk.weights()[0], expected, 5e-5);
  }
}

TEST(CeilingOfASoftLimit, holds_in_the_last_check_too) {
  // The adjuster undoes what the loop did; the book may still not stay where it is.
  Desk desk(test::Settings{
      {"/chain/position_sizer/config", R"({"targets": [[0.3, 0, 0, 0]]})"},
      {"/chain/risk_managers/0/config", R"({"limit": 0.15, "hard": false, "speed": 0.1})"},
      {"/chain/trade_adjusters",
       R"([{"name": "adder", "agent": "test.adjuster", "config": {"targets": [[0.3, 0, 0, 0]]}}])"}});
  desk.decide();
  desk.set_prices({doubled, 100, 100, 100});
  desk.decide();
  EXPECT_NEAR(desk.weights()[0], 0.285, 5e-5);
}

TEST(CeilingOfASoftLimit, never_ends_below_the_same_limit_made_hard) {
  for (const double price : {100.0, 101.0, 130.0, doubled}) {
    std::vector<double> ends;
    for (const char* kind : {R"({"limit": 0.15, "hard": false, "speed": 0.1})", R"({"limit": 0.15})"}) {
      Desk desk(test::Settings{{"/chain/position_sizer/config", R"({"targets": [[0.3, 0, 0, 0]]})"},
                               {"/chain/risk_managers/0/config", kind}});
      desk.decide();
      desk.set_prices({price, 100, 100, 100});
      desk.decide();
      ends.push_back(desk.weights()[0]);
    }
    EXPECT_GE(ends[0], ends[1] - 1e-9) << price;
  }
}

TEST(CeilingOfASoftLimit, a_speed_that_is_no_share_is_refused) {
  Desk desk = desk_with(R"({"limit": 0.9, "failure": "speed"})");
  const Decision& decision = desk.decide();
  EXPECT_EQ(outcome_of(decision), LoopOutcome::failed);
  ASSERT_FALSE(decision.record.failures.empty());
  EXPECT_THAT(decision.record.failures[0].reason, testing::HasSubstr("adjustment_speed is 1.5"));
}

TEST(RiskFeedbackLoop, every_manager_has_to_agree) {
  Desk desk =
      desk_with(R"({"limit": 0.9})", {{"/chain/risk_managers",
                                       R"([{"name": "first", "agent": "test.risk", "config": {"limit": 0.9}},
                              {"name": "second", "agent": "test.risk", "config": {"limit": 0.3}}])"}});
  const Decision& decision = desk.decide();
  EXPECT_EQ(outcome_of(decision), LoopOutcome::converged);
  EXPECT_NEAR(desk.weights()[0] + desk.weights()[1], 0.3, 1e-6);
  EXPECT_EQ(decision.record.limits.size(), 2u);
}

TEST(RiskFeedbackLoop, a_manager_that_accepts_a_figure_above_its_limit_is_not_believed) {
  Desk desk = desk_with(R"({"limit": 0.45, "says": "acceptable"})");
  const Decision& decision = desk.decide();
  EXPECT_EQ(outcome_of(decision), LoopOutcome::not_converged);
  EXPECT_LE(desk.weights()[0] + desk.weights()[1], 0.45 + 1e-9);
}

TEST(RiskFeedbackLoop, a_manager_that_refuses_without_a_limit_is_believed) {
  Desk desk = desk_with(R"({"says": "not_acceptable"})");
  const Decision& decision = desk.decide();
  EXPECT_EQ(outcome_of(decision), LoopOutcome::not_converged);
  EXPECT_THAT(decision.orders, IsEmpty());
}

class FailingRiskManager : public testing::TestWithParam<const char*> {};

TEST_P(FailingRiskManager, lets_nothing_increase_and_reductions_pass) {
  Desk desk(test::Settings{
      {"/chain/position_sizer/config", R"({"targets": [[0.4, 0.3, 0.2, 0], [0.1, 0.5, 0, 0.3]]})"},
      {"/chain/constraints", R"({"long_only": true})"},
      {"/chain/risk_managers/0/config",
       std::string(R"({"limit": 0.89, "fail_from": 2, "failure": ")") + GetParam() + "\"}"}});
  desk.decide();  // cut to 0.89 in all
  const std::vector<double> before = desk.weights();
  const Decision& decision = desk.decide();
  EXPECT_EQ(outcome_of(decision), LoopOutcome::failed);
  EXPECT_THAT(test::failures(decision), ElementsAre("risk/fail_closed"));
  EXPECT_EQ(decision.record.cut_factor, 0);
  EXPECT_THAT(desk.weights(), Pointwise(DoubleNear(1e-6), std::vector<double>{0.1, before[1], 0, 0}));
}
INSTANTIATE_TEST_SUITE_P(EveryWay, FailingRiskManager,
                         testing::Values("rejected", "error", "throw", "nan", "infinite", "huge"));

TEST(RiskFeedbackLoop, a_manager_that_fails_while_adjusting_fails_closed_and_leaves_the_targets) {
  for (const char* failure : {"adjust", "adjust_nan"}) {
    Desk desk(test::Settings{
        {"/chain/position_sizer/config", R"({"targets": [[0.6, 0.2, 0, 0], [0.5, 0.4, 0, 0]]})"},
        {"/chain/risk_managers/0/config",
         std::string(R"({"limit": 0.85, "fail_from": 2, "failure": ")") + failure + "\"}"}});
    desk.decide();
    const Decision& decision = desk.decide();
    EXPECT_EQ(outcome_of(decision), LoopOutcome::failed) << failure;
    EXPECT_THAT(test::target_after(desk, decision, "risk_feedback"), ElementsAre(0.5, 0.4, 0, 0)) << failure;
    EXPECT_THAT(desk.weights(), Pointwise(DoubleNear(1e-6), std::vector<double>{0.5, 0.2, 0, 0})) << failure;
  }
}

TEST(RiskFeedbackLoop, later_stages_see_the_latest_report) {
  Desk desk = desk_with(R"({"limit": 0.9})");
  EXPECT_EQ(desk.book().state().risk, nullptr);
  desk.decide();
  ASSERT_NE(desk.book().state().risk, nullptr);
  EXPECT_NEAR(desk.book().state().risk->volatility, 0.9, 1e-6);
}

}  // namespace
// Journals hold the numbers, and the reference of the journal says what they mean.
TEST(LoopOutcomes, keep_their_numbers_and_words) {
  constexpr std::pair<std::uint32_t, std::string_view> written[] = {
      {1, "accepted"}, {2, "converged"}, {3, "not_converged"}, {4, "failed"}};
  for (const auto& [number, word] : written)
    EXPECT_EQ(outcome_name(static_cast<LoopOutcome>(number)), word);
  EXPECT_EQ(outcome_name(static_cast<LoopOutcome>(0)), "");
  EXPECT_EQ(outcome_name(static_cast<LoopOutcome>(5)), "");
}

}  // namespace cadre::chain

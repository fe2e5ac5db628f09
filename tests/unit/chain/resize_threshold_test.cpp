#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/unit/chain/chance.hpp"
#include "tests/unit/chain/desk.hpp"

namespace cadre::chain {
namespace {

using test::Desk;
using testing::DoubleNear;
using testing::Pointwise;

TEST(ResizeThreshold, skips_small_resizes_and_trades_the_others) {
  Desk desk(test::Settings{
      {"/chain/position_sizer/config", R"({"targets": [[0.3, 0.2, 0, 0], [0.305, 0.22, 0, 0]]})"},
      {"/chain/risk_feedback/resize_threshold", "0.01"}});
  desk.decide();
  const Decision& decision = desk.decide();
  ASSERT_EQ(decision.orders.size(), 1u);
  EXPECT_EQ(decision.orders[0].order.instrument, 1u);
  EXPECT_THAT(desk.weights(), Pointwise(DoubleNear(1e-6), std::vector<double>{0.3, 0.22, 0, 0}));
  const auto& effect = decision.record.stages[decision.record.stages.size() - 2];
  EXPECT_EQ(effect.reasons[0].code, std::uint32_t{CADRE_REASON_RESIZE_THRESHOLD});
  EXPECT_NEAR(effect.reasons[0].value, 0.005, 1e-6);
}

TEST(ResizeThreshold, never_applies_to_a_target_of_zero) {
  Desk desk(
      test::Settings{{"/chain/position_sizer/config", R"({"targets": [[0.004, 0.2, 0, 0], [0, 0.2, 0, 0]]})"},
                     {"/chain/risk_feedback/resize_threshold", "0.01"}});
  desk.decide();
  EXPECT_EQ(desk.decide().orders.size(), 1u);
  EXPECT_EQ(desk.weights()[0], 0);
}

TEST(ResizeThreshold, never_applies_to_a_new_position) {
  Desk desk(test::Settings{{"/chain/position_sizer/config", R"({"targets": [[0.004, 0, 0, 0]]})"},
                           {"/chain/risk_feedback/resize_threshold", "0.01"}});
  EXPECT_EQ(desk.decide().orders.size(), 1u);
}

TEST(ResizeThreshold, never_applies_to_a_cut_for_a_limit) {
  // 0.5 is the limit and held; the price rises a little, and the loop cuts 0.0025 of it.
  Desk desk(test::Settings{{"/chain/position_sizer/config",
                            R"({"targets": [[0.5, 0, 0, 0]], "failure": "error", "fail_from": 2})"},
                           {"/chain/risk_managers/0/config", R"({"limit": 0.5})"},
                           {"/chain/risk_feedback/resize_threshold", "0.01"}});
  desk.decide();
  desk.set_prices({101, 100, 100, 100});  // 0.505 of 1.005
  const Decision& decision = desk.decide();
  ASSERT_EQ(decision.orders.size(), 1u);
  EXPECT_EQ(decision.orders[0].order.side, std::uint32_t{CADRE_SIDE_SELL});
  EXPECT_NEAR(desk.weights()[0], 0.5, 1e-6);
}

const journal::StageEffect& skipping(const Decision& decision);

/// The instruments of the desk, the first with a minimum of 5,000 out of a million and listed for some days.
const std::pair<std::string, std::string> with_a_table{
    "/instruments",
    R"({"lot": 0.000001, "table": [{"id": "AA", "minimum_notional": 5000}, {"id": "BB", "listed_from": "2200-01-01"},
        {"id": "CC"}, {"id": "DD"}]})"};

TEST(ImpossibleChanges, below_the_minimum_notional_are_not_planned_and_say_so) {
  Desk desk(
      test::Settings{{"/chain/position_sizer/config",
                      R"({"targets": [[0.004, 0, 0, 0], [0.006, 0, 0, 0], [0.003, 0, 0, 0], [0, 0, 0, 0]]})"},
                     with_a_table});
  const Decision& small = desk.decide();
  EXPECT_EQ(small.orders.size(), 0u);
  EXPECT_EQ(skipping(small).reasons[0].code, std::uint32_t{CADRE_REASON_MIN_NOTIONAL});
  EXPECT_EQ(skipping(small).reasons[0].value, 5000);
  EXPECT_EQ(desk.decide().orders.size(), 1u);  // 6,000
  EXPECT_EQ(desk.decide().orders.size(), 0u);  // 3,000 less
  const Decision& closing = desk.decide();
  ASSERT_EQ(closing.orders.size(), 1u);
  EXPECT_TRUE(closing.orders[0].verdict.accepted());
  EXPECT_EQ(desk.weights()[0], 0);
}

TEST(ImpossibleChanges, are_purchases_of_what_is_not_listed) {
  Desk desk(
      test::Settings{{"/chain/position_sizer/config", R"({"targets": [[0, 0.1, 0.1, 0]]})"}, with_a_table});
  const Decision& decision = desk.decide();
  ASSERT_EQ(decision.orders.size(), 1u);
  EXPECT_EQ(decision.orders[0].order.instrument, 2u);
  EXPECT_EQ(skipping(decision).reasons[1].code, std::uint32_t{CADRE_REASON_RESTRICTED});
}

const journal::StageEffect& skipping(const Decision& decision) {
  return decision.record.stages[decision.record.stages.size() - 2];
}

void expect_weights(const Desk& desk, const std::vector<double>& expected) {
  EXPECT_THAT(desk.weights(), Pointwise(DoubleNear(1e-6), expected));
}

TEST(ResizeThreshold, holds_what_the_loop_touched_while_the_book_itself_keeps_the_limit) {
  // The proposal of 0.72 is cut to 0.6, which makes 0.297, 0.2 and 0.103 of it; 0.6 is held, in other parts.
  Desk desk(test::Settings{
      {"/chain/position_sizer/config", R"({"targets": [[0.3, 0.2, 0.1, 0], [0.3564, 0.24, 0.1236, 0]]})"},
      {"/chain/risk_managers/0/config", R"({"limit": 0.6})"},
      {"/chain/risk_feedback/resize_threshold", "0.01"}});
  desk.decide();
  const Decision& decision = desk.decide();
  EXPECT_TRUE(decision.orders.empty());
  EXPECT_EQ(skipping(decision).reasons[0].code, std::uint32_t{CADRE_REASON_RESIZE_THRESHOLD});
  EXPECT_EQ(skipping(decision).reasons[2].code, std::uint32_t{CADRE_REASON_RESIZE_THRESHOLD});
}

// Held 0.3, 0.2, 0.05. Wanted: two small sales, a small purchase, and a purchase of 0.052 that is none. With
// all of the small ones left the book would be 0.602.
constexpr const char* drifting = R"({"targets": [[0.3, 0.2, 0.05, 0], [0.294, 0.198, 0.056, 0.052]]})";

TEST(ResizeThreshold, the_largest_drift_goes_when_the_drifts_leave_too_much_risk_and_purchases_stay_whole) {
  Desk desk(test::Settings{{"/chain/position_sizer/config", drifting},
                           {"/chain/risk_managers/0/config", R"({"limit": 0.6, "step": 0})"},
                           {"/chain/risk_feedback/resize_threshold", "0.01"}});
  desk.decide();
  const Decision& decision = desk.decide();
  EXPECT_EQ(decision.record.cut_factor, 1);
  expect_weights(desk, {0.294, 0.2, 0.05, 0.052});
  EXPECT_EQ(skipping(decision).reasons[0].code, std::uint32_t{CADRE_REASON_RISK_LIMIT});
  EXPECT_NEAR(skipping(decision).reasons[0].value, 0.294 / 0.3, 1e-6);
  EXPECT_EQ(skipping(decision).reasons[1].code, std::uint32_t{CADRE_REASON_RESIZE_THRESHOLD});
}

TEST(ResizeThreshold, the_largest_drift_goes_as_far_as_the_exposure_needs_and_purchases_stay_whole) {
  Desk desk(test::Settings{{"/chain/position_sizer/config", drifting},
                           {"/chain/constraints", R"({"max_gross_exposure": 0.6})"},
                           {"/chain/risk_feedback/resize_threshold", "0.01"}});
  desk.decide();
  const Decision& decision = desk.decide();
  EXPECT_EQ(decision.record.cut_factor, 1);
  expect_weights(desk, {0.298, 0.2, 0.05, 0.052});
  EXPECT_EQ(skipping(decision).reasons[0].code, std::uint32_t{CADRE_REASON_EXPOSURE});
  EXPECT_NEAR(skipping(decision).reasons[0].value, -0.002, 1e-6);
}

TEST(ResizeThreshold, drifts_go_back_whole_before_the_next_one_does_and_equal_ones_in_order) {
  // Left alone the book would be 0.608: first the 0.006 whole, then 0.002 of the 0.004.
  Desk desk(test::Settings{
      {"/chain/position_sizer/config", R"({"targets": [[0.2, 0.3, 0.05, 0], [0.196, 0.294, 0.052, 0.058]]})"},
      {"/chain/constraints", R"({"max_gross_exposure": 0.6})"},
      {"/chain/risk_feedback/resize_threshold", "0.01"}});
  desk.decide();
  desk.decide();
  expect_weights(desk, {0.198, 0.294, 0.05, 0.058});

  Desk equal(test::Settings{
      {"/chain/position_sizer/config", R"({"targets": [[0.3, 0.2, 0.05, 0], [0.296, 0.196, 0.056, 0.052]]})"},
      {"/chain/constraints", R"({"max_gross_exposure": 0.6})"},
      {"/chain/risk_feedback/resize_threshold", "0.01"}});
  equal.decide();
  equal.decide();
  expect_weights(equal, {0.298, 0.2, 0.05, 0.052});
}

TEST(ResizeThreshold, a_drift_goes_where_the_net_exposure_needs_it_on_either_side) {
  // 0.3 and -0.28, net 0.02 of 0.02; the long drifts stay, a new long of 0.012 needs as much room.
  Desk desk(test::Settings{
      {"/chain/position_sizer/config", R"({"targets": [[0.3, -0.28, 0, 0], [0.296, -0.288, 0.012, 0]]})"},
      {"/chain/constraints", R"({"long_only": false, "max_gross_exposure": 2, "max_net_exposure": 0.02})"},
      {"/chain/risk_feedback/resize_threshold", "0.01"}});
  desk.decide();
  const Decision& decision = desk.decide();
  EXPECT_EQ(decision.record.cut_factor, 1);
  expect_weights(desk, {0.296, -0.288, 0.012, 0});  // the short first, whole, then the long
}

TEST(ResizeThreshold, a_position_that_drifted_above_the_largest_weight_goes_back_to_it) {
  Desk desk(
      test::Settings{{"/chain/position_sizer/config", R"({"targets": [[0.3, 0, 0, 0], [0.299, 0, 0, 0]]})"},
                     {"/chain/constraints", R"({"max_weight": 0.3})"},
                     {"/chain/risk_feedback/resize_threshold", "0.01"}});
  desk.decide();
  desk.set_prices({102, 100, 100, 100});  // 0.306 of 1.006 million: 0.30417
  const Decision& decision = desk.decide();
  EXPECT_EQ(skipping(decision).reasons[0].code, std::uint32_t{CADRE_REASON_EXPOSURE});
  expect_weights(desk, {0.3, 0, 0, 0});
}

TEST(ResizeThreshold,
     never_leaves_a_book_above_its_exposure_but_by_reductions_over_thousands_of_random_books) {
  test::Chance chance;
  SCOPED_TRACE(chance.said());
  constexpr double gross_most = 1.0;
  constexpr double net_most = 0.3;
  int trimmed = 0;
  for (int round = 0; round < 100; ++round) {
    std::vector<std::vector<double>> targets{{0.25, -0.25, 0.25, -0.25}};
    for (int bar = 1; bar < 30; ++bar) {
      targets.push_back(targets.back());
      const bool anew = chance.random() % 6 == 0;
      for (std::size_t i = 0; i < 4; ++i) {
        const double side = i % 2 == 0 ? 1 : -1;
        double& w = targets.back()[i];
        w = anew ? side * chance.uniform(0.15, 0.25)
                 : side * std::clamp(std::fabs(w) * chance.uniform(0.97, 1.04), 0.1, 0.25);
      }
    }
    Desk desk({{"/chain/position_sizer/config", "{\"targets\": " + test::rows(targets) + "}"},
               {"/chain/constraints",
                R"({"long_only": false, "max_gross_exposure": 1.0, "max_net_exposure": 0.3})"},
               {"/chain/risk_feedback/resize_threshold", "0.02"}},
              chance.random() % 2 == 0 ? "0.000001" : "7");
    std::vector<double> prices{100, 100, 100, 100};
    for (int bar = 0; bar < 30; ++bar) {
      for (double& price : prices)
        price = std::round(price * chance.uniform(0.94, 1.065) * 100) / 100;
      desk.set_prices(prices);
      const Decision& decision = desk.decide();
      for (const DecidedOrder& order : decision.orders)
        ASSERT_TRUE(order.verdict.accepted());
      for (const cadre_reason& reason : skipping(decision).reasons)
        trimmed += reason.code == CADRE_REASON_EXPOSURE;
      double gross = 0, net = 0, gross_now = 0;
      bool increases = false;
      const std::vector<double> after = desk.weights();
      for (std::size_t i = 0; i < 4; ++i) {
        const double before = static_cast<double>(decision.record.position_e9[i]) * 1e-9 * prices[i] /
                              decision.record.equity.to_double();
        gross += std::fabs(after[i]);
        net += after[i];
        gross_now += std::fabs(before);
        increases = increases || std::fabs(after[i]) > std::fabs(before) + 1e-6;
      }
      if (increases) {
        ASSERT_LE(gross, gross_most + 1e-6) << round << ' ' << bar;
        ASSERT_LE(std::fabs(net), net_most + 1e-6) << round << ' ' << bar;
      } else {
        ASSERT_LE(gross, gross_now + 1e-6) << round << ' ' << bar;
      }
    }
  }
  EXPECT_GT(trimmed, 50);
}

}  // namespace
}  // namespace cadre::chain

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace cadre::chain

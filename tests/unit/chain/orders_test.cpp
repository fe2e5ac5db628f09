// Which orders a decision sends, and in what order they meet the pre-trade checks.

#include <gtest/gtest.h>

#include "tests/unit/chain/desk.hpp"

namespace cadre::chain {
namespace {

using test::Desk;

TEST(Orders, what_reduces_a_position_makes_room_for_the_others) {
  // From 0.3 and -0.3 to 0.3, -0.1 and -0.2 at a gross exposure of 0.6: the cover has to come before the
  // sale.
  Desk desk(test::Settings{
      {"/chain/position_sizer/config", R"({"targets": [[0.3, -0.3, 0, 0], [0.3, -0.1, -0.2, 0]]})"},
      {"/chain/constraints", R"({"long_only": false, "max_gross_exposure": 0.6})"}});
  desk.decide();
  const Decision& decision = desk.decide();
  ASSERT_EQ(decision.orders.size(), 2u);
  EXPECT_EQ(decision.orders[0].order.instrument, 1u);
  EXPECT_EQ(decision.orders[0].order.side, std::uint32_t{CADRE_SIDE_BUY});
  EXPECT_TRUE(decision.orders[0].verdict.accepted());
  EXPECT_EQ(decision.orders[1].order.instrument, 2u);
  EXPECT_TRUE(decision.orders[1].verdict.accepted());
}

TEST(Orders, a_target_that_is_held_already_needs_none_in_the_smallest_lots) {
  // A weight comes from money, which is coarser than a lot of 1e-9: the difference is no wish to trade.
  Desk desk(test::Settings{{"/chain/position_sizer/config", R"({"targets": [[0.1, 0.2, 0.3, 0.4]]})"},
                           {"/chain/risk_feedback/resize_threshold", "0.5"}},
            "0.000000001");
  desk.set_prices({97.31, 1234.57, 3.07, 61.93});
  EXPECT_EQ(desk.decide().orders.size(), 4u);
  for (int bar = 1; bar < 20; ++bar) {
    desk.set_prices({97.31 + bar * 0.013, 1234.57 - bar * 0.17, 3.07 + bar * 0.001, 61.93});
    EXPECT_TRUE(desk.decide().orders.empty()) << "bar " << bar;
  }
}

}  // namespace
}  // namespace cadre::chain

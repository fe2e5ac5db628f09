#include "host/chain/exposure.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "tests/unit/chain/chance.hpp"

namespace cadre::chain {
namespace {

TEST(ExposureAtWorst, without_open_orders_is_the_sum_of_weights) {
  const std::vector<double> weight{0.5, -0.3, 0.1};
  const Exposure exposure = exposure_at_worst(weight, std::vector<OpenOrders>(3));
  EXPECT_NEAR(exposure.gross, 0.9, 1e-15);
  EXPECT_NEAR(exposure.highest_net, 0.3, 1e-15);
  EXPECT_NEAR(exposure.lowest_net, 0.3, 1e-15);
}

TEST(ExposureAtWorst, counts_an_open_order_as_filled_or_not_whichever_is_worse) {
  // A: 0.5 filled and 0.1 being sold: 0.4, or 0.5 when it is not filled. B: nothing filled, 0.2 being bought.
  // C: 0.1 filled, 0.3 being sold: -0.2 or 0.1.
  const std::vector<double> weight{0.4, 0.2, -0.2};
  const std::vector<OpenOrders> open{{0, 0.1}, {0.2, 0}, {0, 0.3}};
  const Exposure exposure = exposure_at_worst(weight, open);
  EXPECT_NEAR(exposure.gross, 0.5 + 0.2 + 0.2, 1e-15);
  EXPECT_NEAR(exposure.highest_net, 0.5 + 0.2 + 0.1, 1e-15);
  EXPECT_NEAR(exposure.lowest_net, 0.4 + 0.0 - 0.2, 1e-15);
}

TEST(ExposureAtWorst, is_never_below_that_of_any_set_of_fills) {
  test::Chance chance;
  SCOPED_TRACE(chance.said());
  for (int round = 0; round < 5000; ++round) {
    std::vector<double> filled(4), weight(4);
    std::vector<OpenOrders> open(4);
    for (std::size_t i = 0; i < 4; ++i) {
      filled[i] = chance.uniform(-0.5, 0.5);
      open[i] = {chance.random() % 2 == 0 ? 0 : chance.uniform(0, 0.3),
                 chance.random() % 2 == 0 ? 0 : chance.uniform(0, 0.3)};
      weight[i] = filled[i] + open[i].buy - open[i].sell;
    }
    const Exposure worst = exposure_at_worst(weight, open);
    double gross = 0, net = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      const double held = filled[i] + open[i].buy * static_cast<double>(chance.random() % 3) / 2 -
                          open[i].sell * static_cast<double>(chance.random() % 3) / 2;
      gross += std::fabs(held);
      net += held;
    }
    ASSERT_LE(gross, worst.gross + 1e-12);
    ASSERT_LE(net, worst.highest_net + 1e-12);
    ASSERT_GE(net, worst.lowest_net - 1e-12);
  }
}

TEST(FittedToOpenOrders, a_purchase_leaves_room_for_open_sales_that_may_not_be_filled) {
  // 0.25 filled, 0.1 being sold: 0.15. A target of 0.3 would be 0.4 without that sale.
  EXPECT_NEAR(fitted_to_open_orders(0.3, 0.15, {0, 0.1}, 0.3), 0.2, 1e-15);
  EXPECT_EQ(fitted_to_open_orders(0.18, 0.15, {0, 0.1}, 0.3), 0.18);
  EXPECT_EQ(fitted_to_open_orders(0.3, 0.15, {0.1, 0}, 0.3), 0.3);  // purchases are counted already
}

TEST(FittedToOpenOrders, a_short_sale_leaves_room_for_open_purchases) {
  EXPECT_NEAR(fitted_to_open_orders(-0.3, -0.15, {0.1, 0}, 0.3), -0.2, 1e-15);
}

TEST(FittedToOpenOrders, never_trades_away_from_the_target_and_never_holds_up_a_sale_of_what_is_held) {
  EXPECT_EQ(fitted_to_open_orders(0.35, 0.32, {0, 0.1}, 0.3), 0.32);
  EXPECT_EQ(fitted_to_open_orders(0.0, 0.5, {0.1, 0.1}, 0.3), 0.0);
}

}  // namespace
}  // namespace cadre::chain

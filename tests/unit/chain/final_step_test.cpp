// The final step: the orders that are really sent, as large as every limit allows.

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

/// A million; 300,000 of the first at 300 and as much short of the second at 100, of which no order may be
/// for more than 1,000: 300,000 of the first and 100,000 of the second.
test::Settings hedged(const char* net) {
  return {{"/chain/position_sizer/config", R"({"targets": [[0.3, -0.3, 0, 0]]})"},
          {"/chain/constraints", std::string(R"({"long_only": false, "max_net_exposure": )") + net + "}"},
          {"/pre_trade_checks/max_order_quantity", "1000"}};
}

TEST(FinalStep, what_the_gate_accepts_of_one_leg_stands_in_every_trial_of_the_other) {
  // Long 150,000 and short 100,000: 5 % net. To cap first and to scale then would give 75,000 and 25,000.
  Desk desk(hedged("0.05"));
  desk.set_prices({300, 100, 100, 100});
  const Decision& decision = desk.decide();
  EXPECT_THAT(desk.weights(), Pointwise(DoubleNear(1e-9), std::vector<double>{0.15, -0.1, 0, 0}));
  EXPECT_NEAR(decision.record.cut_factor, 0.5, 1e-5);
  for (const DecidedOrder& decided : decision.orders)
    EXPECT_TRUE(decided.verdict.accepted());
  EXPECT_EQ(decision.record.stages.back().reasons[1].code, std::uint32_t{CADRE_REASON_FITTED});
  EXPECT_EQ(decision.record.stages.back().reasons[0].code, std::uint32_t{CADRE_REASON_FINAL_CUT});
}

TEST(FinalStep, the_factor_is_refined_to_one_lot) {
  Desk desk(hedged("0.06"), "0.01");
  desk.set_prices({300, 100, 100, 100});
  desk.decide();
  // 160,000 are 533.33 units at 300; a lot is 0.01 units, 3 of a million.
  EXPECT_NEAR(desk.weights()[0], 0.16, 3e-6);
  EXPECT_LE(desk.weights()[0], 0.16 + 1e-12);
  EXPECT_NEAR(desk.weights()[1], -0.1, 1e-9);
}

/// A book that is 233 % gross, since what it is short has doubled, and wants to shrink to 90 % with 40 % of a
/// new name.
std::vector<double> shrunk_by(const char* type) {
  Desk desk({{"/chain/position_sizer/config", R"({"targets": [[0.6, -0.4, 0, 0], [0.2, -0.3, 0.4, 0]]})"},
             {"/chain/constraints", R"({"long_only": false, "max_gross_exposure": 1})"},
             {"/chain/execution_rules", std::string(R"({"name": "rules", "agent": "cadre.execution_rules",
                                                       "config": {"default_order_type": ")") +
                                            type + "\"}}"}});
  desk.decide();
  desk.set_prices({100, 200, 100, 100});
  desk.decide();
  return desk.weights();
}

TEST(FinalStep, a_book_above_its_exposure_buys_nothing_against_sales_that_may_rest) {
  EXPECT_THAT(shrunk_by("MARKET"), Pointwise(DoubleNear(1e-5), std::vector<double>{0.2, -0.3, 0.4, 0}));
  EXPECT_THAT(shrunk_by("LIMIT"), Pointwise(DoubleNear(1e-5), std::vector<double>{0.2, -0.3, 0, 0}));
}

TEST(FinalStep, one_trial_is_enough_when_nothing_binds) {
  Desk desk(test::Settings{{"/chain/position_sizer/config", R"({"targets": [[0.2, 0.2, 0.2, 0]]})"}});
  const Decision& decision = desk.decide();
  EXPECT_EQ(decision.record.cut_factor, 1);
  EXPECT_EQ(std::count(decision.stamped.begin(), decision.stamped.end(), "rules"), 1);
  EXPECT_EQ(decision.trials, 1u);
}

TEST(FinalStep, money_that_is_short_scales_all_purchases_and_refuses_none) {
  // Each half of the money; with a buffer of a quarter only 0.8 of it can be spent.
  Desk desk(test::Settings{{"/chain/position_sizer/config", R"({"targets": [[0.5, 0.5, 0, 0]]})"},
                           {"/pre_trade_checks/buying_power_buffer", "0.25"}});
  const Decision& decision = desk.decide();
  EXPECT_THAT(desk.weights(), Pointwise(DoubleNear(1e-4), std::vector<double>{0.4, 0.4, 0, 0}));
  ASSERT_EQ(decision.orders.size(), 2u);
  for (const DecidedOrder& decided : decision.orders)
    EXPECT_TRUE(decided.verdict.accepted());
}

TEST(FinalStep, an_order_of_which_the_gate_accepts_nothing_is_not_sent_and_says_why) {
  Desk desk(test::Settings{{"/chain/position_sizer/config", R"({"targets": [[0.2, 0.3, 0, 0]]})"},
                           {"/pre_trade_checks/restricted", R"(["AA"])"}});
  const Decision& decision = desk.decide();
  ASSERT_EQ(decision.orders.size(), 1u);
  EXPECT_EQ(decision.orders[0].order.instrument, 1u);
  EXPECT_EQ(decision.record.stages.back().reasons[0].code, std::uint32_t{CADRE_REASON_RESTRICTED});
  EXPECT_NEAR(decision.record.stages.back().target[0], 0, 1e-12);
}

// Both legs turn around, each to less than it was. The gate accepts of one leg what closes it and no more,
// and the other alone would be 20 % net.
TEST(FinalStep, a_flip_is_an_increase_from_zero_on) {
  Desk desk({{"/chain/position_sizer/config/targets", test::rows({{0.3, -0.3, 0, 0}, {-0.2, 0.2, 0, 0}})},
             {"/chain/constraints", R"({"long_only": false, "max_net_exposure": 0.1})"},
             {"/pre_trade_checks/limits", R"([{"instrument": "AA", "max_order_quantity": 3000}])"}});
  desk.decide();
  desk.decide();
  EXPECT_THAT(desk.weights(), Pointwise(DoubleNear(1e-6), std::vector<double>{0, 0.1, 0, 0}));
}

/// A book of 40 % short in one name and 60 % long in another wants to be 50 % short in both, whatever is
/// called which. The long one turns around, and what it closes makes the room for the other.
TEST(FinalStep, what_a_flip_closes_makes_room_whatever_comes_first) {
  const std::vector<test::Settings> bounds = {
      {{"/chain/constraints", R"({"long_only": false, "max_gross_exposure": 1, "max_net_exposure": 2})"}},
      {{"/chain/constraints", R"({"long_only": false, "max_gross_exposure": 3, "max_net_exposure": 2,
                                  "max_group_weight": [{"group": "g", "max": 1}]})"},
       {"/instruments/groups", R"({"AA": "g", "BB": "g"})"}},
      {{"/chain/constraints", R"({"long_only": false, "max_gross_exposure": 3, "max_net_exposure": 2})"},
       {"/instruments/margin_rate", "0.95"},
       {"/book/account", "\"margin\""}}};
  const std::vector<std::vector<double>> before = {{-0.4, 0.6, 0, 0}, {0.6, -0.4, 0, 0}};
  for (const test::Settings& bound : bounds) {
    for (const auto& held : before) {
      test::Settings settings = bound;
      settings.push_back({"/chain/position_sizer/config/targets", test::rows({held, {-0.5, -0.5, 0, 0}})});
      Desk desk(settings);
      desk.decide();
      const Decision& decision = desk.decide();
      EXPECT_EQ(decision.record.cut_factor, 1) << bound.front().second << held[0];
      EXPECT_THAT(desk.weights(), Pointwise(DoubleNear(1e-5), std::vector<double>{-0.5, -0.5, 0, 0}));
    }
  }
}

TEST(FinalStep, an_exit_is_never_cut) {
  Desk desk(test::Settings{
      {"/chain/position_sizer/config", R"({"targets": [[0.4, 0, 0, 0], [0.4, 0, 0, 0], [0, 0, 0, 0]]})"},
      {"/pre_trade_checks/max_order_quantity", "2000"}});
  desk.decide();
  EXPECT_NEAR(desk.weights()[0], 0.2, 1e-9);  // 2,000 of 4,000 units
  desk.decide();
  EXPECT_NEAR(desk.weights()[0], 0.4, 1e-9);
  desk.decide();
  EXPECT_NEAR(desk.weights()[0], 0, 1e-9);
}

/// Long and short targets of a book with a gross exposure of at most 1 and a net one of at most `net`.
std::vector<double> hedged_targets(test::Chance& chance, double net) {
  std::vector<double> target(4);
  for (std::size_t i = 0; i < 4; i += 2) {
    target[i] = chance.uniform(0, 0.25);
    target[i + 1] = -target[i] * chance.uniform(1 - net, 1);
  }
  if (chance.random() % 2 == 0) std::reverse(target.begin(), target.end());
  return target;
}

TEST(FinalStep, the_gate_refuses_nothing_for_its_size_over_thousands_of_random_books) {
  test::Chance chance;
  SCOPED_TRACE(chance.said());
  int cut = 0, fitted = 0;
  for (int round = 0; round < 100; ++round) {
    const double net = 0.1, most_units = std::round(chance.uniform(200, 2500));
    std::vector<std::vector<double>> targets;
    targets.reserve(30);
    for (int bar = 0; bar < 30; ++bar)
      targets.push_back(bar == 0 || chance.random() % 3 == 0 ? hedged_targets(chance, net) : targets.back());
    Desk desk({{"/chain/position_sizer/config", "{\"targets\": " + test::rows(targets) + "}"},
               {"/chain/constraints", R"({"long_only": false, "max_net_exposure": 0.1})"},
               {"/pre_trade_checks/max_order_quantity", std::to_string(most_units)},
               {"/pre_trade_checks/buying_power_buffer", chance.random() % 2 == 0 ? "0" : "0.2"}},
              chance.random() % 2 == 0 ? "0.000001" : "7");
    std::vector<double> prices{100, 100, 100, 100};
    for (int bar = 0; bar < 30; ++bar) {
      for (double& price : prices)
        price = std::round(price * chance.uniform(0.93, 1.09) * 100) / 100;
      desk.set_prices(prices);
      const Decision& decision = desk.decide();
      ASSERT_TRUE(decision.record.failures.empty()) << test::failures(decision)[0];
      const std::vector<double> after = desk.weights();
      bool increases = false;
      double gross = 0, sum = 0;
      for (std::size_t i = 0; i < 4; ++i) {
        const double before = static_cast<double>(decision.record.position_e9[i]) * 1e-9 * prices[i] /
                              decision.record.equity.to_double();
        const bool flips = after[i] * before < -1e-12;
        increases = increases || flips || std::fabs(after[i]) > std::fabs(before) + 1e-6;
        gross += std::fabs(after[i]);
        sum += after[i];
      }
      for (const DecidedOrder& decided : decision.orders) {
        ASSERT_TRUE(decided.verdict.accepted()) << execution::failed_codes(decided.verdict)[0];
        const std::int64_t held = decision.record.position_e9[decided.order.instrument];
        const bool closes = (held > 0) == (decided.order.side == CADRE_SIDE_SELL) && held != 0;
        const double exempt = closes ? std::fabs(static_cast<double>(held) * 1e-9) : 0;
        ASSERT_LE(static_cast<double>(decided.order.quantity_e9) * 1e-9, std::max(most_units, exempt) + 1e-6);
      }
      if (increases) {
        ASSERT_LE(std::fabs(sum), net + 1e-6) << round << ' ' << bar;
        ASSERT_LE(gross, 1 + 1e-6) << round << ' ' << bar;
      }
      cut += decision.record.cut_factor != 1;
      for (const cadre_reason& reason : decision.record.stages.back().reasons)
        fitted += reason.code == CADRE_REASON_FITTED;
    }
  }
  EXPECT_GT(cut, 0);
  EXPECT_GT(fitted, 100);
}

}  // namespace
}  // namespace cadre::chain

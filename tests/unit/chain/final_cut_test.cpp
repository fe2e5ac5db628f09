#include "host/chain/final_cut.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "tests/unit/chain/chance.hpp"
#include "tests/unit/chain/desk.hpp"

namespace cadre::chain {
namespace {

using test::Desk;
using testing::DoubleNear;
using testing::Pointwise;

TEST(CutTarget, keeps_reductions_whole_and_scales_increases) {
  struct Case {
    double current, target, factor, expected;
  };
  const Case cases[] = {
      {0.2, 0.4, 0.5, 0.3},     // half of the increase
      {0.2, 0.4, 0.0, 0.2},     // none of it
      {0.2, 0.4, 1.0, 0.4},     // all of it
      {0.2, 0.1, 0.0, 0.1},     // a reduction
      {0.2, 0.0, 0.0, 0.0},     // a close
      {0.2, 0.2, 0.0, 0.2},     // nothing to do
      {0.0, 0.3, 0.25, 0.075},  // a new position
      {-0.2, -0.4, 0.5, -0.3},  // a larger short
      {-0.2, -0.1, 0.0, -0.1},  // a smaller short
      {0.2, -0.4, 0.5, -0.2},   // a flip: down to zero whole, half of what is beyond
      {0.2, -0.4, 0.0, 0.0},    // a flip without its increase closes
      {-0.2, 0.4, 0.25, 0.1},
  };
  for (const Case& c : cases)
    EXPECT_DOUBLE_EQ(cut_target(c.current, c.target, c.factor), c.expected)
        << c.current << " to " << c.target << " by " << c.factor;
}

TEST(LargestFeasibleFactor, takes_the_first_feasible_from_above) {
  // Feasible at and below 1/4 and between 1/2 and 5/8: a bisection could end at 1/4.
  const auto feasible = [](double f) { return f <= 0.25 || (f >= 0.5 && f <= 0.625); };
  EXPECT_EQ(largest_feasible_factor(cut_steps, feasible), 0.625);
  EXPECT_EQ(largest_feasible_factor(7, feasible), 0.25);
  EXPECT_EQ(largest_feasible_factor(cut_steps, [](double) { return true; }), 1);
  EXPECT_EQ(largest_feasible_factor(cut_steps, [](double f) { return f == 0; }), 0);
}

TEST(LargestFeasibleFactor, says_so_when_not_even_zero_is_feasible) {
  EXPECT_EQ(largest_feasible_factor(cut_steps, [](double) { return false; }), -1);
}

std::string limited(double limit) {
  return "{\"limit\": " + std::to_string(limit) + "}";
}

TEST(FinalCut, scales_what_an_adjuster_added_after_the_loop) {
  // Targets of 0.5 pass the loop; the adjuster makes them 0.9, and the loop before the cut brings them to
  // 0.6.
  Desk desk(
      {{"/chain/position_sizer/config", "{\"targets\": [[0.3, 0.2, 0, 0]]}"},
       {"/chain/risk_managers/0/config", limited(0.6)},
       {"/chain/trade_adjusters",
        R"([{"name": "adder", "agent": "test.adjuster", "config": {"targets": [[0.6, 0.3, 0, 0]]}}])"}});
  const Decision& decision = desk.decide();
  EXPECT_THAT(test::target_after(desk, decision, "adder"), testing::ElementsAre(0.6, 0.3, 0, 0));
  EXPECT_THAT(test::target_after(desk, decision, "final_cut"),
              Pointwise(DoubleNear(1e-9), std::vector<double>{0.4, 0.2, 0, 0}));
  EXPECT_THAT(desk.weights(), Pointwise(DoubleNear(1e-6), std::vector<double>{0.4, 0.2, 0, 0}));
}

TEST(FinalCut, when_the_manager_cannot_adjust_only_increases_are_scaled) {
  // 0.5 + 0.1 held; 0.1 and 0.6 wanted against a limit of 0.6: the sale stays whole, of the purchase of 0.5
  // as many lots as fit go through: 0.1 + 0.1 + f 0.5 <= 0.6, f <= 0.8.
  Desk desk(
      test::Settings{{"/chain/position_sizer/config", "{\"targets\": [[0.5, 0.1, 0, 0], [0.1, 0.6, 0, 0]]}"},
                     {"/chain/risk_managers/0/config", R"({"limit": 0.6, "step": 0})"}});
  EXPECT_EQ(desk.decide().record.cut_factor, 1);
  const Decision& decision = desk.decide();
  EXPECT_NEAR(decision.record.cut_factor, 0.8, 1e-6);
  EXPECT_THAT(desk.weights(), Pointwise(DoubleNear(1e-6), std::vector<double>{0.1, 0.5, 0, 0}));
  EXPECT_EQ(decision.record.stages.back().reasons[1].code, std::uint32_t{CADRE_REASON_FINAL_CUT});
  EXPECT_EQ(decision.record.stages.back().reasons[0].code, 0u);
}

TEST(FinalCut, a_book_above_its_limit_may_swap_one_risk_for_another_but_not_add_any) {
  Desk desk(
      test::Settings{{"/chain/position_sizer/config", "{\"targets\": [[0.8, 0, 0, 0], [0.79, 0.2, 0, 0]]}"},
                     {"/chain/risk_managers/0/config", R"({"limit": 0.85, "step": 0})"}});
  desk.decide();
  desk.set_prices({200, 100, 100, 100});  // 1.6 of 1.8 million: 0.8889, above the limit
  const Decision& decision = desk.decide();
  // 0.79 + f 0.2 <= 1.6/1.8, f <= 0.49444.
  EXPECT_NEAR(decision.record.cut_factor, (1.6 / 1.8 - 0.79) / 0.2, 1e-6);
  EXPECT_THAT(desk.weights(), Pointwise(DoubleNear(1e-6), std::vector<double>{0.79, 1.6 / 1.8 - 0.79, 0, 0}));
  EXPECT_LE(desk.weights()[0] + desk.weights()[1], 1.6 / 1.8 + 1e-9);
}

TEST(FinalCut, a_sale_is_a_lot_larger_where_rounding_it_would_cut_the_purchases) {
  // Lots are 0.01 of equity. 0.585 in all is the limit; 0.115 of the first would be sold as 0.11, and 0.39
  // and 0.2 are too much.
  Desk desk(test::Settings{{"/chain/position_sizer/config",
                            "{\"targets\": [[0.5, 0.05, 0, 0], [0.385, 0.2, 0, 0]]}"},
                           {"/chain/risk_managers/0/config", R"({"limit": 0.585, "step": 0})"}},
            "100");
  desk.decide();
  const Decision& decision = desk.decide();
  EXPECT_EQ(decision.record.cut_factor, 1);
  EXPECT_THAT(desk.weights(), Pointwise(DoubleNear(1e-6), std::vector<double>{0.38, 0.2, 0, 0}));
  EXPECT_EQ(decision.record.stages.back().reasons[0].code, std::uint32_t{CADRE_REASON_LOT});
}

TEST(FinalCut, a_sale_is_a_lot_larger_where_that_brings_a_book_back_inside_its_limit) {
  Desk desk(
      test::Settings{{"/chain/position_sizer/config", "{\"targets\": [[0.4, 0, 0, 0], [0.4, 0, 0, 0]]}"},
                     {"/chain/risk_managers/0/config", R"({"limit": 0.405})"}},
      "100");
  desk.decide();
  desk.set_prices({104, 100, 100, 100});  // 4,000 at 104 of 1.016 million: 0.4094; a lot is 0.01024
  const Decision& decision = desk.decide();
  // The sizer wants 0.4, which is 0.93 of a lot less: none, rounded towards the position, and that is above
  // 0.405.
  EXPECT_EQ(decision.record.cut_factor, 1);
  EXPECT_NEAR(desk.weights()[0], 3900 * 104 / 1.016e6, 1e-6);
  EXPECT_EQ(decision.record.stages.back().reasons[0].code, std::uint32_t{CADRE_REASON_LOT});
}

/// A book that drifts above its limit while its sizer fails, so that nothing wants to trade.
test::Settings drifting(const std::string& policy) {
  return {{"/chain/position_sizer/config",
           R"({"targets": [[0.4, 0.4, 0, 0]], "failure": "error", "fail_from": 2})"},
          {"/chain/risk_managers/0/config", R"({"limit": 0.85, "step": 0})"},
          {"/chain/risk_feedback/over_limit", "\"" + policy + "\""}};
}

TEST(FinalCut, freeze_leaves_a_book_that_drifted_above_its_limit) {
  Desk desk(drifting("freeze"));
  desk.decide();
  desk.set_prices({300, 300, 100, 100});  // 2.4 of 2.6 million
  const Decision& decision = desk.decide();
  EXPECT_TRUE(decision.orders.empty());
  EXPECT_NEAR(desk.weights()[0], 1.2 / 2.6, 1e-6);
}

TEST(FinalCut, scale_to_limit_sells_a_book_that_drifted_above_its_limit_down_to_it) {
  Desk desk(drifting("scale_to_limit"));
  EXPECT_EQ(desk.decide().orders.size(), 2u);
  desk.set_prices({300, 300, 100, 100});
  const Decision& decision = desk.decide();
  // 0.85 in all, the same of both.
  EXPECT_NEAR(desk.weights()[0], 0.425, 1e-6);
  EXPECT_NEAR(desk.weights()[1], 0.425, 1e-6);
  EXPECT_LE(desk.weights()[0] + desk.weights()[1], 0.85 + 1e-9);
  EXPECT_EQ(decision.record.stages.back().reasons[0].code, std::uint32_t{CADRE_REASON_FINAL_CUT});
}

TEST(FinalCut, scale_to_limit_sells_nothing_when_no_size_is_acceptable) {
  auto settings = drifting("scale_to_limit");
  settings.push_back({"/chain/risk_managers",
                      R"([{"name": "risk", "agent": "test.risk", "config": {"says": "not_acceptable"}}])"});
  settings.push_back({"/chain/position_sizer", R"({"name": "sizer", "agent": "test.sizer"})"});
  Desk desk(settings);
  EXPECT_TRUE(desk.decide().orders.empty());
}

TEST(FinalCut, no_book_ends_above_its_ceilings_but_by_reductions_over_thousands_of_random_books) {
  test::Chance chance;
  SCOPED_TRACE(chance.said());
  int above = 0, traded = 0;
  for (int round = 0; round < 100; ++round) {
    const double limit = std::round(chance.uniform(0.3, 0.8) * 1e4) / 1e4;
    const bool hard = chance.random() % 2 == 0;
    const double speed = hard || chance.random() % 2 == 0 ? 0 : 0.1;
    std::vector<std::vector<double>> targets;
    for (int bar = 0; bar < 30; ++bar) {
      // Now and then new wishes, else those of the bar before, a little changed.
      const bool anew = bar == 0 || chance.random() % 4 == 0;
      targets.push_back(anew ? std::vector<double>(4) : targets.back());
      for (double& w : targets.back())
        w = anew ? (chance.random() % 4 == 0 ? 0.0 : chance.uniform(0, 0.25))
                 : std::min(0.25, w * chance.uniform(0.97, 1.04));
    }
    Desk desk({{"/chain/position_sizer/config", "{\"targets\": " + test::rows(targets) + "}"},
               {"/chain/risk_managers/0/config", "{\"limit\": " + std::to_string(limit) +
                                                     ", \"hard\": " + (hard ? "true" : "false") +
                                                     ", \"speed\": " + std::to_string(speed) + "}"},
               {"/chain/risk_feedback/resize_threshold", chance.random() % 2 == 0 ? "0.01" : "0.03"}},
              chance.random() % 2 == 0 ? "0.000001" : "7");
    std::vector<double> prices{100, 100, 100, 100};
    for (int bar = 0; bar < 30; ++bar) {
      for (double& price : prices)
        price = std::round(price * chance.uniform(0.93, 1.09) * 100) / 100;
      desk.set_prices(prices);
      const Decision& decision = desk.decide();
      double now = 0;
      bool increases = false;
      const std::vector<double> after = desk.weights();
      for (std::size_t i = 0; i < 4; ++i) {
        const double before = static_cast<double>(decision.record.position_e9[i]) * 1e-9 * prices[i] /
                              decision.record.equity.to_double();
        now += before;
        increases = increases || after[i] > before + 1e-6;
      }
      const double tolerated = limit * (hard ? 1 : 1.01);
      const double allowed = std::max(tolerated, now - speed * (now - limit));
      const double ends = std::accumulate(after.begin(), after.end(), 0.0);
      above += now > tolerated;
      traded += increases;
      ASSERT_LE(ends, now > tolerated && !increases ? now + 1e-6 : allowed + 1e-6)
          << "round " << round << " bar " << bar << " limit " << limit << " speed " << speed;
      // Where the sizer wants no less than the loop allows, the loop is what ends it.
      if (decision.record.cut_factor == 1) {
        ASSERT_LE(ends, std::max(allowed, tolerated) + 1e-6) << round << ' ' << bar;
      }
    }
  }
  EXPECT_GT(above, 60);
  EXPECT_GT(traded, 300);
}

TEST(FinalCut, risk_never_exceeds_the_limit_or_what_the_book_had_over_random_books) {
  test::Chance chance;
  SCOPED_TRACE(chance.said());
  int cut = 0;
  for (int round = 0; round < 30; ++round) {
    const std::vector<double> risk{chance.uniform(0.1, 2), chance.uniform(0.1, 2), chance.uniform(0.1, 2),
                                   chance.uniform(0.1, 2)};
    const double limit = std::round(chance.uniform(0.05, 0.4) * 1e4) / 1e4;
    std::vector<std::vector<double>> first, added;
    for (int bar = 0; bar < 12; ++bar) {
      for (auto* targets : {&first, &added}) {
        targets->push_back({});
        for (int i = 0; i < 4; ++i)
          targets->back().push_back(chance.random() % 4 == 0 ? 0.0 : chance.uniform(-0.25, 0.25));
      }
    }
    std::string risks = test::rows({risk});
    risks = risks.substr(1, risks.size() - 2);
    Desk desk(
        {{"/chain/constraints", R"({"long_only": false, "max_gross_exposure": 2, "max_net_exposure": 2})"},
         {"/chain/position_sizer/config", "{\"targets\": " + test::rows(first) + "}"},
         {"/chain/trade_adjusters",
          "[{\"name\": \"adder\", \"agent\": \"test.adjuster\", \"config\": {\"targets\": " +
              test::rows(added) + "}}]"},
         {"/chain/risk_managers/0/config", "{\"limit\": " + std::to_string(limit) + ", \"step\": " +
                                               std::to_string(chance.random() % 2 == 0 ? 0.0 : 0.3) +
                                               ", \"risk\": " + risks + "}"},
         {"/chain/risk_feedback/max_iterations", "3"}},
        round % 2 == 0 ? "0.000001" : "7");
    const auto risk_of = [&](const std::vector<double>& weights) {
      double sum = 0;
      for (std::size_t i = 0; i < 4; ++i)
        sum += std::fabs(weights[i]) * risk[i];
      return sum;
    };
    std::vector<double> prices{100, 100, 100, 100};
    for (int bar = 0; bar < 12; ++bar) {
      for (double& price : prices)
        price = std::round(price * chance.uniform(0.93, 1.08) * 100) / 100;
      desk.set_prices(prices);
      const Decision& decision = desk.decide();
      // What was held at this bar's prices, before the orders of this decision.
      std::vector<double> before;
      for (std::size_t i = 0; i < 4; ++i) {
        before.push_back(static_cast<double>(decision.record.position_e9[i]) * 1e-9 * prices[i] /
                         decision.record.equity.to_double());
      }
      const double allowed = std::max(limit, risk_of(before));
      bool all_accepted = true;
      for (const DecidedOrder& order : decision.orders)
        all_accepted = all_accepted && order.verdict.accepted();
      cut += decision.record.cut_factor < 1;
      if (!all_accepted) continue;  // a flip that the gate refused leaves what it was to replace
      ASSERT_LE(risk_of(desk.weights()), allowed * (1 + 1e-6)) << "round " << round << " bar " << bar;
      for (std::size_t i = 0; i < 4; ++i) {
        const double want = test::target_after(desk, decision, "adder")[i];
        const double held = desk.weights()[i];
        // Nobody ends larger than both what was held and what was wanted.
        ASSERT_LE(std::fabs(held), std::max(std::fabs(before[i]), std::fabs(want)) + 1e-6);
      }
    }
  }
  EXPECT_GT(cut, 20);  // else this test has tested nothing
}

}  // namespace
}  // namespace cadre::chain

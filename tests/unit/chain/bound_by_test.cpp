// Whatever made an order smaller, or left it out, is in the record of its decision by name.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "host/model/order.hpp"
#include "tests/unit/chain/desk.hpp"

namespace cadre::chain {
namespace {

using test::Desk;
using testing::ElementsAre;
using testing::IsEmpty;

test::Settings with_targets(const std::vector<std::vector<double>>& targets, test::Settings others) {
  others.push_back({"/chain/position_sizer/config/targets", test::rows(targets)});
  return others;
}

/// "name of AA: wanted of limit", with two decimals; without figures where there are none.
std::vector<std::string> bounds_of(const Decision& decision) {
  std::vector<std::string> all;
  for (const cadre_limit_use& use : decision.record.bound_by) {
    std::string text(model::id_text(use.name));
    const char* ids[] = {"AA", "BB", "CC", "DD"};
    if (use.instrument != CADRE_BOOK) text += std::string(" of ") + ids[use.instrument];
    char figures[64];
    std::snprintf(figures, sizeof figures, ": %.2f of %.2f", use.value, use.limit);
    if (!std::isnan(use.value)) text += figures;
    all.push_back(text);
  }
  return all;
}

TEST(BoundBy, nothing_is_told_where_nothing_binds) {
  Desk desk(with_targets({{0.2, 0.2, 0.2, 0}}, {}));
  EXPECT_THAT(bounds_of(desk.decide()), IsEmpty());
}

TEST(BoundBy, a_check_of_one_order_says_what_was_wanted_and_what_it_accepts) {
  // 2,000 and 3,000 units are wanted.
  Desk desk(with_targets({{0.2, 0.3, 0, 0}}, {{"/pre_trade_checks/max_order_notional", "250000"},
                                              {"/pre_trade_checks/restricted", R"(["AA"])"}}));
  EXPECT_THAT(bounds_of(desk.decide()), ElementsAre("RESTRICTION_RESTRICTED_LIST of AA: 2000.00 of 0.00",
                                                    "FAT_FINGER_MAX_NOTIONAL of BB: 3000.00 of 2500.00"));
}

TEST(BoundBy, a_group_is_named_with_what_it_would_weigh) {
  Desk desk(
      with_targets({{0.2, 0.4, 0.3, 0}},
                   {{"/instruments/groups", R"({"AA": "tech", "BB": "tech", "CC": "oil"})"},
                    {"/chain/constraints", R"({"max_group_weight": [{"group": "tech", "max": 0.3}]})"}}));
  EXPECT_THAT(bounds_of(desk.decide()), ElementsAre("CREDIT_GROUP_LIMIT tech of AA: 0.60 of 0.30",
                                                    "CREDIT_GROUP_LIMIT tech of BB: 0.60 of 0.30"));
}

TEST(BoundBy, the_final_cut_names_every_check_that_the_whole_would_fail) {
  Desk desk(with_targets({{0.5, 0.5, 0, 0}},
                         {{"/pre_trade_checks/buying_power_buffer", "0.25"},
                          {"/pre_trade_checks/turnover_budget", R"({"max": 0.6, "sessions": 1})"}}));
  const Decision& decision = desk.decide();
  EXPECT_LT(decision.record.cut_factor, 1);
  EXPECT_THAT(bounds_of(decision), ElementsAre("CREDIT_BUYING_POWER", "RESTRICTION_TURNOVER_BUDGET"));
}

TEST(BoundBy, a_leg_that_is_capped_and_the_net_exposure_of_the_other_are_both_named) {
  // 300,000 long at 300; 3,000 short at 100, of which the gate accepts 1,000: 20 % net. Half of both is
  // tried.
  Desk desk({{"/chain/position_sizer/config", R"({"targets": [[0.3, -0.3, 0, 0]]})"},
             {"/chain/constraints", R"({"long_only": false, "max_net_exposure": 0.05})"},
             {"/pre_trade_checks/max_order_quantity", "1000"}});
  desk.set_prices({300, 100, 100, 100});
  EXPECT_THAT(bounds_of(desk.decide()), ElementsAre("CREDIT_NET_EXPOSURE: 0.20 of 0.05",
                                                    "FAT_FINGER_MAX_QUANTITY of BB: 1500.00 of 1000.00"));
}

TEST(BoundBy, a_limit_of_a_risk_manager_is_named_where_the_loop_could_not_keep_it) {
  Desk desk(
      with_targets({{0.4, 0.4, 0, 0}},
                   {{"/chain/risk_managers",
                     R"([{"name": "risk", "agent": "test.risk", "config": {"limit": 0.5, "step": 0}}])"}}));
  const Decision& decision = desk.decide();
  EXPECT_LT(decision.record.cut_factor, 1);
  EXPECT_THAT(bounds_of(decision), ElementsAre("linear: 0.80 of 0.50"));
}

TEST(BoundBy, the_limit_that_the_risk_loop_cut_for_is_named_with_what_was_proposed) {
  Desk desk(with_targets(
      {{0.4, 0.4, 0, 0}},
      {{"/chain/risk_managers", R"([{"name": "risk", "agent": "test.risk", "config": {"limit": 0.5}}])"}}));
  const Decision& decision = desk.decide();
  EXPECT_EQ(decision.record.cut_factor, 1);
  EXPECT_THAT(bounds_of(decision), ElementsAre("linear: 0.80 of 0.50"));
  EXPECT_EQ(decision.record.bound_by[0].flags & journal::bound_in_loop, journal::bound_in_loop);
}

TEST(BoundBy, the_largest_weight_of_an_instrument_is_told) {
  Desk desk(with_targets({{0.2, 0.3, 0, 0}},
                         {{"/pre_trade_checks/limits", R"([{"instrument": "BB", "max_weight": 0.25}])"}}));
  const std::vector<std::string> told = bounds_of(desk.decide());
  EXPECT_THAT(told, ElementsAre("CREDIT_POSITION_LIMIT of BB: 3000.00 of 2500.00"));
}

TEST(BoundBy, begins_anew_with_every_decision) {
  Desk desk(with_targets({{0.2, 0.3, 0, 0}, {0.2, 0.2, 0, 0}},
                         {{"/pre_trade_checks/max_order_notional", "250000"}}));
  desk.decide();
  EXPECT_THAT(bounds_of(desk.decide()), IsEmpty());
}

}  // namespace
}  // namespace cadre::chain

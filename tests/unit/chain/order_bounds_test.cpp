// Bounds that are met when orders are made, so that the gate refuses nothing day after day: groups of
// instruments, a turnover budget, windows without trading, bounds of one instrument.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/model/order.hpp"
#include "tests/unit/chain/desk.hpp"

namespace cadre::chain {
namespace {

using test::Desk;
using testing::DoubleNear;
using testing::Pointwise;

auto are(const std::vector<double>& weights) {
  return Pointwise(DoubleNear(2e-6), weights);
}

void expect_all_accepted(const Decision& decision) {
  for (const DecidedOrder& decided : decision.orders)
    EXPECT_TRUE(decided.verdict.accepted()) << execution::failed_codes(decided.verdict)[0];
}

test::Settings with_targets(const std::vector<std::vector<double>>& targets, test::Settings others) {
  others.push_back({"/chain/position_sizer/config/targets", test::rows(targets)});
  return others;
}

TEST(GroupLimit, increases_of_a_group_shrink_alike_and_others_are_left_alone) {
  Desk desk(
      with_targets({{0.2, 0.4, 0.3, 0}},
                   {{"/instruments/groups", R"({"AA": "tech", "BB": "tech", "CC": "oil"})"},
                    {"/chain/constraints", R"({"max_group_weight": [{"group": "tech", "max": 0.3}]})"}}));
  const Decision& decision = desk.decide();
  EXPECT_THAT(desk.weights(), are({0.1, 0.2, 0.3, 0}));
  EXPECT_EQ(decision.record.stages.back().reasons[0].code, std::uint32_t{CADRE_REASON_EXPOSURE});
  expect_all_accepted(decision);
}

TEST(GroupLimit, a_group_above_its_limit_keeps_what_it_has_and_sells_what_it_wants_to) {
  Desk desk(with_targets({{0.2, 0.1, 0, 0}, {0.3, 0.05, 0, 0}, {0, 0, 0, 0}},
                         {{"/instruments/groups", R"({"AA": "tech", "BB": "tech", "CC": "oil"})"},
                          {"/chain/constraints", R"({"max_group_weight": [{"group": "*", "max": 0.3}]})"}}));
  desk.decide();
  desk.set_prices({150, 150, 100, 100});  // 300,000 became 450,000 of 1,150,000
  const Decision& decision = desk.decide();
  EXPECT_THAT(desk.weights(), are({0.3 / 1.15, 0.05, 0, 0}));
  expect_all_accepted(decision);
  desk.decide();
  EXPECT_THAT(desk.weights(), are({0, 0, 0, 0}));
}

TEST(TurnoverBudget, increases_shrink_to_what_is_left_and_reductions_pass) {
  Desk desk(with_targets({{0.4, 0, 0, 0}, {0, 0.3, 0.3, 0}, {0, 0.3, 0.3, 0}},
                         {{"/pre_trade_checks/turnover_budget", R"({"max": 0.6, "sessions": 2})"}}));
  desk.decide();
  const Decision& decision = desk.decide();  // 40 % traded, 40 % are sold: nothing is left
  EXPECT_THAT(desk.weights(), are({0, 0, 0, 0}));
  expect_all_accepted(decision);
  const Decision& last = desk.decide();  // the first session has gone; 40 % of 60 % are used
  EXPECT_THAT(desk.weights(), Pointwise(DoubleNear(2e-4), std::vector<double>{0, 0.1, 0.1, 0}));
  expect_all_accepted(last);
}

TEST(NoTradeWindow, increases_wait_for_its_end_and_reductions_do_not) {
  Desk desk(with_targets(
      {{0.4, 0, 0, 0}, {0.2, 0.2, 0, 0}, {0.2, 0.2, 0, 0}},
      {{"/pre_trade_checks/no_trade_windows", R"([{"from": "2024-01-02", "to": "2024-01-02"}])"}}));
  desk.decide();
  const Decision& decision = desk.decide();
  EXPECT_THAT(desk.weights(), are({0.2, 0, 0, 0}));
  EXPECT_EQ(decision.record.stages.back().reasons[1].code, std::uint32_t{CADRE_REASON_RESTRICTED});
  expect_all_accepted(decision);
  desk.decide();
  EXPECT_THAT(desk.weights(), are({0.2, 0.2, 0, 0}));
}

TEST(ScopedLimits, bound_an_instrument_or_a_book_that_runs_an_agent) {
  Desk desk(with_targets({{0.4, 0.4, 0, 0}, {0.4, 0.4, 0, 0}},
                         {{"/pre_trade_checks/limits", R"([{"instrument": "AA", "max_order_notional": 100000},
                            {"instrument": "BB", "max_weight": 0.25},
                            {"agent": "test.risk", "max_order_quantity": 2000},
                            {"agent": "nobody.is.here", "max_order_quantity": 1}])"}}));
  const Decision& decision = desk.decide();
  EXPECT_THAT(desk.weights(), are({0.1, 0.2, 0, 0}));
  expect_all_accepted(decision);
  desk.decide();
  EXPECT_THAT(desk.weights(), are({0.2, 0.25, 0, 0}));
}

TEST(GroupLimit, of_groups_that_overlap_does_not_depend_on_names) {
  // P is in both groups, Q and R in one each.
  const auto weights = [](const char* p, const char* q, const char* r, const std::vector<double>& targets) {
    Desk desk(with_targets(
        {targets}, {{"/instruments/table",
                     std::string("[{\"id\": \"") + p + R"(", "groups": ["g", "h"]}, {"id": ")" + q +
                         R"(", "groups": ["g"]}, {"id": ")" + r + R"(", "groups": ["h"]}, {"id": "DD"}])"},
                    {"/chain/constraints", R"({"max_group_weight": [{"group": "*", "max": 0.5}]})"}}));
    desk.decide();
    return desk.weights();
  };
  const std::vector<double> one = weights("AA", "BB", "CC", {0.5, 0.3, 0.1, 0});
  const std::vector<double> other = weights("CC", "BB", "AA", {0.1, 0.3, 0.5, 0});
  EXPECT_THAT(other, are({one[2], one[1], one[0], 0}));
  EXPECT_THAT(one, are({0.3125, 0.1875, 0.1 / 1.2, 0}));
}

TEST(MinimumNotional, parts_that_are_worth_too_little_go_together_and_an_exit_ends) {
  Desk desk(
      with_targets(
          {{0.05, 0, 0, 0}, {0.05, 0, 0, 0}},
          {{"/instruments",
            R"({"lot": 1, "table": [{"id": "AA", "minimum_notional": 6000}, {"id": "BB"}, {"id": "CC"}, {"id": "DD"}]})"},
           {"/chain/execution_rules",
            R"({"name": "rules", "agent": "test.rules", "config": {"slices": 10, "time_in_force": "GTC"}})"}}),
      "1");
  for (int bar = 0; bar < 10; ++bar)
    desk.decide();
  EXPECT_THAT(desk.weights(), are({0.05, 0, 0, 0}));
  std::vector<std::int64_t> sent;
  for (const execution::TrackedOrder& tracked : desk.book().ledger().tracker().orders()) {
    EXPECT_EQ(tracked.failed_checks, 0u);
    sent.push_back(tracked.order.quantity_e9 / 1'000'000'000);
  }
  EXPECT_THAT(sent, testing::ElementsAre(60, 60, 60, 60, 60, 60, 60, 80));
}

TEST(Messages, are_what_leaves_and_not_what_goes_in_parts) {
  Desk desk(
      with_targets(
          {{0.05, 0.05, 0.05, 0}},
          {{"/pre_trade_checks", R"({"max_messages_per_second": 3, "max_orders_per_day": 3})"},
           {"/chain/execution_rules",
            R"({"name": "rules", "agent": "test.rules", "config": {"slices": 5, "time_in_force": "GTC"}})"}}),
      "1");
  for (int bar = 0; bar < 5; ++bar)
    desk.decide();
  EXPECT_THAT(desk.weights(), are({0.05, 0.05, 0.05, 0}));
  for (const execution::TrackedOrder& tracked : desk.book().ledger().tracker().orders())
    EXPECT_EQ(tracked.failed_checks, 0u);
}

}  // namespace
}  // namespace cadre::chain

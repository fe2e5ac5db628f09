// What was wanted and not traded is counted by its reason, with what it would have earned: by hand.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "tests/scenarios/trading_rules/lab.hpp"

namespace cadre::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// The rows of unexecuted.csv after a run with these settings.
std::vector<std::string> unexecuted(const Market& market, std::vector<config::Override> settings,
                                    const std::vector<config::Override>& more) {
  settings.insert(settings.end(), more.begin(), more.end());
  Lab lab(market, settings);
  lab.run();
  std::ifstream in(lab.path("run") / "unexecuted.csv");
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);)
    lines.push_back(line);
  EXPECT_EQ(lines.at(0), "reason,times,first,first_instrument,opportunity_cost");
  lines.erase(lines.begin());
  double sum = 0;
  for (const std::string& line : lines)
    sum += std::stod(line.substr(line.rfind(',') + 1));
  EXPECT_NEAR(lab.result().counts.opportunity_cost, sum, 0.01 * static_cast<double>(lines.size()));
  return lines;
}

// Half of 100,000 at 10, in orders of at most 1,000: 4,000 are missed, then 3,000 up to 11; of half of
// 101,000 at 11, 4,590, 1,590 are missed up to 12; of half of 103,000 at 12, 4,291, 291 for which nothing
// comes.
TEST(Opportunity, of_what_a_check_leaves_out_is_from_a_decision_to_the_next) {
  const Market market = market_of({"AA"}, {{10}, {10}, {11}, {12}, {12}});
  EXPECT_THAT(unexecuted(market, free_trading("[[0.5]]"), {{"/pre_trade_checks/max_order_quantity", "1000"}}),
              ElementsAre("FAT_FINGER_MAX_QUANTITY,4,2020-01-02,AA,4590"));
}

TEST(Opportunity, of_a_short_that_was_not_sold_is_a_saving_when_the_price_rises) {
  const Market market = market_of({"AA"}, {{10}, {12}});
  EXPECT_THAT(unexecuted(market, free_trading("[[-0.5]]"), {{"/pre_trade_checks/restricted", R"(["AA"])"}}),
              ElementsAre("RESTRICTION_RESTRICTED_LIST,2,2020-01-02,AA,-10000"));
}

// 5,000 at 10, then 4,545 of them at 11.
TEST(Opportunity, of_an_order_that_was_rejected_is_what_was_left_of_it) {
  const Market market = market_of({"AA"}, {{10}, {11}, {12}});
  EXPECT_THAT(unexecuted(market, free_trading("[[0.5]]", R"({"reject_probability": 1})"), {}),
              ElementsAre(testing::MatchesRegex("rejected,[23],2020-01-0[23],AA,9545")));
}

TEST(Opportunity, is_none_where_all_is_traded_or_is_no_longer_wanted) {
  const Market market = market_of({"AA"}, {{10}, {10}, {11}, {12}});
  EXPECT_THAT(unexecuted(market, free_trading("[[0.5], [0.2], [0.5]]"), {}), IsEmpty());
}

// With a budget of 30 % a session both purchases of 25 % are cut to 15 %: 1,000 of each are missed, of which
// one rises by 1 and the other falls by 2.
TEST(Opportunity, of_a_cut_of_the_whole_decision_is_that_of_the_check_that_made_it) {
  const Market market = market_of({"AA", "BB"}, {{10, 10}, {11, 8}});
  const auto rows = unexecuted(market, free_trading("[[0.25, 0.25]]"),
                               {{"/pre_trade_checks/turnover_budget", R"({"max": 0.3, "sessions": 1})"}});
  EXPECT_THAT(rows, ElementsAre(testing::StartsWith("RESTRICTION_TURNOVER_BUDGET,")));
  EXPECT_THAT(rows, ElementsAre(testing::EndsWith(",AA,-1000")));
}

}  // namespace
}  // namespace cadre::test

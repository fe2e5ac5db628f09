// The fortnight of fortnight.md, which was worked out by hand: every day to the cent.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "host/base/date.hpp"
#include "host/base/decimal.hpp"
#include "tests/scenarios/trading_rules/lab.hpp"

namespace cadre::test {
namespace {

constexpr const char* folder = CADRE_SOURCE_DIR "/tests/scenarios/days/";
const std::vector<std::string> names{"AA", "BB", "CC", "SS"};

std::string text_of(const char* name) {
  std::ifstream in(std::string(folder) + name);
  std::ostringstream text;
  text << in.rdbuf();
  EXPECT_FALSE(text.str().empty()) << name;
  return text.str();
}

struct Day {
  std::int32_t date = 0;
  std::vector<std::int64_t> held;
  base::Money cash, costs, equity;
};

/// The rows of the table at the end of fortnight.md.
std::vector<Day> worked_out() {
  std::vector<Day> days;
  std::istringstream lines(text_of("fortnight.md"));
  bool is_table = false;
  for (std::string line; std::getline(lines, line);) {
    is_table = is_table || line.starts_with("| date | AA |");
    if (!is_table || !line.starts_with("| 2020-")) continue;
    std::istringstream cells(line);
    std::string bar, date, cash, costs, equity;
    Day day;
    cells >> bar >> date;
    for (std::size_t i = 0; i < names.size(); ++i)
      cells >> bar >> day.held.emplace_back();
    cells >> bar >> cash >> bar >> costs >> bar >> equity;
    day.date = *base::parse_date(date);
    day.cash = *base::Money::parse(cash);
    day.costs = *base::Money::parse(costs);
    day.equity = *base::Money::parse(equity);
    days.push_back(day);
  }
  return days;
}

Lab fortnight() {
  auto overrides = scripted(
      "[[0.3, 0.2, 0, -0.2], [0.3, 0.2, 0, -0.2], [0.3, 0.2, 0.2, -0.2], [0.34, 0.24, 0.24, -0.24],"
      " [0.34, 0.24, 0.24, -0.24], [0, 0.24, 0.24, -0.24], [0, 0.24, 0.24, -0.24], [0, 0.24, 0.24, -0.24],"
      " [0, 0.24, 0.24, 0]]");
  const std::vector<config::Override> more{
      {"/book/initial_cash", "100000"},
      {"/data/prices/volume", "\"shares\""},
      {"/data/prices/adjustment", "\"raw\""},
      {"/data/prices/missing", "\"leave\""},
      {"/instruments", R"({"lot": 50, "borrow_rate": 0.18, "margin_rate": 0.25})"},
      {"/chain/constraints", R"({"long_only": false, "max_gross_exposure": 1.2, "max_net_exposure": 1})"},
      {"/chain/risk_feedback/resize_threshold", "0.02"},
      {"/chain/execution_rules/config", R"({"default_order_type": "MARKET", "price_threshold": 0.9})"},
      {"/pre_trade_checks/max_orders_per_day", "3"},
      {"/execution_environment/config",
       R"({"fill_at": "open", "half_spread_bp": 5, "max_participation": 0.1, "commission_per_share": 0.005,)"
       R"( "commission_minimum": 1})"}};
  overrides.insert(overrides.end(), more.begin(), more.end());
  return Lab(market_of(names, {{1, 1, 1, 1}}), overrides);
}

TEST(Fortnight, by_hand_is_what_the_book_has_on_every_day_to_the_cent) {
  Lab lab = fortnight();
  lab.write("prices.csv", text_of("fortnight.csv"));
  const Trace trace = lab.run();
  const std::vector<Day> days = worked_out();
  ASSERT_EQ(days.size(), 10u);
  ASSERT_EQ(trace.accounts.size(), days.size());
  std::map<std::string, std::int64_t> held;
  for (std::size_t k = 0; k < days.size(); ++k) {
    const Day& day = days[k];
    for (const Report& report : trace.reports)
      if (report.date == day.date) held[report.instrument] += report.quantity / 1'000'000'000;
    for (std::size_t i = 0; i < names.size(); ++i)
      EXPECT_EQ(held[names[i]], day.held[i]) << day.date << ' ' << names[i];
    EXPECT_EQ(trace.accounts[k].date, day.date);
    EXPECT_EQ(trace.accounts[k].cash.to_string(), day.cash.to_string()) << day.date;
    EXPECT_EQ(trace.accounts[k].costs.to_string(), day.costs.to_string()) << day.date;
    EXPECT_EQ(trace.accounts[k].equity.to_string(), day.equity.to_string()) << day.date;
  }
}

TEST(Fortnight, has_a_partial_fill_a_refused_order_and_a_gap) {
  Lab lab = fortnight();
  lab.write("prices.csv", text_of("fortnight.csv"));
  const Trace trace = lab.run();
  std::vector<std::string> refused;
  for (const Order& order : trace.orders) {
    if (!order.failed.empty()) refused.push_back(order.instrument + " " + order.failed[0]);
  }
  EXPECT_THAT(refused, testing::ElementsAre("CC FLOW_ORDERS_PER_DAY"));
  std::size_t expired = 0;
  for (const Report& report : trace.reports)
    expired += report.status == CADRE_ORDER_EXPIRED;
  EXPECT_EQ(expired, 2u) << "of BB on the second day and of AA on the eighth";
  EXPECT_THAT(trace.orders,
              testing::Not(testing::Contains(testing::AllOf(testing::Field(&Order::date, 20200109),
                                                            testing::Field(&Order::instrument, "AA")))));
}

}  // namespace
}  // namespace cadre::test

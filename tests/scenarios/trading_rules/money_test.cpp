// What money and volume allow at the fill, through a whole run: the books of docs/decisions/0062.

#include <gtest/gtest.h>

#include <map>

#include "tests/scenarios/trading_rules/lab.hpp"

namespace cadre::test {
namespace {

constexpr std::int64_t unit = 1'000'000'000;

Lab book_with(const Market& market, const std::string& targets, const std::string& environment = "{}") {
  auto overrides = free_trading(targets, environment);
  if (!market.open.empty()) overrides.push_back({"/data/prices/volume", "\"shares\""});
  return Lab(market, overrides);
}

/// Units filled on a day by instrument, signed.
std::map<std::string, std::int64_t> filled_on(const Trace& trace, std::int32_t date) {
  std::map<std::string, std::int64_t> units;
  for (const Report& report : trace.reports) {
    if (report.date == date && report.quantity != 0) units[report.instrument] += report.quantity / unit;
  }
  return units;
}

using Units = std::map<std::string, std::int64_t>;

TEST(MoneyAtTheFill, is_shared_pro_rata_by_purchases_that_gap) {
  const Market market = market_of({"AA", "BB", "CC", "DD"}, {{10, 10, 10, 10}, {11, 11, 11, 11}});
  const Trace trace = book_with(market, "[[0.25, 0.25, 0.25, 0.25]]").run();
  EXPECT_EQ(filled_on(trace, market.dates[1]),
            (Units{{"AA", 2272}, {"BB", 2272}, {"CC", 2272}, {"DD", 2272}}));
}

TEST(MoneyAtTheFill, has_nothing_of_what_a_short_sale_brought_the_day_before) {
  const Market market = market_of({"AA", "BB"}, {{10, 10}, {10, 10}, {10, 25}});
  const Trace trace = book_with(market, "[[-0.5, 0], [-0.5, 0.5]]").run();
  EXPECT_EQ(filled_on(trace, market.dates[1]), (Units{{"AA", -5000}}));
  EXPECT_EQ(filled_on(trace, market.dates[2]), (Units{{"BB", 4000}}));
}

TEST(MoneyAtTheFill, goes_to_covering_first) {
  const Market market = market_of({"AA", "ZZ"}, {{10, 10}, {10, 10}, {14, 14}});
  const Trace trace = book_with(market, "[[0, -1], [1, 0]]").run();
  EXPECT_EQ(filled_on(trace, market.dates[1]), (Units{{"ZZ", -10'000}}));
  EXPECT_EQ(filled_on(trace, market.dates[2]), (Units{{"AA", 4285}, {"ZZ", 10'000}}));
}

TEST(VolumeAtTheFill, leaves_the_rest_of_a_day_order_to_the_next_decision) {
  Market market = market_of({"AA"}, {{10}, {10}, {10}, {10}});
  market.open = market.high = market.low = market.close;  // with a volume of 1,000,000 each
  const Trace trace = book_with(market, "[[0.5]]", R"({"max_participation": 0.002})").run();
  EXPECT_EQ(filled_on(trace, market.dates[1]), (Units{{"AA", 2000}}));
  EXPECT_EQ(filled_on(trace, market.dates[2]), (Units{{"AA", 2000}}));
  EXPECT_EQ(filled_on(trace, market.dates[3]), (Units{{"AA", 1000}}));
}

TEST(Chance, refuses_the_same_orders_in_every_run) {
  const Market market = random_market(5, 4, 60);
  const auto run = [&](const std::string& seed) {
    Lab lab = book_with(
        market, "[[0.2, 0.2, 0.2, 0.2], [0, 0.1, 0.3, 0.2], [0.2, 0, 0, 0.4], [0.1, 0.3, 0.2, 0]]",
        R"({"reject_probability": 0.3, "partial_fill_probability": 0.3, "slippage_bp": 5, "seed": )" + seed +
            "}");
    std::vector<std::string> said;
    for (const Report& report : lab.run().reports)
      said.push_back(report.id + " " + std::to_string(report.status) + " " + std::to_string(report.reason) +
                     " " + std::to_string(report.quantity) + " " + std::to_string(report.price_e9));
    return said;
  };
  const auto once = run("1");
  ASSERT_FALSE(once.empty());
  EXPECT_EQ(run("1"), once);
  EXPECT_NE(run("2"), once);
}

}  // namespace
}  // namespace cadre::test

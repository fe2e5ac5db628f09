// How orders of the trading rules fill, through a whole run: prices and bars by hand.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenarios/trading_rules/lab.hpp"

namespace cadre::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// One instrument, bars as open, high, low, close.
Market bars(const std::vector<std::array<double, 4>>& rows) {
  Market market;
  market.instruments = {"AA"};
  market.dates = weekdays(rows.size());
  for (const auto& [open, high, low, close] : rows) {
    market.open.push_back({open});
    market.high.push_back({high});
    market.low.push_back({low});
    market.close.push_back({close});
  }
  return market;
}

Lab lab_with(const Market& market, const std::string& targets, const std::string& rules,
             const std::string& environment) {
  auto overrides = scripted(targets);
  overrides.push_back({"/chain/execution_rules/config", rules});
  overrides.push_back({"/execution_environment/config", environment});
  if (!market.open.empty()) {
    overrides.push_back({"/data/prices/volume", "\"shares\""});
    overrides.push_back({"/data/prices/adjustment", "\"raw\""});
  }
  return Lab(market, overrides);
}

constexpr const char* market_orders = R"({"default_order_type": "MARKET", "price_threshold": 0.5})";

TEST(FillAtOpen, fills_at_the_next_open) {
  Lab lab =
      lab_with(bars({{10, 10, 10, 10}, {11, 12, 9, 10}}), "[[0.5]]", market_orders, R"({"fill_at": "open"})");
  const Trace trace = lab.run();
  ASSERT_EQ(trace.reports.size(), 1u);
  EXPECT_EQ(trace.reports[0].price_e9, 11'000'000'000);
  EXPECT_EQ(trace.reports[0].quantity, 50'000'000'000'000);  // 500,000 at the decision price of 10
}

TEST(FillAtOpen, is_refused_on_closes_only) {
  Lab lab =
      lab_with(market_of({"AA"}, {{10}, {11}, {12}}), "[[0.5]]", market_orders, R"({"fill_at": "open"})");
  EXPECT_THAT(lab.refusal(), ElementsAre("ENVIRONMENT_FAILED"));
}

TEST(MarketOnClose, fills_at_the_next_close_even_where_market_orders_fill_at_the_open) {
  Lab lab = lab_with(bars({{10, 10, 10, 10}, {11, 12, 9, 10.5}}), "[[0.5]]",
                     R"({"default_order_type": "MARKET_ON_CLOSE"})", R"({"fill_at": "open"})");
  const Trace trace = lab.run();
  ASSERT_EQ(trace.reports.size(), 1u);
  EXPECT_EQ(trace.reports[0].price_e9, 10'500'000'000);
}

struct LimitCase {
  const char* claim;
  std::array<double, 4> next;
  std::int64_t price_e9;  // 0: expires
};

constexpr const char* limit_orders = R"({"default_order_type": "LIMIT"})";  // at the decision price, 10

TEST(BuyLimit, fills_only_below_the_limit_at_the_better_of_open_and_limit) {
  const LimitCase cases[] = {
      {"the low is below: at the limit", {10.5, 11, 9.99, 10.4}, 10'000'000'000},
      {"it opens below: at the open", {9.5, 11, 9.4, 10.4}, 9'500'000'000},
      {"the low touches the limit", {10.5, 11, 10, 10.4}, 0},
      {"the low stays above", {10.5, 11, 10.2, 10.4}, 0},
  };
  for (const LimitCase& c : cases) {
    Lab lab = lab_with(bars({{10, 10, 10, 10}, c.next}), "[[0.5]]", limit_orders, "{}");
    const Trace trace = lab.run();
    ASSERT_EQ(trace.reports.size(), 1u) << c.claim;
    EXPECT_EQ(trace.reports[0].price_e9, c.price_e9) << c.claim;
    EXPECT_EQ(trace.reports[0].status,
              std::uint32_t(c.price_e9 == 0 ? CADRE_ORDER_EXPIRED : CADRE_ORDER_FILLED));
  }
}

TEST(SellLimit, fills_only_above_the_limit_at_the_better_of_open_and_limit) {
  const LimitCase cases[] = {
      {"the high is above: at the limit", {9.5, 10.01, 9, 9.2}, 10'000'000'000},
      {"it opens above: at the open", {10.5, 11, 9.4, 10.4}, 10'500'000'000},
      {"the high touches the limit", {9.5, 10, 9, 9.2}, 0},
  };
  for (const LimitCase& c : cases) {
    // Bought on bar 2 (it trades below 10), to be sold on bar 3.
    Lab lab =
        lab_with(bars({{10, 10, 10, 10}, {10, 10.2, 9.9, 10}, c.next}), "[[0.5], [0]]", limit_orders, "{}");
    const Trace trace = lab.run();
    ASSERT_EQ(trace.reports.size(), 2u) << c.claim;
    EXPECT_EQ(trace.reports[1].price_e9, c.price_e9) << c.claim;
  }
}

TEST(LimitOnCloses, fills_at_a_close_beyond_the_limit) {
  Lab below = lab_with(market_of({"AA"}, {{10}, {9.8}}), "[[0.5]]", limit_orders, "{}");
  EXPECT_EQ(below.run().reports[0].price_e9, 9'800'000'000);
  Lab at = lab_with(market_of({"AA"}, {{10}, {10}}), "[[0.5]]", limit_orders, "{}");
  EXPECT_EQ(at.run().reports[0].status, std::uint32_t{CADRE_ORDER_EXPIRED});
}

TEST(DayOrder, expires_before_the_next_decision_which_orders_anew) {
  Lab lab = lab_with(bars({{10, 10, 10, 10}, {11, 11, 10.5, 11}, {12, 12, 11.5, 12}}), "[[0.5]]",
                     limit_orders, "{}");
  const Trace trace = lab.run();
  ASSERT_EQ(trace.orders.size(), 3u);  // the last one has no bar any more
  ASSERT_EQ(trace.reports.size(), 2u);
  for (std::size_t k = 0; k < 2; ++k) {
    EXPECT_EQ(trace.reports[k].id, trace.orders[k].id);
    EXPECT_EQ(trace.reports[k].status, std::uint32_t{CADRE_ORDER_EXPIRED});
    EXPECT_EQ(trace.reports[k].date, trace.bars[k + 1]);
  }
  // Nothing was working when the next decision was made: it asks for the whole again.
  for (const auto& decision : trace.decisions)
    EXPECT_EQ(decision.working_e9[0], 0);
  EXPECT_EQ(trace.orders[1].quantity, 45'454'000'000'000);  // 500,000 at 11, in whole shares
}

TEST(Costs, commission_and_half_spread_are_charged_to_the_unit) {
  Lab lab = lab_with(market_of({"AA"}, {{10}, {10}, {10}}), "[[0.5], [0]]", market_orders,
                     R"({"fill_at": "close", "commission_bp": 2, "half_spread_bp": 5})");
  const Trace trace = lab.run();
  ASSERT_EQ(trace.reports.size(), 2u);
  // 50,000 shares at 10.005: 500,250 and 100.05 commission; 250 of it is half-spread. Sold at 9.995: 99.95.
  EXPECT_EQ(trace.reports[0].price_e9, 10'005'000'000);
  EXPECT_EQ(trace.reports[0].fees_e6, 100'050'000);
  EXPECT_EQ(trace.reports[0].spread_e6, 250'000'000);
  EXPECT_EQ(trace.reports[1].price_e9, 9'995'000'000);
  EXPECT_EQ(trace.accounts.back().cash, *base::Money::parse("999300"));  // 1,000,000 - 500 - 200
  EXPECT_EQ(trace.accounts.back().costs, *base::Money::parse("700"));
  EXPECT_EQ(trace.accounts.back().profit, base::Money{});
}

TEST(BuyingPower, at_the_fill_is_what_there_is_then) {
  // All of the money is wanted at 10; the next close is 12.5: 80,000 shares are what it buys.
  Lab lab = lab_with(market_of({"AA"}, {{10}, {12.5}}), "[[1.0]]", market_orders, R"({"fill_at": "close"})");
  const Trace trace = lab.run();
  ASSERT_EQ(trace.reports.size(), 2u);
  EXPECT_EQ(trace.reports[0].quantity, 80'000'000'000'000);
  EXPECT_EQ(trace.reports[1].status, std::uint32_t{CADRE_ORDER_EXPIRED});
  EXPECT_EQ(trace.accounts.back().cash, base::Money{});
}

TEST(PreTradeGate, a_refused_order_is_recorded_and_never_sent) {
  Lab lab = lab_with(market_of({"AA", "BB"}, {{10, 10}, {10, 10}}), "[[0.4, 0.4]]", market_orders, "{}");
  lab.set("/pre_trade_checks", R"({"max_orders_per_day": 1})");
  const Trace trace = lab.run();
  ASSERT_GE(trace.orders.size(), 2u);
  EXPECT_THAT(trace.orders[0].failed, IsEmpty());
  EXPECT_THAT(trace.orders[1].failed, ElementsAre("FLOW_ORDERS_PER_DAY"));
  EXPECT_EQ(trace.reports.size(), 1u);
  EXPECT_EQ(lab.result().counts.rejected_orders, 1u);
}

TEST(PreTradeGate, what_is_too_large_for_a_check_is_cut_to_what_it_accepts) {
  // 50,000 are wanted; 1,000 at 10 are 100 units.
  Lab lab = lab_with(market_of({"AA"}, {{10}, {10}}), "[[0.5]]", market_orders, "{}");
  lab.set("/pre_trade_checks", R"({"max_order_notional": 1000})");
  const Trace trace = lab.run();
  ASSERT_EQ(trace.orders.size(), 2u);
  EXPECT_THAT(trace.orders[0].failed, IsEmpty());
  ASSERT_EQ(trace.reports.size(), 1u);
  EXPECT_EQ(trace.reports[0].quantity, 100'000'000'000);
  EXPECT_EQ(lab.result().counts.rejected_orders, 0u);
}

// The gate refused the part for its share of the volume, and what it was for was never sent.
TEST(PreTradeGate, a_part_that_a_bar_without_volume_does_not_allow_waits_for_one_that_does) {
  Market market = bars(std::vector<std::array<double, 4>>(7, {10, 10, 10, 10}));
  market.volume = {{1e6}, {0}, {0}, {1000}, {1e6}, {1e6}, {1e6}};
  Lab lab =
      lab_with(market, "[[0.06]]",
               R"({"default_order_type": "MARKET", "schedule": "twap", "slices": 3, "time_in_force": "GTC"})",
               R"({"fill_at": "close"})");
  const Trace trace = lab.run();
  // 2,000 a day: with the first bar; a quarter of 1,000 with the fourth; 2,000 and what is left then.
  std::vector<std::pair<std::int32_t, std::int64_t>> sent;
  for (const Order& order : trace.orders) {
    EXPECT_THAT(order.failed, IsEmpty()) << order.id;
    sent.emplace_back(order.date, order.quantity / 1'000'000'000);
  }
  EXPECT_THAT(sent, ElementsAre(std::pair(market.dates[0], 2000), std::pair(market.dates[3], 250),
                                std::pair(market.dates[4], 3750)));
  EXPECT_EQ(trace.positions.at("AA"), 6'000'000'000'000);
}

}  // namespace
}  // namespace cadre::test

// What the money at the fill allows: who has it first, how purchases share it, and what a broker takes.

#include "tests/unit/plugins/simulated_market.hpp"

namespace cadre::test {
namespace {

/// Units filled by client id, and nothing for those of which nothing was.
std::map<std::string, double> filled_units(const std::vector<cadre_execution_report>& reports) {
  std::map<std::string, double> units;
  for (const auto& report : reports) {
    if (report.quantity_e9 > 0) units[report.client_id.text] += static_cast<double>(report.quantity_e9) / 1e9;
  }
  return units;
}

using Units = std::map<std::string, double>;

TEST(SimulatedMoney, purchases_are_scaled_alike_and_the_largest_remainder_gets_a_lot_it_can_pay) {
  for (const bool swapped : {false, true}) {
    SimulatedMarket market("{}",
                           swapped ? std::vector<std::string>{"B", "A"} : std::vector<std::string>{"A", "B"});
    const std::uint32_t a = swapped ? 1 : 0, b = swapped ? 0 : 1;
    market.state.instrument(a, 0.01, 10, 1).instrument(b, 0.01, 50, 1).cash(10'000);
    market.state.close(swapped ? Numbers{40, 70} : Numbers{70, 40});
    market.send(swapped ? Order("2", b, 200) : Order("1", a, 100));
    market.send(swapped ? Order("1", a, 100) : Order("2", b, 200));
    // Two thirds of each: 66.67 and 133.3, so 60 and 100 and 1,800 left: a lot of A is 700, one of B 2,000.
    EXPECT_EQ(filled_units(market.bar()), (Units{{"1", 70}, {"2", 100}}));
  }
}

TEST(SimulatedMoney, of_equal_remainders_that_cannot_all_have_a_lot_none_has_one) {
  SimulatedMarket market("{}", {"A", "B", "C", "D"});
  market.state.cash(100'000).close({11, 11, 11, 11});
  for (std::uint32_t i = 0; i < 4; ++i)
    market.send(Order("order " + std::to_string(i), i, 2500));
  for (const auto& [id, units] : filled_units(market.bar()))
    EXPECT_EQ(units, 2272) << id;
}

TEST(SimulatedMoney, a_sale_that_fills_by_halves_pays_for_a_purchase_by_halves) {
  SimulatedMarket market(R"({"max_participation": 0.5})");
  Ledger book(2, 0);
  book.position = {100 * one, 0};
  book.show(market.state);
  market.state.close({100, 100}).volume({100, 1000});
  market.send(Order("sale", 0, -100).lives(CADRE_TIF_GTC));
  market.send(Order("purchase", 1, 100).lives(CADRE_TIF_GTC));
  for (int bar = 0; bar < 2; ++bar) {
    const auto reports = market.bar();
    EXPECT_EQ(filled_units(reports), (Units{{"sale", 50}, {"purchase", 50}}));
    for (const auto& report : reports)
      book.take(report);
    EXPECT_EQ(book.cash, 0);
    book.show(market.state);
  }
  EXPECT_EQ(market.query("purchase").status, filled);
}

TEST(SimulatedMoney, proceeds_of_short_sales_are_no_buying_power_on_a_later_day_either) {
  SimulatedMarket market;
  Ledger book(2, 100'000);
  book.show(market.state);
  market.state.close({10, 10});
  market.send(Order("short", 0, -5000));
  for (const auto& report : market.bar())
    book.take(report);
  EXPECT_EQ(book.cash, 150'000'000'000);
  book.show(market.state);
  market.state.close({10, 25});
  market.send(Order("purchase", 1, 5000));
  EXPECT_EQ(filled_units(market.bar()), (Units{{"purchase", 4000}}));
}

TEST(SimulatedMoney, covering_comes_first_and_frees_what_the_short_position_held_back) {
  SimulatedMarket market("{}", {"A", "Z"});
  Ledger book(2, 200'000);
  book.position = {0, -10'000 * one};
  book.show(market.state);
  market.state.close({14, 14});
  market.send(Order("buy A", 0, 10'000));
  market.send(Order("cover Z", 1, 10'000));
  EXPECT_EQ(filled_units(market.bar()), (Units{{"cover Z", 10'000}, {"buy A", 4285}}));
}

TEST(SimulatedMoney, what_the_host_says_is_held_back_is_held_back) {
  SimulatedMarket market;
  // Sold at 10, worth 6: 100,000 are held back, of which a half is freed with half of the position.
  market.state.cash(200'000).quantity({-10'000, 0}).close({6, 10});
  set_short_collateral(market.state, 100'000);
  market.send(Order("cover", 0, 5'000));
  market.send(Order("buy", 1, 20'000));
  // 100,000 + 50,000 - 30,000
  EXPECT_EQ(filled_units(market.bar()), (Units{{"cover", 5'000}, {"buy", 12'000}}));
}

TEST(SimulatedMoney, a_position_is_covered_whatever_it_costs) {
  SimulatedMarket market;
  market.state.cash(20'000).quantity({-1000, 0}).close({30, 30});
  market.send(Order("cover", 0, 1000));
  market.send(Order("buy", 1, 10));
  EXPECT_EQ(filled_units(market.bar()), (Units{{"cover", 1000}}));
}

TEST(SimulatedMoney, an_order_beyond_the_position_is_paid_like_any_other_for_what_is_beyond) {
  SimulatedMarket market;
  market.state.cash(2'000).quantity({-100, 0}).close({10, 10});
  market.send(Order("turn", 0, 300));
  // 1,000 cover 100; the other 1,000 buy 100 of the 200 beyond.
  EXPECT_EQ(filled_units(market.bar()), (Units{{"turn", 200}}));
}

TEST(SimulatedMoney, what_cash_does_not_allow_expires_today_and_stays_till_cancelled) {
  SimulatedMarket market;
  market.state.cash(500).close({10, 10});
  market.send(Order("today", 0, 50));
  market.send(Order("waits", 1, 50).lives(CADRE_TIF_GTC));
  const auto reports = market.bar();
  EXPECT_EQ(filled_units(reports), (Units{{"today", 25}, {"waits", 25}}));
  ASSERT_EQ(reports.size(), 3U);
  EXPECT_EQ(reports[1].status, expired);
  EXPECT_EQ(reports[1].reason, 1004U);
  market.state.cash(1000);
  EXPECT_EQ(filled_units(market.bar()), (Units{{"waits", 25}}));
}

TEST(SimulatedMoney, fill_or_kill_that_cannot_be_paid_leaves_the_money_to_the_others) {
  SimulatedMarket market;
  market.state.cash(1000).close({10, 10});
  market.send(Order("all", 0, 60).lives(CADRE_TIF_FOK));
  market.send(Order("some", 1, 60));
  const auto reports = market.bar();
  EXPECT_EQ(filled_units(reports), (Units{{"some", 60}}));
  EXPECT_EQ(reports[0].status, canceled);
  EXPECT_EQ(reports[0].reason, 1004U);
}

TEST(SimulatedMoney, commission_is_part_of_what_a_purchase_costs) {
  SimulatedMarket market(R"({"commission_per_order": 100})");
  market.state.cash(1000).close({10, 10});
  market.send(Order("a", 0, 80));
  market.send(Order("b", 1, 80));
  // 800 for shares when both pay 100: 40 each.
  EXPECT_EQ(filled_units(market.bar()), (Units{{"a", 40}, {"b", 40}}));
}

TEST(SimulatedBorrow, a_short_sale_without_it_is_refused_and_a_sale_cut_to_what_is_owned) {
  SimulatedMarket market(R"({"require_borrow": true})");
  market.state.quantity({100, 0}).close({10, 10});
  market.send(Order("beyond", 0, -150).lives(CADRE_TIF_GTC));
  market.send(Order("short", 1, -10));
  auto reports = market.bar();
  ASSERT_EQ(reports.size(), 3U);
  EXPECT_EQ(reports[0].quantity_e9, 100 * one);
  EXPECT_EQ(reports[1].status, expired);
  EXPECT_EQ(reports[1].reason, 1011U);
  EXPECT_STREQ(reports[2].client_id.text, "short");
  EXPECT_EQ(reports[2].reason, 1011U);
  // From the first bar on it is known at once.
  const cadre_trade_result result = market.send(Order("again", 1, -10));
  EXPECT_EQ(result.status, rejected);
  EXPECT_EQ(result.reason, 1011U);
  EXPECT_EQ(market.send(Order("buy", 1, 10)).status, working);
  set_borrow_rate(market.state, 1, 0.02);
  market.bar();
  EXPECT_EQ(market.send(Order("borrowed", 1, -20)).status, working);
}

/// Fees of one fill of so many units at 10, in money.
double fees_of(const std::string& config, double units, double price = 10) {
  SimulatedMarket market(config);
  market.state.quantity({1e6, 1e6}).close({price, price});
  market.send(Order("a", 0, -units));
  return static_cast<double>(market.bar()[0].fees_e6) / 1e6;
}

TEST(SimulatedCommission, per_share_has_a_minimum_and_a_maximum_share_that_is_stronger) {
  const char* schedule =
      R"({"commission_per_share": 0.005, "commission_minimum": 1, "commission_maximum_share": 0.01})";
  EXPECT_EQ(fees_of(schedule, 1000), 5);          // 1,000 x 0.005
  EXPECT_EQ(fees_of(schedule, 100), 1);           // 0.50, and the minimum
  EXPECT_EQ(fees_of(schedule, 1000, 0.25), 2.5);  // 1 % of 250
  EXPECT_EQ(fees_of(schedule, 5), 0.5);           // the minimum is more than 1 % of 50
}

TEST(SimulatedCommission, rates_add_up) {
  EXPECT_EQ(fees_of(R"({"commission_per_share": 0.01, "commission_bp": 10, "commission_per_order": 2})", 100),
            4);
}

TEST(SimulatedCommission, minimum_and_money_per_order_are_of_the_order_not_of_each_fill) {
  SimulatedMarket market(
      R"({"max_participation": 0.5, "commission_per_share": 0.01, "commission_minimum": 1})");
  market.state.volume({100, 100}).close({10, 10});
  market.send(Order("a", 0, 150).lives(CADRE_TIF_GTC));
  EXPECT_EQ(market.bar()[0].fees_e6, 1'000'000);  // 0.50 for 50, and the minimum
  EXPECT_EQ(market.bar()[0].fees_e6, 0);          // 1.00 for 100
  EXPECT_EQ(market.bar()[0].fees_e6, 500'000);    // 1.50 for 150
  EXPECT_EQ(market.query("a").fees_e6, 1'500'000);
}

TEST(SimulatedCommission, tiers_follow_the_volume_of_the_month_and_begin_anew) {
  SimulatedMarket market(
      R"({"commission_tiers": [{"from": 0, "per_share": 0.01}, {"from": 1000, "per_share": 0.005}]})");
  market.state.close({10, 10});
  const auto fees = [&](std::int32_t date, double units) {
    market.state.at(date, date);
    market.send(Order(std::to_string(date) + " " + std::to_string(units), 0, units));
    return static_cast<double>(market.bar()[0].fees_e6) / 1e6;
  };
  EXPECT_EQ(fees(20000103, 600), 6);
  EXPECT_EQ(fees(20000104, 600), 5);  // 400 at 0.01, 200 at 0.005
  EXPECT_EQ(fees(20000131, 100), 0.5);
  EXPECT_EQ(fees(20000201, 100), 1);
}

TEST(SimulatedCommission, tiers_count_money_when_told_to) {
  const char* tiers =
      R"({"commission_tiers_by": "money", "commission_tiers": [{"from": 0, "bp": 20}, {"from": 4000, "bp": 10}]})";
  EXPECT_EQ(fees_of(tiers, 1000), 14);  // 20 bp of 4,000 and 10 bp of 6,000
}

TEST(SimulatedCommission, an_instrument_may_have_a_schedule_of_its_own) {
  SimulatedMarket market(
      R"({"commission_bp": 10, "commission_by_instrument": [{"instrument": "B", "per_order": 3}]})");
  market.state.close({10, 10});
  market.send(Order("a", 0, 100));
  market.send(Order("b", 1, 100));
  const auto reports = market.bar();
  EXPECT_EQ(reports[0].fees_e6, 1'000'000);
  EXPECT_EQ(reports[1].fees_e6, 3'000'000);
}

/// A market of two at 10 in which positions need a share of their value.
struct MarginMarket : SimulatedMarket {
  MarginMarket(double rate, double cash) {
    for (std::uint32_t i = 0; i < 2; ++i)
      set_margin_rate(state, i, rate);
    state.cash(cash).close({10, 10});
  }
};

TEST(SimulatedMargin, purchases_of_a_margin_account_share_what_the_requirement_leaves) {
  MarginMarket market(0.5, 100'000);
  set_margin_account(market.state);
  market.send(Order("1", 0, 15'000));
  market.send(Order("2", 1, 15'000));
  const auto reports = market.bar();
  EXPECT_EQ(filled_units(reports), (Units{{"1", 10'000}, {"2", 10'000}}));
  EXPECT_EQ(market.query("1").reason, 1015U) << "the margin, not the cash";
}

TEST(SimulatedMargin, short_sales_and_purchases_share_alike) {
  MarginMarket market(0.5, 100'000);
  set_margin_account(market.state);
  market.send(Order("sale", 0, -15'000));
  market.send(Order("purchase", 1, 15'000));
  EXPECT_EQ(filled_units(market.bar()), (Units{{"purchase", 10'000}, {"sale", 10'000}}));
}

TEST(SimulatedMargin, cash_bounds_a_cash_account_beside_its_margin) {
  MarginMarket market(0.5, 100'000);
  market.send(Order("1", 0, 15'000));
  market.send(Order("2", 1, 5'000));
  EXPECT_EQ(filled_units(market.bar()), (Units{{"1", 7'500}, {"2", 2'500}}));
}

TEST(SimulatedMargin, what_reduces_fills_whole_and_makes_room) {
  MarginMarket market(0.5, -100'000);
  set_margin_account(market.state);
  market.state.quantity({20'000, 0});  // 100,000 of equity, all of it needed
  market.send(Order("sale", 0, -6'000));
  market.send(Order("purchase", 1, 9'000));
  EXPECT_EQ(filled_units(market.bar()), (Units{{"purchase", 6'000}, {"sale", 6'000}}));
}

TEST(SimulatedMargin, fees_and_spread_are_equity_that_is_gone) {
  SimulatedMarket market(R"({"commission_bp": 100, "half_spread_bp": 100})");
  set_margin_rate(market.state, 0, 0.5);
  set_margin_account(market.state);
  market.state.cash(52'010).close({100, 100});
  market.send(Order("1", 0, 2'000));
  // One unit needs 50, and loses 1 to the spread and 1.01 to the commission.
  EXPECT_EQ(filled_units(market.bar()), (Units{{"1", 1'000}}));
}

}  // namespace
}  // namespace cadre::test

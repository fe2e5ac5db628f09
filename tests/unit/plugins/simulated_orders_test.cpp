// The life of an order in the simulated environment: taken, late, replaced, cancelled, asked for, by chance.

#include "tests/unit/plugins/simulated_market.hpp"

namespace cadre::test {
namespace {

/// What it says when it will not work with its settings; empty when it will.
std::string refusal_of(const std::string& config) {
  AgentUnderTest test(simulation, simulation_id, config, false);
  return test.status == CADRE_OK ? std::string() : test.agent.refusal();
}

TEST(SimulatedSettings, that_do_not_go_together_are_refused_with_what_to_do) {
  using ::testing::AllOf;
  using ::testing::HasSubstr;
  EXPECT_THAT(refusal_of(R"({"latency": "none", "fill_at": "open"})"),
              AllOf(HasSubstr("/latency"), HasSubstr("\"none\""), HasSubstr("set fill_at to \"touch\"")));
  EXPECT_THAT(refusal_of(R"({"fill_at": "touch", "half_spread_bp": 2.5})"),
              AllOf(HasSubstr("/half_spread_bp"), HasSubstr("2.5"), HasSubstr("set it to 0")));
  EXPECT_THAT(refusal_of(R"({"max_participation": 0.1, "auction_participation": 0.2})"),
              AllOf(HasSubstr("/auction_participation"), HasSubstr("0.2"), HasSubstr("lower it")));
  EXPECT_THAT(refusal_of(R"({"commission_bp": 2, "commission_tiers": [{"from": 0, "bp": 1}]})"),
              AllOf(HasSubstr("/commission_bp"), HasSubstr("2"), HasSubstr("leave the tiers out")));
  EXPECT_THAT(refusal_of(R"({"commission_tiers": [{"from": 100, "bp": 1}]})"),
              AllOf(HasSubstr("/commission_tiers/0/from"), HasSubstr("100"), HasSubstr("begin at 0")));
  EXPECT_THAT(refusal_of(R"({"commission_tiers": [{"from": 0}, {"from": 0}]})"),
              AllOf(HasSubstr("/commission_tiers/1/from"), HasSubstr("rising")));
  EXPECT_THAT(refusal_of(R"({"commission_by_instrument": [{"instrument": "A"}, {"instrument": "A"}]})"),
              AllOf(HasSubstr("/commission_by_instrument/1"), HasSubstr("\"A\""), HasSubstr("keep one")));
  EXPECT_EQ(refusal_of(R"({"latency": "none", "fill_at": "touch"})"), "");
}

TEST(SimulatedReplace, changes_the_total_and_the_price_and_says_so) {
  SimulatedMarket market(R"({"max_participation": 0.5})");
  market.state.volume({80, 80});
  market.send(Order("a", 0, 100).limit(11).lives(CADRE_TIF_GTC));
  EXPECT_EQ(market.prices(10, 12, 9, 10).bar()[0].quantity_e9, 40 * one);
  ASSERT_EQ(market.replace("a", 70, 9), CADRE_OK);
  auto reports = market.reports();
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].status, std::uint32_t{CADRE_ORDER_REPLACED});
  EXPECT_STREQ(reports[0].request_id.text, "request");
  EXPECT_EQ(reports[0].order_quantity_e9, 70 * one);
  EXPECT_EQ(reports[0].quantity_e9, 0);
  EXPECT_TRUE(market.bar().empty());  // not below 9
  reports = market.prices(9.5, 10, 8, 9).bar();
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].price_e9, e9(9));
  EXPECT_EQ(reports[0].quantity_e9, 30 * one);
  EXPECT_EQ(reports[0].status, filled);
}

TEST(SimulatedReplace, without_a_price_keeps_the_old_one) {
  SimulatedMarket market;
  market.send(Order("a", 0, 10).stop(11).limit(12).lives(CADRE_TIF_GTC));
  ASSERT_EQ(market.replace("a", 20, 0, 11.5), CADRE_OK);
  market.reports();
  const auto reports = market.prices(11, 13, 10, 11.8).bar();
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].price_e9, e9(11.5));
  EXPECT_EQ(reports[0].quantity_e9, 20 * one);
}

TEST(SimulatedReplace, to_no_more_than_is_filled_ends_the_order_with_that) {
  for (const double total : {40.0, 10.0}) {
    SimulatedMarket market(R"({"max_participation": 0.5})");
    market.state.volume({80, 80});
    market.send(Order("a", 0, 100).lives(CADRE_TIF_GTC));
    market.prices(10, 10, 10, 10).bar();
    ASSERT_EQ(market.replace("a", total), CADRE_OK);
    const auto reports = market.reports();
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_EQ(reports[0].status, filled);
    EXPECT_EQ(reports[0].quantity_e9, 0);
    EXPECT_EQ(reports[0].order_quantity_e9, 40 * one);
    EXPECT_EQ(market.query("a").filled_quantity_e9, 40 * one);
    EXPECT_EQ(market.cancel("a"), CADRE_REJECTED);
    EXPECT_TRUE(market.bar().empty());
  }
}

TEST(SimulatedReplace, that_makes_no_sense_is_rejected_and_leaves_the_order_as_it_was) {
  SimulatedMarket market;
  market.send(Order("a", 0, 10).limit(9).lives(CADRE_TIF_GTC));
  for (const auto& [units, limit] : {std::pair{0.0, 9.0}, {-1.0, 9.0}, {10.0, -1.0}}) {
    ASSERT_EQ(market.replace("a", units, limit), CADRE_OK);
    const auto reports = market.reports();
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_EQ(reports[0].reason, 1006U);
    EXPECT_EQ(reports[0].status, rejected);
    EXPECT_EQ(market.query("a").status, working);
    EXPECT_STREQ(reports[0].request_id.text, "request");
    EXPECT_EQ(reports[0].order_quantity_e9, 10 * one);
  }
  EXPECT_EQ(market.prices(10, 10, 8, 10).bar()[0].quantity_e9, 10 * one);
  EXPECT_EQ(market.replace("a", 20, 9), CADRE_REJECTED);
  EXPECT_EQ(market.replace("never", 20, 9), CADRE_REJECTED);
}

TEST(SimulatedCancel, of_a_partly_filled_order_keeps_what_is_filled) {
  SimulatedMarket market(R"({"max_participation": 0.5, "commission_bp": 10})");
  market.state.volume({80, 80});
  market.send(Order("a", 0, 100).lives(CADRE_TIF_GTC));
  market.prices(10, 10, 10, 10).bar();
  ASSERT_EQ(market.cancel("a"), CADRE_OK);
  const auto reports = market.reports();
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].status, canceled);
  EXPECT_EQ(reports[0].reason, 1008U);
  const cadre_trade_result result = market.query("a");
  EXPECT_EQ(result.status, canceled);
  EXPECT_EQ(result.filled_quantity_e9, 40 * one);
  EXPECT_EQ(result.fees_e6, 400'000);
}

TEST(SimulatedReports, have_ids_of_their_own) {
  SimulatedMarket market(R"({"max_participation": 0.5})");
  market.state.volume({20, 20});
  const std::string long_id(62, 'x');
  std::set<std::string> seen;
  for (const std::string& id : {std::string("a"), std::string("b"), long_id})
    market.send(Order(id, 0, 30).lives(CADRE_TIF_GTC));
  std::size_t reports = 0;
  for (int bar = 0; bar < 9; ++bar) {
    for (const auto& report : market.prices(10, 10, 10, 10).bar()) {
      seen.insert(report.execution_id.text);
      ++reports;
    }
  }
  EXPECT_EQ(reports, 9U);
  EXPECT_EQ(seen.size(), reports);
  EXPECT_EQ(seen.count(""), 0U);
}

TEST(SimulatedLatency, is_a_number_of_bars_or_a_time) {
  for (const auto& [latency, fills_in] : {std::pair{"1", 1}, {"3", 3}, {"\"1ms\"", 1}, {"\"2ms\"", 2}}) {
    SimulatedMarket market(std::string(R"({"latency": )") + latency + "}");
    market.prices(10, 10, 10, 10);
    market.state.at(0, 20000103);
    market.bar();
    market.send(Order("a", 0, 1));
    int bars = 0;
    for (bool is_there = false; !is_there && bars < 9;) {
      ++bars;
      market.state.at(std::int64_t{1'000'000} * bars, 20000103 + bars);
      is_there = !market.bar().empty();
    }
    EXPECT_EQ(bars, fills_in) << latency;
    EXPECT_EQ(market.query("a").status, filled);
  }
}

TEST(SimulatedLatency, of_a_time_within_a_bar_leaves_its_close_alone_to_be_seen) {
  constexpr std::int64_t minute = 60'000'000'000;
  for (const auto& [config, price] : {std::pair{R"({"latency": "5ms"})", 12.0},
                                      {R"({"latency": "5ms", "fill_at": "open"})", 20.0},
                                      {R"({"fill_at": "open"})", 10.0}}) {
    SimulatedMarket market(config);
    set_bars_per_session(market.state, 390);
    set_bar_period(market.state, minute);
    market.state.at(0, 20000103);
    market.prices(5, 5, 5, 5).bar();
    market.send(Order("a", 0, 1));
    market.state.at(minute, 20000103);
    auto reports = market.prices(10, 13, 9, 12).bar();
    if (reports.empty()) {
      market.state.at(2 * minute, 20000103);
      reports = market.prices(20, 23, 19, 22).bar();
    }
    ASSERT_EQ(reports.size(), 1U) << config;
    EXPECT_EQ(reports[0].price_e9, e9(price)) << config;
  }
}

TEST(SimulatedChance, refuses_orders_as_often_as_it_says_and_always_the_same_ones) {
  const auto refused = [](const std::string& config, bool backwards) {
    SimulatedMarket market(config);
    std::set<int> ids;
    for (int k = 0; k < 1000; ++k) {
      const int id = backwards ? 999 - k : k;
      const cadre_trade_result result = market.send(Order("order " + std::to_string(id), 0, 1));
      if (result.status != rejected) continue;
      EXPECT_EQ(result.reason, 1013U);
      ids.insert(id);
    }
    return ids;
  };
  const auto some = refused(R"({"reject_probability": 0.2})", false);
  EXPECT_NEAR(static_cast<double>(some.size()), 200, 4 * 12.7);  // four standard deviations
  EXPECT_EQ(refused(R"({"reject_probability": 0.2})", true), some);
  EXPECT_NE(refused(R"({"reject_probability": 0.2, "seed": 2})", false), some);
  EXPECT_EQ(refused(R"({"reject_probability": 1})", false).size(), 1000U);
  EXPECT_TRUE(refused("{}", false).empty());
}

TEST(SimulatedChance, cuts_fills_and_makes_prices_worse_within_its_bounds) {
  SimulatedMarket market(R"({"partial_fill_probability": 0.5, "slippage_bp": 100})");
  market.state.cash(1e9).volume({1e9, 1e9});
  for (int k = 0; k < 400; ++k)
    market.send(k % 2 == 0 ? Order(std::to_string(k), 0, 100)
                           : Order(std::to_string(k), 0, 100).limit(10.05));
  int whole = 0, limited = 0;
  double slipped = 0;
  for (const auto& report : market.prices(10, 10, 10, 10).bar()) {
    if (report.quantity_e9 == 0) {
      EXPECT_EQ(report.reason, 1013U);
      continue;
    }
    const bool has_limit = std::stoi(report.client_id.text) % 2 == 1;
    whole += report.status == filled;
    EXPECT_GE(report.price_e9, e9(10));
    EXPECT_LE(report.price_e9, has_limit ? e9(10.05) : e9(10.1));
    EXPECT_EQ(report.spread_cost_e6, 0);
    limited += has_limit && report.price_e9 == e9(10.05);
    if (!has_limit) slipped = std::max(slipped, static_cast<double>(report.price_e9) * 1e-9);
  }
  EXPECT_NEAR(whole, 200, 4 * 10);
  EXPECT_GT(limited, 50);
  EXPECT_GT(slipped, 10.09);
}

}  // namespace
}  // namespace cadre::test

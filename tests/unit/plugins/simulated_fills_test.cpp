// At which price, and when, the simulated environment fills an order of each type and time in force.

#include "tests/unit/plugins/simulated_market.hpp"

namespace cadre::test {
namespace {

struct FillCase {
  const char* claim;
  Order order;
  std::array<double, 4> bar;  // open, high, low, close
  double price;               // 0: it does not fill
};

void expect_fills(const std::vector<FillCase>& cases, const std::string& config = "{}") {
  for (const FillCase& c : cases) {
    SimulatedMarket market(config);
    market.state.quantity({100, 100});
    ASSERT_EQ(market.send(c.order).status, working) << c.claim;
    const auto reports = market.prices(c.bar[0], c.bar[1], c.bar[2], c.bar[3]).bar();
    ASSERT_EQ(reports.size(), 1U) << c.claim;
    EXPECT_EQ(reports[0].price_e9, e9(c.price)) << c.claim;
    EXPECT_EQ(reports[0].status, c.price == 0 ? expired : filled) << c.claim;
    EXPECT_EQ(reports[0].reason, c.price == 0 ? 1003U : 0U) << c.claim;
  }
}

TEST(SimulatedStop, fills_at_its_price_inside_the_day_and_at_the_open_behind_a_gap) {
  expect_fills({
      {"a sell inside the day", Order("a", 0, -10).stop(95), {97, 98, 94, 96}, 95},
      {"a sell that the market touches", Order("a", 0, -10).stop(95), {97, 98, 95, 96}, 95},
      {"a sell behind a gap", Order("a", 0, -10).stop(95), {90, 96, 89, 93}, 90},
      {"a sell above which it stays", Order("a", 0, -10).stop(95), {97, 98, 95.01, 96}, 0},
      {"a buy inside the day", Order("a", 0, 10).stop(105), {103, 106, 102, 104}, 105},
      {"a buy behind a gap", Order("a", 0, 10).stop(105), {110, 111, 104, 107}, 110},
      {"a buy below which it stays", Order("a", 0, 10).stop(105), {103, 104.99, 102, 104}, 0},
  });
}

TEST(SimulatedStop, does_not_follow_fill_at_and_pays_the_half_spread) {
  expect_fills({{"sell", Order("a", 0, -10).stop(95), {97, 98, 94, 96}, 94.905}},  // 10 bp of 95 below it
               R"({"fill_at": "open", "half_spread_bp": 10})");
}

TEST(SimulatedStop, fills_on_closes_only_at_the_close_that_is_beyond) {
  for (const auto& [close, price] : {std::pair{94.0, 94.0}, {95.0, 95.0}, {95.5, 0.0}}) {
    SimulatedMarket market;
    market.state.quantity({100, 100}).close({close, close});
    market.send(Order("a", 0, -10).stop(95));
    EXPECT_EQ(market.bar()[0].price_e9, e9(price)) << close;
  }
}

TEST(SimulatedStopLimit, is_a_limit_from_the_moment_the_stop_is_reached) {
  expect_fills({
      {"inside the day", Order("a", 0, -10).stop(95).limit(94), {97, 98, 93, 96}, 95},
      {"a gap beyond the limit that does not come back",
       Order("a", 0, -10).stop(95).limit(94),
       {90, 93, 89, 92},
       0},
      {"a gap beyond the limit that comes back to it alone",
       Order("a", 0, -10).stop(95).limit(94),
       {90, 94, 89, 92},
       0},
      {"a gap beyond the limit that comes back through it",
       Order("a", 0, -10).stop(95).limit(94),
       {90, 94.5, 89, 92},
       94},
      {"a gap between stop and limit", Order("a", 0, -10).stop(95).limit(94), {94.5, 94.6, 93, 94}, 94.5},
      {"limit at the stop, and the day ends below",
       Order("a", 0, -10).stop(95).limit(95),
       {97, 98, 93, 94},
       0},
      {"limit at the stop, and the day ends above",
       Order("a", 0, -10).stop(95).limit(95),
       {97, 98, 93, 96},
       95},
      {"never reached", Order("a", 0, -10).stop(95).limit(94), {97, 98, 96, 97}, 0},
      {"a buy inside the day", Order("a", 0, 10).stop(105).limit(106), {103, 107, 102, 104}, 105},
      {"a buy behind a gap that comes back",
       Order("a", 0, 10).stop(105).limit(106),
       {110, 111, 105.5, 108},
       106},
      {"a buy behind a gap that does not", Order("a", 0, 10).stop(105).limit(106), {110, 111, 106, 108}, 0},
  });
}

TEST(SimulatedStopLimit, waits_behind_a_gap_until_the_market_comes_back) {
  SimulatedMarket market;
  market.state.quantity({100, 0});
  market.send(Order("a", 0, -10).stop(95).limit(94).lives(CADRE_TIF_GTC));
  EXPECT_TRUE(market.prices(90, 93, 89, 92).bar().empty());
  // It never is at the stop again: a limit order is what it has become.
  const auto reports = market.prices(93, 94.5, 92, 93).bar();
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].price_e9, e9(94));
}

TEST(SimulatedStop, that_was_reached_is_a_market_order_for_what_is_left) {
  SimulatedMarket market(R"({"max_participation": 0.5})");
  market.state.quantity({100, 0}).volume({20, 20});
  market.send(Order("a", 0, -30).stop(95).lives(CADRE_TIF_GTC));
  EXPECT_EQ(market.prices(97, 98, 94, 96).bar()[0].price_e9, e9(95));
  market.state.quantity({90, 0});
  const auto reports = market.prices(97, 99, 96.5, 98).bar();
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].price_e9, e9(98));
  EXPECT_EQ(reports[0].quantity_e9, 10 * one);
}

TEST(SimulatedAuctions, fill_at_the_open_and_at_the_close_or_not_at_all) {
  const std::array<double, 4> bar{11, 13, 9, 12};
  expect_fills(
      {{"at the close", Order("a", 0, 10).lives(CADRE_TIF_AT_THE_CLOSE), bar, 12},
       {"at the open", Order("a", 0, 10).lives(CADRE_TIF_AT_THE_OPENING), bar, 11},
       {"on close", Order("a", 0, 10).on_close(), bar, 12},
       {"a limit through the open", Order("a", 0, 10).limit(11.5).lives(CADRE_TIF_AT_THE_OPENING), bar, 11},
       {"a limit at the open", Order("a", 0, 10).limit(11).lives(CADRE_TIF_AT_THE_OPENING), bar, 0},
       {"a limit through the close", Order("a", 0, -10).limit(11.5).lives(CADRE_TIF_AT_THE_CLOSE), bar, 12},
       {"a limit the day alone goes through", Order("a", 0, -10).limit(12.5).lives(CADRE_TIF_AT_THE_CLOSE),
        bar, 0}});
}

TEST(SimulatedAuctions, at_the_opening_is_refused_on_data_without_opens) {
  SimulatedMarket market;
  market.state.close({10, 10});
  market.send(Order("a", 0, 10).lives(CADRE_TIF_AT_THE_OPENING));
  EXPECT_EQ(market.bar()[0].reason, 1002U);
  EXPECT_EQ(market.send(Order("b", 0, 10).lives(CADRE_TIF_AT_THE_OPENING)).reason, 1002U);
}

TEST(SimulatedAuctions, of_bars_within_a_day_are_those_of_the_session) {
  SimulatedMarket market;
  set_bars_per_session(market.state, 3);
  const auto bar = [&](std::int32_t date, double price) {
    market.state.at(market.state.raw().time_ns + 1, date);
    return market.prices(price, price + 1, price - 1, price + 0.5).bar();
  };
  EXPECT_TRUE(bar(20000103, 10).empty());
  market.send(Order("open", 0, 10).lives(CADRE_TIF_AT_THE_OPENING));
  market.send(Order("close", 0, 10).lives(CADRE_TIF_AT_THE_CLOSE));
  market.send(Order("day", 1, 10).limit(5));
  EXPECT_TRUE(bar(20000103, 11).empty());
  auto reports = bar(20000103, 12);
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_STREQ(reports[0].client_id.text, "close");
  EXPECT_EQ(reports[0].price_e9, e9(12.5));
  EXPECT_STREQ(reports[1].client_id.text, "day");
  EXPECT_EQ(reports[1].status, expired);
  reports = bar(20000104, 13);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_STREQ(reports[0].client_id.text, "open");
  EXPECT_EQ(reports[0].price_e9, e9(13));
}

TEST(SimulatedAuctions, end_with_a_session_that_was_shorter_than_others) {
  SimulatedMarket market;
  set_bars_per_session(market.state, 3);
  market.state.at(1, 20000103);
  market.prices(10, 11, 9, 10).bar();
  market.send(Order("close", 0, 10).lives(CADRE_TIF_AT_THE_CLOSE));
  market.send(Order("day", 1, 10).limit(5));
  EXPECT_TRUE(market.bar().empty());
  market.state.at(3, 20000104);
  const auto reports = market.bar();
  ASSERT_EQ(reports.size(), 2U);
  for (const auto& report : reports)
    EXPECT_EQ(report.status, expired);
}

TEST(SimulatedImmediate, meets_one_price_and_what_is_left_is_cancelled) {
  const std::array<double, 4> bar{11, 13, 9, 12};
  struct Case {
    const char* config;
    double limit;
    double price;
  };
  for (const Case& c : {Case{"{}", 12.5, 12}, Case{"{}", 12, 0}, Case{R"({"fill_at": "open"})", 11.5, 11},
                        Case{R"({"fill_at": "open"})", 10, 0}}) {
    SimulatedMarket market(c.config);
    market.send(Order("a", 0, 10).limit(c.limit).lives(CADRE_TIF_IOC));
    const auto reports = market.prices(bar[0], bar[1], bar[2], bar[3]).bar();
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_EQ(reports[0].price_e9, e9(c.price));
    EXPECT_EQ(reports[0].status, c.price == 0 ? canceled : filled);
  }
}

TEST(SimulatedImmediate, fills_what_the_volume_allows_and_fill_or_kill_nothing_of_it) {
  SimulatedMarket market(R"({"max_participation": 0.1})");
  market.state.volume({300, 300});
  market.send(Order("ioc", 0, 50).lives(CADRE_TIF_IOC));
  market.send(Order("fok", 1, 50).lives(CADRE_TIF_FOK));
  const auto reports = market.prices(10, 10, 10, 10).bar();
  ASSERT_EQ(reports.size(), 3U);
  EXPECT_EQ(reports[0].status, partly);
  EXPECT_EQ(reports[0].quantity_e9, 30 * one);
  EXPECT_EQ(reports[1].status, canceled);
  EXPECT_EQ(reports[1].reason, 1012U);
  EXPECT_STREQ(reports[2].client_id.text, "fok");
  EXPECT_EQ(reports[2].status, canceled);
  EXPECT_EQ(reports[2].reason, 1012U);
}

TEST(SimulatedVolume, a_share_of_it_fills_and_the_rest_stays_for_its_time_in_force) {
  SimulatedMarket market(R"({"max_participation": 0.1})");
  market.state.volume({400, 400});
  market.send(Order("stays", 0, 100).lives(CADRE_TIF_GTC));
  market.send(Order("today", 1, 100));
  auto reports = market.prices(10, 10, 10, 10).bar();
  ASSERT_EQ(reports.size(), 3U);
  EXPECT_EQ(reports[0].quantity_e9, 40 * one);
  EXPECT_EQ(reports[1].quantity_e9, 40 * one);
  EXPECT_EQ(reports[2].status, expired);
  EXPECT_EQ(reports[2].reason, 1012U);
  const cadre_trade_result open = market.query("stays");
  EXPECT_EQ(open.status, partly);
  EXPECT_EQ(open.filled_quantity_e9, 40 * one);
  EXPECT_EQ(open.average_price_e9, 10 * one);
  reports = market.prices(12, 12, 12, 12).bar();
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].quantity_e9, 40 * one);
  EXPECT_EQ(market.query("stays").average_price_e9, 11 * one);
  reports = market.bar();
  EXPECT_EQ(reports[0].quantity_e9, 20 * one);
  EXPECT_EQ(reports[0].status, filled);
}

TEST(SimulatedVolume, none_fills_nothing_and_without_a_column_nothing_is_capped) {
  struct Case {
    const char* config;
    std::optional<double> volume;
    double fills;
  };
  const char* capped = R"({"max_participation": 0.1})";
  for (const Case& c :
       {Case{"{}", 0.0, 0}, Case{"{}", missing, 50}, Case{"{}", 10.0, 50}, Case{capped, 0.0, 0},
        Case{capped, missing, 0}, Case{capped, 9.0, 0}, Case{capped, std::nullopt, 50}}) {
    SimulatedMarket market(c.config);
    if (c.volume) market.state.volume({*c.volume, *c.volume});
    market.send(Order("a", 0, 50));
    const auto reports = market.prices(10, 10, 10, 10).bar();
    EXPECT_EQ(reports[0].quantity_e9, e9(c.fills)) << c.config << " " << c.volume.value_or(-1);
    EXPECT_EQ(reports[0].reason, c.fills == 0 ? 1012U : 0U);
  }
}

TEST(SimulatedVolume, is_shared_by_the_orders_of_an_instrument_and_bounded_in_each_auction) {
  SimulatedMarket market(R"({"max_participation": 0.5, "auction_participation": 0.1})");
  market.state.volume({100, 100});
  market.send(Order("open", 0, 30).lives(CADRE_TIF_AT_THE_OPENING));
  market.send(Order("close", 0, 30).on_close());
  market.send(Order("rest", 0, 60));
  std::int64_t all = 0;
  for (const auto& report : market.prices(10, 10, 10, 10).bar()) {
    all += report.quantity_e9;
    const bool is_auction = std::string(report.client_id.text) != "rest";
    EXPECT_LE(report.quantity_e9, (is_auction ? 10 : 50) * one);
  }
  EXPECT_EQ(all, 50 * one);
}

TEST(SimulatedVolume, goes_to_the_better_price_first) {
  SimulatedMarket market(R"({"max_participation": 0.1})");
  market.state.volume({100, 100});
  market.send(Order("a", 0, 10).limit(11));
  market.send(Order("b", 0, 10).limit(12));
  const auto reports = market.prices(10, 13, 9, 10).bar();
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_EQ(reports[0].status, expired);
  EXPECT_STREQ(reports[1].client_id.text, "b");
  EXPECT_EQ(reports[1].status, filled);
}

constexpr const char* at_touch = R"({"fill_at": "touch"})";

TEST(SimulatedTouch, buys_at_the_ask_and_sells_at_the_bid_of_the_next_close) {
  SimulatedMarket market(at_touch);
  market.state.quantity({0, 100});
  market.quotes({9.9, 19.8}, {10.1, 20.2});
  market.send(Order("buy", 0, 10));
  market.send(Order("sell", 1, -10));
  const auto reports = market.prices(10, 10, 10, 10).bar();
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_EQ(reports[0].price_e9, e9(19.8));
  EXPECT_EQ(reports[0].spread_cost_e6, 2'000'000);  // 10 x half of 0.4
  EXPECT_EQ(reports[1].price_e9, e9(10.1));
  EXPECT_EQ(reports[1].spread_cost_e6, 1'000'000);
}

TEST(SimulatedTouch, a_quote_at_the_limit_is_an_offer_to_trade_there) {
  for (const auto& [limit, fills] : {std::pair{10.1, true}, {10.09, false}}) {
    SimulatedMarket market(at_touch);
    market.quotes({9.9, 9.9}, {10.1, 10.1});
    market.send(Order("a", 0, 10).limit(limit));
    const auto reports = market.prices(10.2, 10.3, 10.1, 10.2).bar();
    EXPECT_EQ(reports[0].price_e9, fills ? e9(10.1) : 0) << limit;
  }
}

TEST(SimulatedTouch, an_instrument_without_a_quote_is_not_filled) {
  SimulatedMarket market(at_touch);
  market.quotes({9.9, 9.9}, {missing, 10.1});
  market.send(Order("a", 0, 10));
  const auto reports = market.prices(10, 10, 10, 10).bar();
  EXPECT_EQ(reports[0].status, expired);
  EXPECT_EQ(reports[0].reason, 1005U);
}

TEST(SimulatedTouch, on_data_without_quotes_is_an_error) {
  for (const char* config : {at_touch, R"({"latency": "none"})"}) {
    SimulatedMarket market(config);
    market.send(Order("a", 0, 10));
    EXPECT_EQ(market.test.agent.observe_bar(market.prices(10, 10, 10, 10).state), CADRE_ERROR);
    EXPECT_THAT(market.test.said(), ::testing::HasSubstr("no bid and ask"));
    EXPECT_EQ(market.reports()[0].reason, 1010U);
    EXPECT_EQ(market.send(Order("b", 0, 10)).reason, 1010U);
  }
}

/// Without latency, after a bar that closed at 10 with quotes at 9.9 and 10.1.
struct MarketWithoutLatency : SimulatedMarket {
  explicit MarketWithoutLatency(const std::string& more = "")
      : SimulatedMarket(R"({"latency": "none")" + more + "}") {
    state.quantity({100, 0}).cash(1000).volume({400, 400});
    quotes({9.9, 9.9}, {10.1, 10.1});
    prices(10, 10, 10, 10).bar();
  }
};

TEST(SimulatedAtOnce, fills_at_the_touch_of_the_bar_that_has_closed_and_reports_nothing_again) {
  MarketWithoutLatency market(R"(, "commission_per_order": 1)");
  cadre_trade_result result = market.send(Order("buy", 1, 10));
  EXPECT_EQ(result.status, filled);
  EXPECT_EQ(result.average_price_e9, e9(10.1));
  EXPECT_EQ(result.filled_quantity_e9, 10 * one);
  EXPECT_EQ(result.fees_e6, 1'000'000);
  EXPECT_EQ(result.spread_cost_e6, 1'000'000);
  result = market.send(Order("sell", 0, -10));
  EXPECT_EQ(result.average_price_e9, e9(9.9));
  EXPECT_EQ(market.query("sell").status, filled);
  EXPECT_TRUE(market.reports().empty());
  EXPECT_TRUE(market.bar().empty());
}

TEST(SimulatedAtOnce, spends_the_cash_and_the_volume_of_that_bar_once) {
  MarketWithoutLatency market(R"(, "max_participation": 0.1)");
  EXPECT_EQ(market.send(Order("a", 1, 30)).filled_quantity_e9, 30 * one);
  cadre_trade_result result = market.send(Order("b", 1, 30).lives(CADRE_TIF_IOC));
  EXPECT_EQ(result.status, canceled);
  EXPECT_EQ(result.reason, 1012U);
  EXPECT_EQ(result.filled_quantity_e9, 10 * one);  // 40 of 400
  // 1,000 - 40 x 10.1 are 596, and 59 shares of A cost 595.90.
  result = market.send(Order("c", 0, 40));
  EXPECT_EQ(result.filled_quantity_e9, 40 * one);
  EXPECT_EQ(market.send(Order("d", 1, 30).lives(CADRE_TIF_FOK)).reason, 1012U);
}

TEST(SimulatedAtOnce, what_is_not_marketable_rests_and_what_cash_does_not_allow_too) {
  MarketWithoutLatency market;
  EXPECT_EQ(market.send(Order("limit", 1, 10).limit(9).lives(CADRE_TIF_GTC)).status, working);
  EXPECT_EQ(market.send(Order("stop", 0, -10).stop(8).lives(CADRE_TIF_GTC)).status, working);
  EXPECT_EQ(market.send(Order("close", 1, 10).on_close()).status, working);
  cadre_trade_result result = market.send(Order("much", 1, 200));
  EXPECT_EQ(result.status, partly);
  EXPECT_EQ(result.filled_quantity_e9, 99 * one);  // 999.90 of 1,000
  market.state.cash(0.1).quantity({100, 99});
  const auto reports = market.prices(9, 9.5, 7, 8.5).bar();
  ASSERT_EQ(reports.size(), 4U);
  EXPECT_STREQ(reports[0].client_id.text, "stop");
  EXPECT_EQ(reports[0].price_e9, e9(8));
}

TEST(SimulatedAtOnce, a_replacement_that_reaches_the_quote_fills_at_once_too) {
  MarketWithoutLatency market;
  market.send(Order("a", 1, 10).limit(9).lives(CADRE_TIF_GTC));
  ASSERT_EQ(market.replace("a", 10, 10.2), CADRE_OK);
  const auto reports = market.reports();
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_EQ(reports[0].status, std::uint32_t{CADRE_ORDER_REPLACED});
  EXPECT_EQ(reports[1].price_e9, e9(10.1));
}

TEST(SimulatedTimes, combinations_that_mean_nothing_are_refused) {
  SimulatedMarket market;
  EXPECT_EQ(market.send(Order("a", 0, 1).stop(9).lives(CADRE_TIF_IOC)).reason, 1000U);
  EXPECT_EQ(market.send(Order("b", 0, 1).stop(9).limit(8).lives(CADRE_TIF_AT_THE_OPENING)).reason, 1000U);
  EXPECT_EQ(market.send(Order("c", 0, 1).on_close().lives(CADRE_TIF_FOK)).reason, 1000U);
  EXPECT_EQ(market.send(Order("d", 0, 1).lives(CADRE_TIF_GTD)).reason, 1000U);
}

TEST(SimulatedTimes, capabilities_name_all_of_them) {
  SimulatedMarket market;
  auto known = testing::lent<cadre_environment_capabilities>();
  ASSERT_EQ(market.table().capabilities(market.test.agent.self(), &known), CADRE_OK);
  EXPECT_EQ(known.flags, std::uint32_t{CADRE_ENVIRONMENT_REPLACES});
  EXPECT_EQ(known.order_types, 0b111110U);       // FIX 40: 1 to 5
  EXPECT_EQ(known.times_in_force, 0b10011111U);  // FIX 59: 0 to 4, and 7
}

}  // namespace
}  // namespace cadre::test

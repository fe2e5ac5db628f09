// Missing prices, restricted instruments, and a universe that changes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "host/base/date.hpp"
#include "tests/scenarios/trading_rules/lab.hpp"

namespace cadre::test {
namespace {

using testing::ElementsAre;

std::string quoted_date(std::int32_t date) {
  return "\"" + base::format_date(date) + "\"";
}

TEST(Restricted, instruments_are_only_reduced) {
  for (const char* place : {"/pre_trade_checks", "/chain/execution_rules/config"}) {
    auto overrides = scripted("[[0.5, 0.2], [0.3, 0.2], [0.6, 0.2]]");
    Market market = market_of({"AA", "BB"}, {{10, 10}, {10, 10}, {10, 10}, {10, 10}, {10, 10}});
    Lab free(market, overrides);
    EXPECT_GT(free.run().positions.at("AA"), 0);
    const bool gate = std::string(place) == "/pre_trade_checks";
    overrides.push_back({place, gate ? R"({"restricted": ["AA"]})"
                                     : R"({"default_order_type": "MARKET", "restricted": ["AA"]})"});
    Lab restricted(market, overrides);
    const Trace trace = restricted.run();
    EXPECT_EQ(trace.positions.count("AA"), 0u) << place;
    EXPECT_GT(trace.positions.at("BB"), 0) << place;
    for (const Order& order : trace.orders)
      EXPECT_NE(order.instrument, "AA") << "an order that is refused each day anew";
  }
}

TEST(Restricted, an_instrument_that_is_held_may_be_sold) {
  // The rules get their list by a dated change, when a position is there.
  auto overrides = scripted("[[0.5, 0.2], [0.5, 0.2], [0.3, 0.2], [0.6, 0.2]]");
  const Market market = market_of({"AA", "BB"}, {{10, 10}, {10, 10}, {10, 10}, {10, 10}, {10, 10}});
  overrides.push_back({"/changes", "[{\"at\": " + quoted_date(market.dates[1]) +
                                       R"(, "set": {"/chain/execution_rules/config":
                                          {"default_order_type": "MARKET", "restricted": ["AA"]}}}])"});
  Lab lab(market, overrides);
  const Trace trace = lab.run();
  EXPECT_EQ(trace.positions.at("AA"),
            30'000'000'000'000);  // sold from 50,000 to 30,000, and not bought again
}

/// BB has no price on the third of five days.
Market with_hole() {
  return market_of({"AA", "BB"}, {{10, 20}, {10, 20}, {10, 0}, {10, 22}, {10, 22}});
}

TEST(MissingPrices, are_refused_unless_declared) {
  Lab lab(with_hole(), scripted("[[0.1, 0.1]]"));
  EXPECT_FALSE(lab.refusal().empty());
}

TEST(MissingPrices, carried_or_left_the_mark_stays_and_nothing_trades_on_that_day) {
  for (const char* missing : {"\"carry\"", "\"leave\""}) {
    auto overrides = scripted("[[0.1, 0.1], [0.1, 0.1], [0.2, 0.2]]");
    overrides.push_back({"/data/prices/missing", missing});
    Lab lab(with_hole(), overrides);
    const Trace trace = lab.run();
    ASSERT_EQ(trace.decisions.size(), 5u);
    EXPECT_EQ(trace.decisions[2].price_e9[1], 20'000'000'000) << missing;
    EXPECT_EQ(trace.accounts[2].equity, trace.accounts[1].equity) << missing;
    // More of it is wanted on that day, and no order is made only to be refused.
    for (const Order& order : trace.orders)
      EXPECT_FALSE(order.date == trace.bars[2] && order.instrument == "BB") << missing;
    EXPECT_EQ(trace.decisions[2].stages.back().reasons[1].code, std::uint32_t{CADRE_REASON_NO_PRICE});
    EXPECT_EQ(trace.decisions[2].stages.back().reasons[0].code, 0u);
    // An order of the day before finds no market and expires.
    for (const Report& report : trace.reports) {
      if (report.date == trace.bars[2]) {
        EXPECT_NE(report.instrument, "BB");
      }
    }
  }
}

TEST(MissingPrices, an_order_decided_before_the_hole_expires_in_it) {
  auto overrides = scripted("[[0.1, 0.1], [0.1, 0.3]]");
  overrides.push_back({"/data/prices/missing", "\"carry\""});
  Lab lab(with_hole(), overrides);
  const Trace trace = lab.run();
  bool expired = false;
  for (const Report& report : trace.reports) {
    if (report.date != trace.bars[2] || report.instrument != "BB") continue;
    expired = report.status == CADRE_ORDER_EXPIRED && report.quantity == 0;
  }
  EXPECT_TRUE(expired);
}

TEST(MissingPrices, stop_no_decision_and_no_purchase_carried_or_left) {
  // Risk over 20 days with one return missing, of which the next one is over two days.
  Market market = random_market(9, 4, 60);
  market.close[40][2] = 0;
  for (const char* missing : {"\"carry\"", "\"leave\""}) {
    Lab lab(market, {{"/data/prices/missing", missing}});
    const Trace trace = lab.run();
    for (const auto& decision : trace.decisions)
      EXPECT_THAT(decision.failures, testing::IsEmpty()) << missing;
    bool bought = false;
    for (const Order& order : trace.orders)
      bought = bought || (order.date > trace.bars[40] && order.quantity > 0);
    EXPECT_TRUE(bought) << missing;
  }
}

/// AA leaves and CC comes on the fourth day.
std::vector<config::Override> changing_universe(const Market& market) {
  auto overrides = scripted("[[0.2, 0.3], [0.2, 0.3], [0.2, 0.3], [0.1, 0.4]]");
  overrides.push_back({"/universe", "[{\"from\": " + quoted_date(market.dates[0]) +
                                        R"(, "instruments": ["AA", "BB"]}, {"from": )" +
                                        quoted_date(market.dates[3]) + R"(, "instruments": ["CC", "BB"]}])"});
  return overrides;
}

TEST(UniverseChange, settles_what_leaves_at_its_last_mark_and_remaps_the_rest) {
  const Market market = market_of(
      {"AA", "BB", "CC"}, {{10, 20, 5}, {10, 20, 5}, {10, 20, 5}, {12, 21, 6}, {99, 20, 6}, {99, 20, 6}});
  Lab lab(market, changing_universe(market));
  const Trace trace = lab.run();
  ASSERT_EQ(trace.universes.size(), 2u);
  EXPECT_THAT(trace.universes[1].instruments, ElementsAre("BB", "CC"));
  EXPECT_THAT(trace.universes[1].old_to_new, ElementsAre(-1, 0));
  // 20,000 AA were bought at 10 and are settled at 12, the mark of the day of the change, without costs.
  bool settled = false;
  for (const Report& report : trace.reports) {
    if (report.id.find(".settle.") == std::string::npos) continue;
    settled = true;
    EXPECT_EQ(report.instrument, "AA");
    EXPECT_EQ(report.quantity, -20'000'000'000'000);
    EXPECT_EQ(report.price_e9, 12'000'000'000);
    EXPECT_EQ(report.fees_e6, 0);
    EXPECT_EQ(report.date, market.dates[3]);
  }
  EXPECT_TRUE(settled);
  EXPECT_EQ(trace.positions.at("AA"), 0);
  // The position in BB is at its new index, and decisions of the new epoch are about BB and CC.
  EXPECT_EQ(trace.decisions[2].position_e9[1], trace.decisions[3].position_e9[0]);
  EXPECT_EQ(trace.decisions[3].price_e9[1], 6'000'000'000);
  EXPECT_GT(trace.positions.at("CC"), 0);
}

TEST(UniverseChange, gives_a_newcomer_the_history_it_has) {
  Market market = random_market(21, 5, 80);
  const std::string first = R"(["A0", "A1", "A2"])", second = R"(["A1", "A2", "A3", "A4"])";
  Lab lab(market, {{"/universe", "[{\"from\": " + quoted_date(market.dates[0]) + ", \"instruments\": " +
                                     first + "}, {\"from\": " + quoted_date(market.dates[50]) +
                                     ", \"instruments\": " + second + "}]"}});
  const Trace trace = lab.run();
  // No decision is left out, and the newcomers are scored on the day they come, from 20 days of closes that
  // lie before it: the score of a universe that was never another one.
  ASSERT_EQ(trace.decisions.size(), 80u - 21);
  Lab other(market, {{"/data/prices/instruments", second}});
  const Trace always = other.run();
  const std::size_t at = 50 - 21;
  ASSERT_EQ(trace.decisions[at].date, market.dates[50]);
  EXPECT_EQ(trace.decisions[at].score, always.decisions[at].score);
  EXPECT_THAT(trace.decisions[at].failures, testing::IsEmpty());
}

TEST(UniverseChange, an_instrument_the_data_do_not_have_is_refused) {
  const Market market = market_of({"AA", "BB", "CC"}, {{10, 20, 5}, {10, 20, 5}});
  auto overrides = scripted("[[0.2]]");
  overrides.push_back(
      {"/universe", "[{\"from\": " + quoted_date(market.dates[0]) + R"(, "instruments": ["ZZ"]}])"});
  Lab lab(market, overrides);
  EXPECT_THAT(lab.refusal(), ElementsAre("INSTRUMENT_UNKNOWN"));
}

}  // namespace
}  // namespace cadre::test

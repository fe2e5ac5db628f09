// The checks that a desk sets for itself, beyond one order that passes and one that fails: see
// pre_trade_gate_test.cpp.

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/unit/execution/gate_decision.hpp"

namespace cadre::execution {
namespace {

config::NoTradeWindow hours(int from, int to, const char* zone, std::vector<std::string> instruments = {}) {
  constexpr std::int64_t hour_ns = 3600ll * 1'000'000'000;
  config::NoTradeWindow window;
  window.time_zone = zone;
  window.from_ns = from * hour_ns;
  window.to_ns = to * hour_ns;
  window.instruments = std::move(instruments);
  return window;
}

TEST(DeskBounds, the_orders_of_a_decision_are_judged_by_the_net_exposure_that_they_lead_to) {
  Setting setting;
  setting.constraints.max_net_exposure = 0.3;
  Decision decision(setting);
  const std::set<std::string> refused{"CREDIT_NET_EXPOSURE"};
  EXPECT_EQ(decision.failures(trade(empty, 10)), std::set<std::string>{});  // nobody said where it leads
  decision.gate().plan_net(0.25, 0.3);
  EXPECT_EQ(decision.failures(trade(empty, 10)), std::set<std::string>{});
  decision.gate().plan_net(0.25, -0.301);
  EXPECT_EQ(decision.failures(trade(empty, 10)), refused);
  EXPECT_EQ(decision.failures(trade(big, -10)), std::set<std::string>{});  // it reduces a position
  decision.gate().plan_net(0.4, 0.39);
  EXPECT_EQ(decision.failures(trade(empty, 10)), std::set<std::string>{});  // no worse than it is
}

TEST(DeskBounds, of_several_bounds_on_an_instrument_the_strictest_holds) {
  Setting setting;
  const auto limit_of = [](const char* instrument, const char* agent, const char* units) {
    config::ScopedLimit limit;
    limit.instrument = instrument;
    limit.agent = agent;
    limit.max_order_quantity = *base::Quantity::parse(units);
    return limit;
  };
  setting.limits.limits = {limit_of("EMPTY", "", "100"), limit_of("", "", "900"),
                           limit_of("", "third.party", "50")};
  Decision decision(setting);
  const std::set<std::string> refused{"FAT_FINGER_MAX_QUANTITY"};
  EXPECT_EQ(decision.gate().largest_accepted(trade(empty, 200)).quantity_e9, 100 * unit);
  EXPECT_EQ(decision.failures(trade(empty, 110)), refused);
  EXPECT_EQ(decision.failures(trade(big, -100)), std::set<std::string>{});
  const std::vector<std::string> agents{"other", "third.party"};
  decision.gate().enter_agents(agents);
  EXPECT_EQ(decision.failures(trade(empty, 60)), refused);
  EXPECT_EQ(decision.failures(trade(big, -200)), std::set<std::string>{});  // an exit is never blocked
}

TEST(DeskBounds, a_window_of_hours_follows_the_clocks_of_its_zone) {
  Setting setting;
  setting.limits.no_trade_windows = {hours(15, 16, "America/New_York", {"EMPTY"})};
  const std::set<std::string> refused{"RESTRICTION_NO_TRADE_WINDOW"};
  constexpr std::int64_t second = 1'000'000'000;
  constexpr std::int64_t july = 1'719'964'800;  // 2024-07-03: New York is four hours behind
  for (const auto& [time, is_open] :
       std::map<std::int64_t, bool>{{68'399, false}, {68'400, true}, {71'999, true}, {72'000, false}}) {
    setting.time_ns = (july + time) * second;
    Decision decision(setting);
    EXPECT_EQ(decision.failures(trade(empty, 10)), is_open ? refused : std::set<std::string>{}) << time;
    EXPECT_EQ(decision.failures(trade(big, 10)), std::set<std::string>{}) << time;  // not named
  }
  setting.limits.no_trade_windows = {hours(23, 1, "UTC")};
  setting.time_ns = (july + 1800) * second;
  EXPECT_EQ(Decision(setting).failures(trade(empty, 10)), refused);
  EXPECT_EQ(Decision(setting).failures(trade(big, -10)), std::set<std::string>{});
}

TEST(DeskBounds, sales_use_the_turnover_budget_up_and_are_not_bound_by_it) {
  Setting setting;
  setting.limits.turnover_budget = config::TurnoverBudget{0.05, 5};  // 5,000
  Decision decision(setting);
  EXPECT_EQ(decision.failures(trade(big, -40)), std::set<std::string>{});
  EXPECT_EQ(decision.failures(trade(empty, 20)), std::set<std::string>{"RESTRICTION_TURNOVER_BUDGET"});
  EXPECT_EQ(decision.failures(trade(empty, 10)), std::set<std::string>{});
  EXPECT_EQ(decision.failures(trade(big, -100)), std::set<std::string>{});
}

TEST(DeskBounds, what_the_venue_does_not_have_is_not_closed_and_counts_in_the_exposure) {
  Setting setting;
  Decision decision(setting);
  VenueBreaks venue;
  venue.enter(decision.universe());
  ASSERT_TRUE(venue.take(R"({"positions": {"BIG": {"ours": "300", "venue": "200"},
                                           "EMPTY": {"ours": "0", "venue": "600"}}})"));
  decision.gate().enter_venue(&venue);
  decision.works(big, 0, 50);
  EXPECT_EQ(decision.gate().largest_accepted(trade(big, -300)).quantity_e9, 150 * unit);
  EXPECT_EQ(decision.failures(trade(big, -160)), std::set<std::string>{"CREDIT_NOT_AT_VENUE"});
  EXPECT_EQ(decision.failures(trade(big, -100)), std::set<std::string>{});
  EXPECT_EQ(decision.gate().largest_accepted(trade(big, -300)).quantity_e9, 50 * unit);
  // 45,000 gross, of which 10,000 are sold, and 60,000 that somebody else holds, of at most 100,000.
  EXPECT_EQ(decision.failures(trade(empty, 60)), std::set<std::string>{"CREDIT_GROSS_EXPOSURE"});
}

TEST(DeskBounds, a_second_takes_so_many_messages_and_the_next_as_many_again) {
  Setting setting;
  setting.limits.max_messages_per_second = 3;
  setting.limits.max_orders_per_day = 100;
  Decision decision(setting);
  const std::set<std::string> refused{"FLOW_MESSAGES_PER_SECOND"}, none;
  decision.gate().begin_trial(1);  // a request leaves first
  EXPECT_EQ(decision.failures(trade(empty, 10)), none);
  EXPECT_EQ(decision.failures(trade(big, 10)), none);
  EXPECT_EQ(decision.failures(trade(big, -10)), refused);
  decision.begin(20240102);  // another decision in the same second
  EXPECT_EQ(decision.failures(trade(empty, 10)), refused);
  decision.at(1'000'000'000);
  EXPECT_EQ(decision.failures(trade(empty, 10)), none);
  decision.at(1'999'999'999);
  EXPECT_EQ(decision.failures(trade(big, 10)), none);
  EXPECT_EQ(decision.failures(trade(big, 10)), none);
  EXPECT_EQ(decision.failures(trade(big, 10)), refused);
}

TEST(DeskBounds, collar_and_tick_block_no_exit) {
  Setting setting;
  setting.ticks = {{*base::Price::parse("0"), *base::Price::parse("0.01")},
                   {*base::Price::parse("105"), *base::Price::parse("0.5")}};
  Decision decision(setting);
  cadre_order exit = limit(big, -100, "130.03");
  EXPECT_TRUE(decision.gate().fit_prices(exit));
  EXPECT_EQ(exit.limit_price_e9, 110 * unit);
  EXPECT_EQ(decision.failures(exit), std::set<std::string>{});
  cadre_order cover = limit(short_held, 50, "107.3");  // in a band of larger ticks
  EXPECT_TRUE(decision.gate().fit_prices(cover));
  EXPECT_EQ(cover.limit_price_e9, 107 * unit);
  cadre_order entry = limit(empty, 10, "130");
  EXPECT_FALSE(decision.gate().fit_prices(entry));
  EXPECT_EQ(decision.failures(entry), std::set<std::string>{"FAT_FINGER_PRICE_COLLAR"});
}

}  // namespace
}  // namespace cadre::execution

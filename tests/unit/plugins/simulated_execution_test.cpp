#include <cstring>

#include "tests/unit/plugins/agent_under_test.hpp"

namespace cadre::test {
namespace {

constexpr const char* plugin = "simulated_execution";
constexpr const char* id = "cadre.simulated_execution";
constexpr std::int64_t one = 1'000'000'000;
constexpr std::uint32_t filled = CADRE_ORDER_FILLED;
constexpr std::uint32_t expired = CADRE_ORDER_EXPIRED;

cadre_order make_order(const char* client_id, std::uint32_t instrument, std::uint32_t side,
                       std::int64_t units, std::uint32_t type = CADRE_ORDER_MARKET, double limit = 0) {
  cadre_order order{};
  order.size = sizeof order;
  order.instrument = instrument;
  order.side = side;
  order.type = type;
  order.time_in_force = CADRE_TIF_DAY;
  order.quantity_e9 = units * one;
  order.limit_price_e9 = std::llround(limit * 1e9);
  std::strncpy(order.client_id.text, client_id, sizeof order.client_id.text - 1);
  return order;
}
cadre_order buy(const char* client_id, std::uint32_t instrument, std::int64_t units,
                std::uint32_t type = CADRE_ORDER_MARKET, double limit = 0) {
  return make_order(client_id, instrument, CADRE_SIDE_BUY, units, type, limit);
}
cadre_order sell(const char* client_id, std::uint32_t instrument, std::int64_t units,
                 std::uint32_t type = CADRE_ORDER_MARKET, double limit = 0) {
  return make_order(client_id, instrument, CADRE_SIDE_SELL, units, type, limit);
}

struct Market {
  explicit Market(const std::string& config = "{}") : test(plugin, id, config) {}

  cadre_trade_result send(const cadre_order& order) {
    auto result = testing::lent<cadre_trade_result>();
    EXPECT_EQ(table().execute_trade(test.agent.self(), &order, &result), CADRE_OK);
    return result;
  }
  std::vector<cadre_execution_report> bar() {
    EXPECT_EQ(test.agent.observe_bar(state), CADRE_OK) << test.said();
    return reports();
  }
  std::vector<cadre_execution_report> reports() {
    std::vector<cadre_execution_report> all;
    auto report = testing::lent<cadre_execution_report>();
    while (table().next_report(test.agent.self(), &report) == CADRE_OK)
      all.push_back(report);
    return all;
  }
  const cadre_execution_environment& table() const { return test.agent.table<cadre_execution_environment>(); }

  AgentUnderTest test;
  FakeState state{{"A", "B"}};
};

TEST(SimulatedExecution, fills_at_the_next_close_with_exact_costs) {
  Market market(R"({"commission_bp": 2, "commission_per_order": 1, "half_spread_bp": 2})");
  EXPECT_EQ(market.send(buy("x", 0, 100)).status, std::uint32_t{CADRE_ORDER_NEW});
  market.state.at(5, 20000104).close({50.0, 10.0});
  const auto reports = market.bar();
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].status, filled);
  EXPECT_EQ(reports[0].price_e9, 50'010'000'000);
  EXPECT_EQ(reports[0].quantity_e9, 100 * one);
  EXPECT_EQ(reports[0].spread_cost_e6, 1'000'000);       // 100 x 0.01
  EXPECT_EQ(reports[0].fees_e6, 1'000'200 + 1'000'000);  // 2 bp of 5,001.00, and 1
  EXPECT_EQ(reports[0].time_ns, 5);
  EXPECT_TRUE(market.bar().empty());
}

TEST(SimulatedExecution, a_sell_loses_the_half_spread) {
  Market market(R"({"half_spread_bp": 10})");
  market.state.quantity({10, 0}).close({50.0, 10.0});
  market.send(sell("x", 0, 10));
  EXPECT_EQ(market.bar()[0].price_e9, 49'950'000'000);
}

TEST(SimulatedExecution, open_is_the_next_open_and_market_on_close_the_close) {
  Market market(R"({"fill_at": "open"})");
  market.send(buy("a", 0, 1));
  market.send(buy("b", 0, 1, CADRE_ORDER_MARKET_ON_CLOSE));
  market.state.open({11, 1}).high({13, 1}).low({10, 1}).close({12, 1});
  const auto reports = market.bar();
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_EQ(reports[0].price_e9, 11 * one);
  EXPECT_EQ(reports[1].price_e9, 12 * one);
}

TEST(SimulatedExecution, open_on_data_without_opens_is_an_error) {
  Market market(R"({"fill_at": "open"})");
  market.send(buy("a", 0, 1));
  market.state.close({12, 1});
  EXPECT_EQ(market.test.agent.observe_bar(market.state), CADRE_ERROR);
  const auto reports = market.reports();
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].reason, 1002U);
  const cadre_trade_result result = market.send(buy("b", 0, 1));
  EXPECT_EQ(result.status, std::uint32_t{CADRE_ORDER_REJECTED});
  EXPECT_EQ(result.reason, 1002U);
}

TEST(SimulatedExecution, a_limit_fills_only_when_the_range_goes_through_it) {
  Market market;
  market.state.quantity({10, 10}).open({11, 11}).high({13, 13}).low({10, 10}).close({12, 12});
  market.send(buy("at_the_low", 0, 1, CADRE_ORDER_LIMIT, 10));
  market.send(buy("below_the_open", 0, 1, CADRE_ORDER_LIMIT, 10.5));
  market.send(buy("above_the_open", 0, 1, CADRE_ORDER_LIMIT, 12));
  market.send(sell("at_the_high", 1, 1, CADRE_ORDER_LIMIT, 13));
  market.send(sell("inside", 1, 1, CADRE_ORDER_LIMIT, 12.5));
  const auto reports = market.bar();
  ASSERT_EQ(reports.size(), 5U);
  EXPECT_STREQ(reports[0].client_id.text, "at_the_high");
  EXPECT_EQ(reports[0].status, expired);
  EXPECT_EQ(reports[0].reason, 1003U);
  EXPECT_EQ(reports[1].price_e9, 12'500'000'000);
  EXPECT_STREQ(reports[2].client_id.text, "above_the_open");
  EXPECT_EQ(reports[2].price_e9, 11 * one);
  EXPECT_EQ(reports[3].status, expired);
  EXPECT_EQ(reports[4].price_e9, 10'500'000'000);
}

TEST(SimulatedExecution, on_closes_only_a_limit_fills_at_a_close_through_it_and_never_beyond_it) {
  Market market(R"({"half_spread_bp": 1000})");
  market.state.close({10, 10});
  market.send(buy("a", 0, 1, CADRE_ORDER_LIMIT, 10));
  market.send(buy("b", 1, 1, CADRE_ORDER_LIMIT, 10.5));
  const auto reports = market.bar();
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_EQ(reports[0].status, expired);
  EXPECT_EQ(reports[1].price_e9, 10'500'000'000);
  EXPECT_EQ(reports[1].spread_cost_e6, 500'000);
}

TEST(SimulatedExecution, good_till_cancelled_waits_and_can_be_cancelled) {
  Market market;
  cadre_order order = buy("a", 0, 1, CADRE_ORDER_LIMIT, 9);
  order.time_in_force = CADRE_TIF_GTC;
  market.send(order);
  market.state.close({10, 10});
  EXPECT_TRUE(market.bar().empty());
  auto result = testing::lent<cadre_trade_result>();
  EXPECT_EQ(market.table().query_order(market.test.agent.self(), order.client_id, &result), CADRE_OK);
  EXPECT_EQ(result.status, std::uint32_t{CADRE_ORDER_NEW});
  EXPECT_EQ(market.table().cancel_order(market.test.agent.self(), order.client_id), CADRE_OK);
  EXPECT_EQ(market.reports()[0].status, std::uint32_t{CADRE_ORDER_CANCELED});
  EXPECT_EQ(market.table().cancel_order(market.test.agent.self(), order.client_id), CADRE_REJECTED);
  market.table().query_order(market.test.agent.self(), order.client_id, &result);
  EXPECT_EQ(result.status, std::uint32_t{CADRE_ORDER_CANCELED});
}

TEST(SimulatedExecution, sells_pay_for_buys_and_what_cannot_be_paid_expires) {
  Market market(R"({"commission_per_order": 1})");
  market.state.cash(100).quantity({0, 5}).close({10, 10});
  market.send(buy("a", 0, 30));
  market.send(sell("z", 1, 5));
  const auto reports = market.bar();
  // 100 + 50 - 1 = 149; 14 at 10 and the commission of 1 are 141.
  ASSERT_EQ(reports.size(), 3U);
  EXPECT_EQ(reports[0].side, std::uint32_t{CADRE_SIDE_SELL});
  EXPECT_EQ(reports[1].status, std::uint32_t{CADRE_ORDER_PARTIALLY_FILLED});
  EXPECT_EQ(reports[1].quantity_e9, 14 * one);
  EXPECT_EQ(reports[2].status, expired);
  EXPECT_EQ(reports[2].reason, 1004U);
  EXPECT_EQ(reports[2].quantity_e9, 0);
  auto result = testing::lent<cadre_trade_result>();
  market.table().query_order(market.test.agent.self(), reports[2].client_id, &result);
  EXPECT_EQ(result.filled_quantity_e9, 14 * one);
  EXPECT_EQ(result.fees_e6, 1'000'000);
}

TEST(SimulatedExecution, short_proceeds_are_no_buying_power) {
  Market market;
  market.state.cash(0).close({10, 10});
  market.send(sell("s", 1, 5));
  market.send(buy("b", 0, 1));
  const auto reports = market.bar();
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_EQ(reports[0].status, filled);
  EXPECT_EQ(reports[1].reason, 1004U);
}

TEST(SimulatedExecution, cash_goes_by_no_name_and_no_place) {
  for (const bool swapped : {false, true}) {
    Market market;
    if (swapped) market.state = FakeState({"B", "A"});
    market.state.cash(10).close({10, 10});
    market.send(buy("1", swapped ? 0 : 1, 1));  // B
    market.send(buy("2", swapped ? 1 : 0, 1));  // A
    const auto reports = market.bar();
    ASSERT_EQ(reports.size(), 2U);
    EXPECT_STREQ(reports[0].client_id.text, "2");
    for (const auto& report : reports)
      EXPECT_EQ(report.reason, 1004U);  // half a share each, and neither has the other's half
  }
}

TEST(SimulatedExecution, a_halted_instrument_does_not_fill) {
  Market market;
  market.state.close({missing, 10});
  market.send(buy("a", 0, 1));
  const auto reports = market.bar();
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].status, expired);
  EXPECT_EQ(reports[0].reason, 1005U);
}

TEST(SimulatedExecution, refuses_what_it_does_not_simulate) {
  Market market;
  EXPECT_EQ(market.send(buy("a", 0, 1, '6')).reason, 1000U);
  EXPECT_EQ(market.send(buy("a", 0, 1, CADRE_ORDER_STOP)).reason, 1006U);
  EXPECT_EQ(market.send(buy("b", 0, 0)).reason, 1006U);
  EXPECT_EQ(market.send(buy("c", 0, 1, CADRE_ORDER_LIMIT)).reason, 1006U);
  EXPECT_EQ(market.send(buy("", 0, 1)).reason, 1006U);
  EXPECT_EQ(market.send(buy("d", 0, 1)).status, std::uint32_t{CADRE_ORDER_NEW});
  EXPECT_EQ(market.send(buy("d", 0, 1)).reason, 1001U);
  market.state.close({10, 10});
  market.bar();
  EXPECT_EQ(market.send(buy("d", 0, 1)).reason, 1001U);
  EXPECT_EQ(market.send(buy("e", 2, 1)).reason, 1006U);
}

TEST(SimulatedExecution, orders_follow_their_instruments) {
  Market market;
  market.send(buy("a", 0, 1));
  market.send(buy("b", 1, 1));
  market.state = FakeState({"C", "B"});
  ASSERT_EQ(market.test.agent.change_universe(market.state, {CADRE_GONE, 1}), CADRE_OK);
  auto reports = market.reports();
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].reason, 1007U);
  EXPECT_EQ(reports[0].instrument, CADRE_BOOK);
  market.state.close({99, 10});
  reports = market.bar();
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].price_e9, 10 * one);
}

TEST(SimulatedExecution, saved_state_is_sound_and_fills_alike) {
  Market market;
  cadre_order waiting = buy("wait", 0, 1, CADRE_ORDER_LIMIT, 9);
  waiting.time_in_force = CADRE_TIF_GTC;
  market.send(waiting);
  market.send(buy("done", 1, 1));
  market.state.close({10, 10});
  ASSERT_EQ(market.test.agent.observe_bar(market.state), CADRE_OK);
  const std::string before = market.test.agent.save();
  auto result = testing::lent<cadre_trade_result>();
  market.table().query_order(market.test.agent.self(), waiting.client_id, &result);
  EXPECT_EQ(market.test.agent.save(), before);
  expect_sound_state(plugin, id, "{}", before, 2);

  Market other;
  other.state = market.state;
  AgentUnderTest restored(plugin, id, "{}", false);
  ASSERT_EQ(restored.agent.load(before, 2), CADRE_OK);
  restored.agent.activate();
  market.state.close({8, 10});
  restored.agent.observe_bar(market.state);
  market.test.agent.observe_bar(market.state);
  EXPECT_EQ(restored.agent.save(), market.test.agent.save());
}

}  // namespace
}  // namespace cadre::test

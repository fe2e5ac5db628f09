#include <cmath>
#include <cstring>

#include "tests/unit/plugins/agent_under_test.hpp"

namespace cadre::test {
namespace {

constexpr const char* plugin = "identity";

TEST(Identity, the_aggregator_passes_one_signal_per_instrument_to_the_bit) {
  AgentUnderTest test(plugin, "cadre.identity.signal_aggregator");
  FakeState state({"A", "B", "C"});
  const double strength = 0.1 + 0.2;
  state.signals({make_signal(2, -1, strength, 1.0 / 3.0), make_signal(0, 0, 7.0, 0.5)});
  Numbers score(3), confidence(3);
  std::vector<std::uint8_t> valid(3);
  cadre_views views{sizeof views, 3, score.data(), confidence.data(), valid.data()};
  const auto& table = test.agent.table<cadre_signal_aggregator>();
  ASSERT_EQ(table.aggregate_signals(test.agent.self(), &state.raw(), &views), CADRE_OK);
  EXPECT_EQ(score[2], -strength);
  EXPECT_EQ(confidence[2], 1.0 / 3.0);
  EXPECT_EQ(score[0], 0.0);
  EXPECT_THAT(valid, ::testing::ElementsAre(1, 0, 1));

  state.signals({make_signal(1, 1, 1, 1, "x"), make_signal(1, 1, 1, 1, "y")});
  EXPECT_EQ(table.aggregate_signals(test.agent.self(), &state.raw(), &views), CADRE_REJECTED);
  EXPECT_THAT(test.said(), ::testing::HasSubstr("more than one signal for B"));
}

TEST(Identity, targets_stay_as_they_come) {
  FakeState state({"A", "B"});
  state.weight({0.25, -0.5});
  TestTargets targets({0.25, -0.5});
  AgentUnderTest sizer(plugin, "cadre.identity.position_sizer");
  AgentUnderTest optimizer(plugin, "cadre.identity.portfolio_optimizer");
  AgentUnderTest adjuster(plugin, "cadre.identity.trade_adjuster");
  EXPECT_EQ(sizer.agent.table<cadre_position_sizer>().propose_trades(sizer.agent.self(), &state.raw(),
                                                                     targets.raw()),
            CADRE_OK);
  EXPECT_EQ(optimizer.agent.table<cadre_portfolio_optimizer>().optimize_targets(optimizer.agent.self(),
                                                                                &state.raw(), targets.raw()),
            CADRE_OK);
  EXPECT_EQ(adjuster.agent.table<cadre_trade_adjuster>().adjust_trades(adjuster.agent.self(), &state.raw(),
                                                                       targets.raw()),
            CADRE_OK);
  EXPECT_THAT(targets.weight, ::testing::ElementsAre(0.25, -0.5));
}

TEST(Identity, the_risk_manager_finds_everything_acceptable_and_claims_no_figure) {
  AgentUnderTest test(plugin, "cadre.identity.risk_manager");
  const FakeState state({"A"});
  cadre_risk_report report{};
  report.size = sizeof report;
  const double weight = 50.0;
  ASSERT_EQ(
      test.agent.table<cadre_risk_manager>().analyze_risk(test.agent.self(), &state.raw(), &weight, &report),
      CADRE_OK);
  EXPECT_EQ(report.acceptable, std::uint32_t{CADRE_ACCEPTABLE});
  EXPECT_TRUE(std::isnan(report.volatility));
  EXPECT_EQ(report.limit_count, 0U);
}

TEST(Identity, the_covariance_is_the_identity_matrix) {
  AgentUnderTest test(plugin, "cadre.identity.covariance_estimator");
  const FakeState state({"A", "B"});
  Numbers data(6, missing);
  cadre_service_output out{};
  out.size = sizeof out;
  out.rows = out.columns = 2;
  out.data = data.data();
  out.stride = 3;
  ASSERT_EQ(test.agent.table<cadre_service_provider>().publish(test.agent.self(), &state.raw(),
                                                               CADRE_TEXT("cadre.covariance/1"), &out),
            CADRE_OK);
  EXPECT_EQ(data[0], 1.0);
  EXPECT_EQ(data[1], 0.0);
  EXPECT_EQ(data[4], 1.0);
  EXPECT_EQ(test.agent.table<cadre_service_provider>().publish(test.agent.self(), &state.raw(),
                                                               CADRE_TEXT("other/1"), &out),
            CADRE_REJECTED);
}

cadre_order order(const char* client_id, std::int64_t quantity, std::int64_t price) {
  cadre_order order{};
  order.size = sizeof order;
  order.side = CADRE_SIDE_BUY;
  order.type = CADRE_ORDER_MARKET;
  order.time_in_force = CADRE_TIF_DAY;
  order.quantity_e9 = quantity;
  order.decision_price_e9 = price;
  std::strncpy(order.client_id.text, client_id, sizeof order.client_id.text - 1);
  return order;
}

TEST(Identity, the_environment_fills_at_once_at_the_decision_price) {
  const char* id = "cadre.identity.execution_environment";
  AgentUnderTest test(plugin, id);
  const auto& table = test.agent.table<cadre_execution_environment>();
  auto result = testing::lent<cadre_trade_result>();
  const cadre_order first = order("a", 5, 7);
  ASSERT_EQ(table.execute_trade(test.agent.self(), &first, &result), CADRE_OK);
  EXPECT_EQ(result.status, std::uint32_t{CADRE_ORDER_FILLED});
  EXPECT_EQ(result.filled_quantity_e9, 5);
  EXPECT_EQ(result.average_price_e9, 7);
  EXPECT_EQ(result.fees_e6, 0);
  auto report = testing::lent<cadre_execution_report>();
  EXPECT_EQ(table.next_report(test.agent.self(), &report), CADRE_DISCARD);
  EXPECT_EQ(table.query_order(test.agent.self(), first.client_id, &result), CADRE_OK);
  EXPECT_EQ(table.cancel_order(test.agent.self(), first.client_id), CADRE_REJECTED);
  ASSERT_EQ(table.execute_trade(test.agent.self(), &first, &result), CADRE_OK);
  EXPECT_EQ(result.status, std::uint32_t{CADRE_ORDER_REJECTED});
  const cadre_order unpriced = order("b", 5, 0);
  ASSERT_EQ(table.execute_trade(test.agent.self(), &unpriced, &result), CADRE_OK);
  EXPECT_EQ(result.reason, std::uint32_t{CADRE_REASON_NO_PRICE});
  expect_sound_state(plugin, id, "{}", test.agent.save(), 1);
}

}  // namespace
}  // namespace cadre::test

#include "host/execution/trading_states.hpp"

#include <gtest/gtest.h>

#include "cadre/order.h"

namespace cadre::execution {
namespace {

model::Universe universe_of(std::vector<std::string> ids) {
  model::Universe universe;
  for (std::string& id : ids) {
    universe.instruments.emplace_back();
    universe.instruments.back().id = std::move(id);
  }
  return universe;
}

base::Quantity units(std::int64_t count) {
  return base::Quantity::from_raw(count * 1'000'000'000);
}

base::Money money(const char* text) {
  return *base::Money::parse(text);
}

StateChange ordered(TradingState state, StateScope scope = {}, bool rearms = false) {
  return {state, std::move(scope), {}, "anna", "lunch", rearms};
}

class States : public testing::Test {
 protected:
  States() { states.enter(universe_of({"AA", "BB"}), {"agent.one"}, limits); }
  void follow() { states.enter(universe_of({"AA", "BB"}), {"agent.one"}, limits); }

  config::PreTradeConfig limits;
  TradingStates states;
};

TEST_F(States, of_an_instrument_are_the_strictest_of_book_agent_and_its_own) {
  EXPECT_TRUE(states.all_active());
  states.take(ordered(TradingState::reducing));
  states.take(ordered(TradingState::halted, {"BB", {}}));
  EXPECT_EQ(states.of(0), TradingState::reducing);
  EXPECT_EQ(states.of(1), TradingState::halted);
  EXPECT_EQ(states.whole(), TradingState::reducing);
  states.take(ordered(TradingState::halted, {{}, "agent.other"}));
  EXPECT_EQ(states.whole(), TradingState::reducing) << "the book does not run it";
  states.enter(universe_of({"BB"}), {"agent.other"}, limits);
  EXPECT_EQ(states.whole(), TradingState::halted) << "now it does";
  EXPECT_EQ(states.of(0), TradingState::halted);
  states.take(ordered(TradingState::active, {{}, "agent.other"}));
  states.take(ordered(TradingState::active));
  EXPECT_EQ(states.whole(), TradingState::active);
  EXPECT_EQ(states.of(0), TradingState::halted) << "the instrument has its own";
}

TEST_F(States, killed_stays_killed_until_it_is_armed_again) {
  states.take(ordered(TradingState::killed));
  states.take(ordered(TradingState::active));
  states.take(ordered(TradingState::reducing));
  EXPECT_EQ(states.whole(), TradingState::killed);
  states.take(ordered(TradingState::active, {}, true));
  EXPECT_EQ(states.whole(), TradingState::active);
}

TEST_F(States, reducing_leaves_what_is_between_nothing_and_what_is_held) {
  states.take(ordered(TradingState::reducing));
  EXPECT_EQ(states.bounded(0, units(100), units(100), units(150)), units(100));
  EXPECT_EQ(states.bounded(0, units(100), units(100), units(40)), units(40));
  EXPECT_EQ(states.bounded(0, units(100), units(100), units(-20)), units(0)) << "no flip";
  EXPECT_EQ(states.bounded(0, units(-100), units(-100), units(30)), units(0));
  EXPECT_EQ(states.bounded(0, units(-100), units(-100), units(-130)), units(-100));
  EXPECT_EQ(states.bounded(0, units(0), units(50), units(0)), units(50))
      << "an open buy is canceled, not sold";
  EXPECT_EQ(states.bounded(0, units(100), units(150), units(0)), units(50)) << "what is held is sold";
  EXPECT_EQ(states.bounded(0, 0.2, 0.5), 0.2);
  EXPECT_EQ(states.bounded(0, 0.2, -0.5), 0.0);
  EXPECT_EQ(states.bounded(0, -0.2, 0.5), 0.0);
  states.take(ordered(TradingState::halted, {"AA", {}}));
  EXPECT_EQ(states.bounded(0, units(100), units(100), units(40)), units(100));
  EXPECT_EQ(states.bounded(0, 0.2, 0.1), 0.2);
}

TEST_F(States, lead_out_of_a_daily_loss_with_the_next_session_only) {
  limits.max_daily_loss = 0.02;
  follow();
  states.begin_bar(20240102, money("100000"));
  EXPECT_TRUE(states.broken(money("98000")).empty()) << "at the limit";
  const auto broken = states.broken(money("97999.99"));
  ASSERT_EQ(broken.size(), 1u);
  EXPECT_EQ(broken[0].code, "RISK_DAILY_LOSS");
  states.take(broken[0]);
  EXPECT_EQ(states.whole(), TradingState::reducing);
  EXPECT_TRUE(states.broken(money("90000")).empty()) << "said once";
  states.take(ordered(TradingState::active));
  states.begin_bar(20240102, money("90000"));
  EXPECT_EQ(states.whole(), TradingState::reducing) << "neither an operator nor another bar ends it";
  states.begin_bar(20240103, money("97000"));
  EXPECT_EQ(states.whole(), TradingState::active);
  EXPECT_TRUE(states.broken(money("96000")).empty()) << "the session began with 97,000";
}

TEST_F(States, follow_the_margin_requirement_down_and_up_again) {
  states.begin_bar(20240102, money("1000"));
  EXPECT_TRUE(states.broken(money("1000"), money("999.99")).empty());
  EXPECT_TRUE(states.broken(money("1000"), {}).empty()) << "nothing is asked for";
  const auto broken = states.broken(money("1000"), money("1000"));
  ASSERT_EQ(broken.size(), 1u);
  EXPECT_EQ(broken[0].code, "CREDIT_MARGIN");
  EXPECT_NE(broken[0].reason.find("since 2024-01-02"), std::string::npos) << broken[0].reason;
  states.take(broken[0]);
  EXPECT_EQ(states.whole(), TradingState::reducing);
  EXPECT_TRUE(states.lacks_margin());
  EXPECT_TRUE(states.broken(money("900"), money("1000")).empty()) << "said once";
  states.take(ordered(TradingState::active));
  EXPECT_EQ(states.whole(), TradingState::reducing) << "no operator ends it";
  states.begin_bar(20240103, money("1001"));
  EXPECT_TRUE(states.lacks_margin()) << "nor another session";
  const auto ended = states.broken(money("1001"), money("1000"));
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].state, TradingState::active);
  states.take(ended[0]);
  EXPECT_TRUE(states.all_active());
}

TEST_F(States, of_a_ruined_book_leave_reductions_only) {
  states.begin_bar(20240102, money("1000"));
  const auto broken = states.broken({});
  ASSERT_EQ(broken.size(), 1u);
  EXPECT_EQ(broken[0].code, "CREDIT_RUINED");
  states.take(broken[0]);
  EXPECT_EQ(states.whole(), TradingState::reducing);
  EXPECT_TRUE(states.is_ruined());
  EXPECT_TRUE(states.broken(money("-5")).empty()) << "said once";
  ASSERT_EQ(states.broken(money("5")).size(), 1u);
}

TEST_F(States, latch_an_instrument_that_is_executed_again_and_again) {
  limits.max_repeated_executions = {2, 4};
  follow();
  const auto fill = [&](std::uint32_t side) {
    states.count_decision();
    states.count_fill(0, side, {});
    states.count_fill(0, side, {});  // a second part of the same order
  };
  fill(CADRE_SIDE_BUY);
  fill(CADRE_SIDE_SELL);
  fill(CADRE_SIDE_BUY);
  EXPECT_TRUE(states.broken(money("1000")).empty()) << "twice on each side at most";
  fill(CADRE_SIDE_BUY);
  const auto broken = states.broken(money("1000"));
  ASSERT_EQ(broken.size(), 1u);
  EXPECT_EQ(broken[0].code, "FLOW_REPEATED_EXECUTION");
  EXPECT_EQ(broken[0].scope.instrument, "AA");
  states.take(broken[0]);
  EXPECT_EQ(states.of(0), TradingState::halted);
  EXPECT_EQ(states.of(1), TradingState::active);
  for (int k = 0; k < 10; ++k)
    states.count_decision();
  EXPECT_EQ(states.of(0), TradingState::halted) << "it latches";
  states.take(ordered(TradingState::active));
  EXPECT_EQ(states.of(0), TradingState::halted) << "the book was resumed, not the instrument";
  states.take(ordered(TradingState::active, {"AA", {}}));
  EXPECT_EQ(states.of(0), TradingState::active);
  EXPECT_TRUE(states.broken(money("1000")).empty()) << "counted anew";
}

TEST_F(States, forget_executions_before_the_last_decisions) {
  limits.max_repeated_executions = {1, 3};
  follow();
  states.count_decision();
  states.count_fill(0, CADRE_SIDE_BUY, {});
  for (int k = 0; k < 3; ++k)
    states.count_decision();
  states.count_fill(0, CADRE_SIDE_BUY, {});
  EXPECT_TRUE(states.broken(money("1000")).empty());
}

TEST_F(States, restore_what_was_counted) {
  limits.max_repeated_executions = {1, 5};
  limits.max_daily_loss = 0.1;
  follow();
  states.begin_bar(20240102, money("1000"));
  states.count_decision();
  states.count_fill(1, CADRE_SIDE_SELL, {});
  TradingStates again;
  again.enter(universe_of({"AA", "BB"}), {"agent.one"}, limits);
  again.restore(states.counted());
  EXPECT_EQ(again.counted(), states.counted());
  again.begin_bar(20240102, money("800"));
  EXPECT_EQ(again.broken(money("899")).size(), 1u) << "of the session's start";
  again.count_decision();
  again.count_fill(1, CADRE_SIDE_SELL, {});
  EXPECT_EQ(again.broken(money("950")).size(), 1u);
}

TEST(Turnover, what_was_traded_counts_for_the_sessions_of_the_budget_and_survives_a_checkpoint) {
  config::PreTradeConfig limits;
  limits.turnover_budget = config::TurnoverBudget{0.5, 2};
  model::Universe universe;
  universe.instruments.resize(1);
  universe.instruments[0].id = "AA";
  TradingStates states;
  states.enter(universe, {}, limits);
  states.begin_bar(20240102, money("1000"));
  states.count_fill(0, CADRE_SIDE_BUY, money("100"));
  states.count_fill(0, CADRE_SIDE_SELL, money("20.5"));
  states.begin_bar(20240102, money("1000"));
  EXPECT_EQ(states.traded(), money("120.5"));
  states.begin_bar(20240103, money("1000"));
  states.count_fill(0, CADRE_SIDE_BUY, money("7"));
  EXPECT_EQ(states.traded(), money("127.5"));
  TradingStates again;
  again.enter(universe, {}, limits);
  again.restore(states.counted());
  EXPECT_EQ(again.traded(), money("127.5"));
  for (TradingStates* each : {&states, &again}) {
    each->begin_bar(20240104, money("1000"));
    EXPECT_EQ(each->traded(), money("7"));
  }
}

}  // namespace
}  // namespace cadre::execution

// How long a position is held, and how many orders there may be.

#include "tests/unit/plugins/applied_rules.hpp"

namespace cadre::test {
namespace {

constexpr std::uint32_t min_holding = 1001, max_orders = 1002;

/// A bar of a session of one bar.
void see(AgentUnderTest& test, FakeState& state, std::int32_t date) {
  state.at(date * one, date);
  ASSERT_EQ(test.agent.observe_bar(state), CADRE_OK) << test.said();
}

TEST(MinHolding, holds_a_position_back_until_as_many_sessions_have_begun_since_it_was_opened) {
  AgentUnderTest test(rules_plugin, rules_id, R"({"default_order_type": "MARKET", "min_holding": 2})");
  FakeState state = at_ten(1);
  see(test, state, 20250106);
  state.quantity({10});  // filled in this session, after its bar was told
  const Applied opened = apply(test, state, {-4}, {10});
  EXPECT_TRUE(opened.orders.empty());
  EXPECT_EQ(opened.reasons[0].code, min_holding);
  EXPECT_EQ(opened.reasons[0].value, 2);
  EXPECT_EQ(apply(test, state, {4}, {10}).orders.size(), 1U);  // more of it is no exit
  see(test, state, 20250107);
  EXPECT_EQ(apply(test, state, {-10}, {10}).reasons[0].value, 1);
  see(test, state, 20250108);
  EXPECT_EQ(apply(test, state, {-10}, {10}).orders.size(), 1U);
}

TEST(MinHolding, never_keeps_a_limit_waiting) {
  AgentUnderTest test(rules_plugin, rules_id, R"({"default_order_type": "MARKET", "min_holding": 100})");
  FakeState state = at_ten(2);
  see(test, state, 20250106);
  state.quantity({10, 10});
  const Applied applied = apply(test, state, {-4, -4}, {10, 10}, {}, {1, 0});
  ASSERT_EQ(applied.orders.size(), 1U);
  EXPECT_EQ(applied.orders[0].instrument, 0U);
  EXPECT_EQ(applied.reasons[1].code, min_holding);
}

TEST(MinHolding, begins_anew_with_a_position_on_the_other_side_or_after_a_flat_one) {
  AgentUnderTest test(rules_plugin, rules_id, R"({"default_order_type": "MARKET", "min_holding": 1})");
  FakeState state = at_ten(1);
  see(test, state, 20250106);
  state.quantity({10});
  see(test, state, 20250107);
  EXPECT_EQ(apply(test, state, {-4}, {10}).orders.size(), 1U);
  state.quantity({-10});
  EXPECT_TRUE(apply(test, state, {4}, {10}).orders.empty());
  see(test, state, 20250108);
  EXPECT_EQ(apply(test, state, {4}, {10}).orders.size(), 1U);
}

TEST(MinHolding, counts_bars_where_it_is_told_to) {
  AgentUnderTest bars(rules_plugin, rules_id,
                      R"({"default_order_type": "MARKET", "min_holding": 2, "min_holding_in": "bar"})");
  AgentUnderTest sessions(rules_plugin, rules_id, R"({"default_order_type": "MARKET", "min_holding": 1})");
  FakeState state = at_ten(1);
  for (AgentUnderTest* test : {&bars, &sessions})
    see(*test, state, 20250106);
  state.quantity({10});
  for (int k = 0; k < 2; ++k) {
    state.at(state.raw().time_ns + one, 20250106);
    for (AgentUnderTest* test : {&bars, &sessions})
      ASSERT_EQ(test->agent.observe_bar(state), CADRE_OK);
  }
  EXPECT_EQ(apply(bars, state, {-4}, {10}).orders.size(), 1U);
  EXPECT_TRUE(apply(sessions, state, {-4}, {10}).orders.empty());  // it is still the session that opened it
}

TEST(MinHolding, is_saved_with_the_periods_orders) {
  const char* config = R"({"default_order_type": "MARKET", "min_holding": 2, "max_orders_per_period": 3})";
  AgentUnderTest test(rules_plugin, rules_id, config);
  FakeState state = at_ten(2);
  state.quantity({5, 0});
  see(test, state, 20250106);
  set_orders(state, 2);
  const std::string bytes = test.agent.save();
  expect_sound_state(rules_plugin, rules_id, config, bytes, 2);
  AgentUnderTest fresh(rules_plugin, rules_id, config, false);
  ASSERT_EQ(fresh.agent.load(bytes, 2), CADRE_OK) << fresh.said();
  ASSERT_EQ(fresh.agent.activate(), CADRE_OK);
  EXPECT_EQ(apply(fresh, state, {-1, 1}, {10, 10}).reasons[0].value, 1);
  EXPECT_EQ(apply(fresh, state, {0, 1}, {10, 10}).orders.size(), 1U);
  set_orders(state, 3);
  EXPECT_EQ(apply(fresh, state, {0, 1}, {10, 10}).reasons[1].code, max_orders);
}

TEST(MaxOrders, leaves_out_the_least_and_never_what_reduces_a_position) {
  AgentUnderTest test(rules_plugin, rules_id,
                      R"({"default_order_type": "MARKET", "max_orders_per_period": 3})");
  FakeState state = at_ten(5);
  state.quantity({9, 9, 0, 0, 0});
  see(test, state, 20250106);
  const Applied applied = apply(test, state, {-1, -1, 5, 7, 5}, Numbers(5, 10.0));
  ASSERT_EQ(applied.orders.size(), 3U);
  EXPECT_EQ(applied.orders[2].instrument, 3U);
  for (const std::size_t i : {2U, 4U}) {
    EXPECT_EQ(applied.reasons[i].code, max_orders);
    EXPECT_EQ(applied.reasons[i].value, 3);
  }
  set_orders(state, 3);
  EXPECT_EQ(apply(test, state, {-1, -1, 5, 7, 5}, Numbers(5, 10.0)).orders.size(), 2U);
}

TEST(MaxOrders, counts_every_part_of_an_order) {
  AgentUnderTest test(rules_plugin, rules_id,
                      R"({"default_order_type": "MARKET", "max_orders_per_period": 5, "schedule": "twap",
                          "slices": 3, "time_in_force": "GTC"})");
  FakeState state = at_ten(2);
  see(test, state, 20250106);
  const Applied applied = apply(test, state, {9, 12}, {10, 10});
  ASSERT_EQ(applied.orders.size(), 1U);
  EXPECT_EQ(applied.orders[0].instrument, 1U);
  EXPECT_EQ(applied.slices.size(), 3U);
}

TEST(MaxOrders, begins_anew_with_every_period) {
  struct Period {
    const char* name;
    std::int32_t same, next;  // after Thursday, 2025-01-30
  };
  for (const Period& period : {Period{"session", 20250130, 20250131}, Period{"week", 20250202, 20250203},
                               Period{"month", 20250131, 20250201}, Period{"decision", 0, 20250130}}) {
    AgentUnderTest test(rules_plugin, rules_id,
                        std::string(R"({"default_order_type": "MARKET", "max_orders_per_period": 1,
                                        "order_period": ")") +
                            period.name + "\"}");
    FakeState state = at_ten(1);
    see(test, state, 20250130);
    set_orders(state, 1);
    if (period.same != 0) {
      see(test, state, period.same);
      EXPECT_TRUE(apply(test, state, {1}, {10}).orders.empty()) << period.name;
    }
    see(test, state, period.next);
    EXPECT_EQ(apply(test, state, {1}, {10}).orders.size(), 1U) << period.name;
  }
}

}  // namespace
}  // namespace cadre::test

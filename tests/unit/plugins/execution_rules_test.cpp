#include "tests/unit/plugins/agent_under_test.hpp"

namespace cadre::test {
namespace {

constexpr const char* plugin = "execution_rules";
constexpr const char* id = "cadre.execution_rules";
constexpr std::int64_t one = 1'000'000'000;

struct Applied {
  std::vector<cadre_action> orders;
  std::vector<cadre_reason> reasons;
};

Applied apply(const AgentUnderTest& test, const FakeState& state, const Numbers& units,
              const Numbers& reference) {
  std::vector<std::int64_t> quantity;
  std::vector<std::int64_t> price;
  for (std::size_t i = 0; i < units.size(); ++i) {
    quantity.push_back(std::llround(units[i] * 1e9));
    price.push_back(std::llround(reference[i] * 1e9));
  }
  const Numbers weight(units.size(), 0.0);
  const cadre_needs needs{sizeof needs,  state.size(), quantity.data(),          price.data(),
                          weight.data(), nullptr,      sizeof(cadre_open_order), 0};
  Applied applied{std::vector<cadre_action>(units.size()), std::vector<cadre_reason>(units.size())};
  cadre_action_list list{
      sizeof list, 0, applied.orders.data(), sizeof(cadre_action), applied.orders.size(), 0, nullptr, 0,
      0,           0};
  EXPECT_EQ(test.agent.table<cadre_execution_rules>().apply_rules(test.agent.self(), &state.raw(), &needs,
                                                                  &list, applied.reasons.data()),
            CADRE_OK);
  applied.orders.resize(list.needed);
  return applied;
}

FakeState at_ten(std::size_t n = 3) {
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < n; ++i)
    ids.push_back("S" + std::to_string(i));
  FakeState state(ids);
  state.close(Numbers(n, 10.0));
  return state;
}

TEST(ExecutionRules, sells_come_first_then_buys_each_by_instrument) {
  AgentUnderTest test(plugin, id, R"({"default_order_type": "MARKET"})");
  const Applied applied = apply(test, at_ten(4), {5, -3, 0, -1}, Numbers(4, 10.0));
  ASSERT_EQ(applied.orders.size(), 3U);
  EXPECT_EQ(applied.orders[0].instrument, 1U);
  EXPECT_EQ(applied.orders[1].instrument, 3U);
  EXPECT_EQ(applied.orders[2].instrument, 0U);
  EXPECT_EQ(applied.orders[0].side, std::uint32_t{CADRE_SIDE_SELL});
  EXPECT_EQ(applied.orders[0].quantity_e9, 3 * one);
  EXPECT_EQ(applied.orders[2].type, std::uint32_t{CADRE_ORDER_MARKET});
  EXPECT_EQ(applied.orders[2].time_in_force, std::uint32_t{CADRE_TIF_DAY});
  EXPECT_EQ(applied.orders[2].limit_price_e9, 0);
}

TEST(ExecutionRules, limits_are_worse_by_the_offset_and_rounded_inwards_to_the_tick) {
  AgentUnderTest test(plugin, id, R"({"limit_offset": 0.00555})");
  FakeState state = at_ten(2);
  state.instrument(1, 0.03, 1, 1);
  const Applied applied = apply(test, state, {1, -1}, {10.0, 10.0});
  ASSERT_EQ(applied.orders.size(), 2U);
  EXPECT_EQ(applied.orders[1].limit_price_e9, 10'050'000'000);  // 10.0555 down to the cent
  EXPECT_EQ(applied.orders[0].limit_price_e9, 9'960'000'000);   // 9.9445 up to 332 x 0.03
}

TEST(ExecutionRules, a_limit_never_leaves_the_threshold) {
  AgentUnderTest test(plugin, id, R"({"limit_offset": 0.01, "price_threshold": 0.01})");
  FakeState state({"A", "B"});
  state.close({9.99, 9.99});
  const Applied applied = apply(test, state, {1, -1}, {9.99, 9.99});
  ASSERT_EQ(applied.orders.size(), 2U);
  EXPECT_EQ(applied.orders[1].limit_price_e9, 10'080'000'000);  // 10.0899 down
  EXPECT_EQ(applied.orders[0].limit_price_e9, 9'900'000'000);   // 9.8901 up
  AgentUnderTest bad(plugin, id, R"({"limit_offset": 0.02, "price_threshold": 0.01})", false);
  EXPECT_EQ(bad.status, CADRE_REJECTED);
}

TEST(ExecutionRules, holds_an_order_back_when_the_price_has_moved_or_is_missing) {
  AgentUnderTest test(plugin, id);
  FakeState state({"A", "B", "C"});
  state.close({10.2, missing, 10.05});
  const Applied applied = apply(test, state, {1, 1, 1}, {10.0, 10.0, 10.0});
  ASSERT_EQ(applied.orders.size(), 1U);
  EXPECT_EQ(applied.orders[0].instrument, 2U);
  EXPECT_EQ(applied.reasons[0].code, CADRE_REASON_PRICE_THRESHOLD);
  EXPECT_NEAR(applied.reasons[0].value, 0.02, 1e-12);
  EXPECT_EQ(applied.reasons[1].code, CADRE_REASON_NO_PRICE);
  EXPECT_EQ(applied.reasons[2].code, 0U);
}

TEST(ExecutionRules, a_restricted_instrument_is_only_reduced) {
  AgentUnderTest test(plugin, id, R"({"restricted": ["S0", "S1", "S2"]})");
  FakeState state = at_ten(4);
  state.quantity({10, 10, 0, 0});
  const Applied applied = apply(test, state, {-4, -15, 5, 5}, Numbers(4, 10.0));
  ASSERT_EQ(applied.orders.size(), 3U);
  EXPECT_EQ(applied.orders[0].quantity_e9, 4 * one);
  EXPECT_EQ(applied.orders[1].quantity_e9, 10 * one);  // to zero, not through it
  EXPECT_EQ(applied.orders[2].instrument, 3U);
  EXPECT_EQ(applied.reasons[2].code, CADRE_REASON_RESTRICTED);
}

TEST(ExecutionRules, small_orders_are_left_out_unless_they_close_a_position) {
  AgentUnderTest test(plugin, id, R"({"min_order_value": 100})");
  FakeState state = at_ten(3);
  state.quantity({2, 9, 0});
  const Applied applied = apply(test, state, {-2, -3, 10}, Numbers(3, 10.0));
  ASSERT_EQ(applied.orders.size(), 2U);
  EXPECT_EQ(applied.orders[0].instrument, 0U);
  EXPECT_EQ(applied.orders[1].instrument, 2U);  // exactly 100
  EXPECT_EQ(applied.reasons[1].code, CADRE_REASON_RESIZE_THRESHOLD);
  EXPECT_NEAR(applied.reasons[1].value, -30e-6, 1e-18);
}

}  // namespace
}  // namespace cadre::test

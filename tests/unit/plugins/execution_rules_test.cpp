#include "tests/unit/plugins/applied_rules.hpp"

namespace cadre::test {
namespace {

constexpr const char* plugin = rules_plugin;
constexpr const char* id = rules_id;

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

TEST(ExecutionRules, every_order_type_has_the_prices_it_needs) {
  AgentUnderTest stop(plugin, id, R"({"default_order_type": "STOP", "stop_offset": 0.005})");
  const Applied stops = apply(stop, at_ten(2), {5, -5}, {10, 10});
  ASSERT_EQ(stops.orders.size(), 2U);
  EXPECT_EQ(stops.orders[0].stop_price_e9, 9'950'000'000);   // a sale stops below
  EXPECT_EQ(stops.orders[1].stop_price_e9, 10'050'000'000);  // a purchase above
  EXPECT_EQ(stops.orders[1].limit_price_e9, 0);
  AgentUnderTest both(plugin, id,
                      R"({"default_order_type": "STOP_LIMIT", "stop_offset": 0.005, "limit_offset": 0.01})");
  const Applied limited = apply(both, at_ten(1), {5}, {10});
  EXPECT_EQ(limited.orders[0].stop_price_e9, 10'050'000'000);
  EXPECT_EQ(limited.orders[0].limit_price_e9, 10'100'000'000);
}

TEST(ExecutionRules, times_in_force_are_those_of_the_configuration) {
  const std::pair<const char*, std::uint32_t> words[] = {{"DAY", CADRE_TIF_DAY},
                                                         {"GTC", CADRE_TIF_GTC},
                                                         {"IOC", CADRE_TIF_IOC},
                                                         {"FOK", CADRE_TIF_FOK},
                                                         {"AT_THE_OPENING", CADRE_TIF_AT_THE_OPENING},
                                                         {"AT_THE_CLOSE", CADRE_TIF_AT_THE_CLOSE}};
  for (const auto& [word, code] : words) {
    AgentUnderTest test(plugin, id,
                        std::string(R"({"default_order_type": "MARKET", "time_in_force": ")") + word + "\"}");
    EXPECT_EQ(apply(test, at_ten(1), {5}, {10}).orders[0].time_in_force, code) << word;
  }
}

// QUANT: equal slices with the residual last.
TEST(ExecutionRules, twap_sends_equal_parts_at_equal_times_with_the_residual_last) {
  AgentUnderTest test(
      plugin, id,
      R"({"default_order_type": "MARKET", "schedule": "twap", "slices": 3, "time_in_force": "GTC",
                          "slice_interval_s": 60, "slice_max_share_of_volume": 0.1})");
  const FakeState state = at_ten(2);
  const Applied applied = apply(test, state, {1000, 2}, {10, 10});
  EXPECT_EQ(applied.parts(0), (std::vector<double>{333, 333, 334}));
  EXPECT_EQ(applied.parts(1), (std::vector<double>{1, 1}));  // no part without a lot
  for (std::size_t k = 0; k < 3; ++k) {
    EXPECT_EQ(applied.slices[k].time_ns, state.raw().time_ns + static_cast<std::int64_t>(k) * 60 * one);
    EXPECT_EQ(applied.slices[k].max_share_of_volume, 0.1);
  }
}

TEST(ExecutionRules, vwap_sends_parts_by_the_curve_of_volume) {
  AgentUnderTest test(
      plugin, id,
      R"({"default_order_type": "MARKET", "schedule": "vwap", "slices": 4, "time_in_force": "GTC",
                          "volume_curve": [1, 2, 0, 1]})");
  const Applied applied = apply(test, at_ten(1), {100}, {10});
  EXPECT_EQ(applied.parts(0), (std::vector<double>{25, 50, 25}));  // nothing while nothing trades
}

// Toth et al. 2011: sigma sqrt(Q / V); 1 % of the volume at 2 % volatility is 20 bp.
TEST(ExecutionRules, what_would_move_the_price_too_far_goes_in_parts_or_is_made_smaller) {
  FakeState state = at_ten(1);
  Rows returns, volumes;
  for (int day = 0; day < 20; ++day) {
    returns.push_back({day % 2 == 0 ? 0.02 : -0.02});
    volumes.push_back({10000});
  }
  state.returns(returns);
  state.volumes(volumes);
  const double sigma = 0.02 * std::sqrt(20.0 / 19);
  const double most = std::floor(0.002 / sigma * (0.002 / sigma) * 10000);  // 95 units
  AgentUnderTest shrink(
      plugin, id, R"({"default_order_type": "MARKET", "on_impact": "shrink", "market_impact_limit": 0.002})");
  const Applied smaller = apply(shrink, state, {300}, {10});
  ASSERT_EQ(smaller.orders.size(), 1U);
  EXPECT_EQ(static_cast<double>(smaller.orders[0].quantity_e9) * 1e-9, most);
  EXPECT_EQ(smaller.reasons[0].code, std::uint32_t{CADRE_REASON_FIRST_PLUGIN});
  EXPECT_NEAR(smaller.reasons[0].value, sigma * std::sqrt(300.0 / 10000), 1e-12);
  AgentUnderTest slice(plugin, id,
                       R"({"default_order_type": "MARKET", "on_impact": "slice", "market_impact_limit": 0.002,
                           "time_in_force": "GTC"})");
  EXPECT_EQ(apply(slice, state, {300}, {10}).parts(0), (std::vector<double>{75, 75, 75, 75}));
  EXPECT_EQ(apply(slice, state, {95}, {10}).orders[0].slice_count, 0U);
}

TEST(ExecutionRules, an_open_order_is_taken_back_once_a_newer_price_has_moved_too_far) {
  AgentUnderTest test(plugin, id, R"({"default_order_type": "LIMIT", "price_threshold": 0.01})");
  FakeState state = at_ten(2);
  cadre_open_order open{};
  open.size = sizeof open;
  open.side = CADRE_SIDE_BUY;
  open.status = CADRE_ORDER_NEW;
  open.quantity_e9 = 5 * one;
  open.client_id = sdk::id_of("main.1.0");
  open.decision_time_ns = state.raw().time_ns - 1;
  open.decision_price_e9 = 9'890'000'000;  // 1.1 % below
  Applied applied = apply(test, state, {0, 0}, {10, 10}, {open});
  ASSERT_EQ(applied.orders.size(), 1U);
  EXPECT_EQ(applied.orders[0].kind, std::uint32_t{CADRE_ACTION_CANCEL});
  EXPECT_EQ(sdk::view_of(applied.orders[0].client_id), "main.1.0");
  EXPECT_EQ(applied.reasons[0].code, std::uint32_t{CADRE_REASON_PRICE_THRESHOLD});
  open.decision_price_e9 = 9'910'000'000;
  EXPECT_TRUE(apply(test, state, {0, 0}, {10, 10}, {open}).orders.empty());
  open.decision_price_e9 = 9'890'000'000;
  open.decision_time_ns = state.raw().time_ns;  // no newer price
  EXPECT_TRUE(apply(test, state, {0, 0}, {10, 10}, {open}).orders.empty());
  open.decision_time_ns = 0;
  open.status = CADRE_ORDER_PENDING_CANCEL;  // asked already
  EXPECT_TRUE(apply(test, state, {0, 0}, {10, 10}, {open}).orders.empty());
}

TEST(ExecutionRules, settings_that_contradict_each_other_are_refused_with_what_to_do) {
  const std::pair<const char*, const char*> settings[] = {
      {R"({"default_order_type": "STOP"})", "/stop_offset"},
      {R"({"default_order_type": "STOP_LIMIT", "stop_offset": 0.01, "limit_offset": 0.005})",
       "/limit_offset"},
      {R"({"stop_offset": 0.02})", "above /price_threshold"},
      {R"({"schedule": "twap"})", "set it to GTC"},
      {R"({"schedule": "vwap", "time_in_force": "GTC", "volume_curve": [1]})", "one for each part"},
      {R"({"schedule": "vwap", "time_in_force": "GTC", "slices": 2, "volume_curve": [0, 0]})", "above 0"},
      {R"({"schedule": "twap", "time_in_force": "AT_THE_CLOSE", "slice_interval_s": 60})", "auction"}};
  for (const auto& [text, part] : settings) {
    AgentUnderTest bad(plugin, id, text, false);
    EXPECT_THAT(bad.agent.refusal(), ::testing::HasSubstr(part)) << text;
  }
}

}  // namespace
}  // namespace cadre::test

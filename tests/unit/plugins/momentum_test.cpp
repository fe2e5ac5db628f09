#include <cmath>

#include "tests/unit/plugins/agent_under_test.hpp"

namespace cadre::test {
namespace {

std::vector<cadre_signal> generate(const AgentUnderTest& test, const FakeState& state,
                                   std::uint64_t capacity = 16) {
  std::vector<cadre_signal> signals(capacity);
  cadre_signal_list list{sizeof list, 0, signals.data(), sizeof(cadre_signal), capacity, 0};
  EXPECT_EQ(test.agent.table<cadre_signal_source>().generate_signals(test.agent.self(), &state.raw(), &list),
            CADRE_OK);
  signals.resize(std::min(list.needed, capacity));
  return signals;
}

constexpr const char* three_one = R"({"lookback": 3, "skip": 1, "strategy": "mom"})";

// Momentum 25 %, 50 %, 75 %; the last row does not
// count.
FakeState rising() {
  FakeState state({"A", "B", "C"});
  state.at(77, 20000104).closes({{1, 1, 1}, {1, 1, 1}, {1.25, 1.5, 1.75}, {5, 4, 3}});
  return state;
}

TEST(Momentum, scores_by_hand) {
  AgentUnderTest test("momentum", "cadre.momentum", three_one);
  const auto signals = generate(test, rising());
  ASSERT_EQ(signals.size(), 3U);
  EXPECT_EQ(signals[0].direction, -1);
  EXPECT_EQ(signals[1].direction, 0);
  EXPECT_EQ(signals[2].direction, 1);
  EXPECT_NEAR(signals[0].strength, 1.0, 1e-12);
  EXPECT_NEAR(signals[1].strength, 0.0, 1e-12);
  EXPECT_EQ(signals[2].instrument, 2U);
  EXPECT_EQ(signals[2].confidence, 0.6);
  EXPECT_EQ(signals[2].horizon_days, 21.0);
  EXPECT_EQ(signals[2].time_ns, 77);
  EXPECT_STREQ(signals[2].strategy.text, "mom");
}

TEST(Momentum, says_nothing_of_an_instrument_without_both_closes) {
  AgentUnderTest test("momentum", "cadre.momentum", three_one);
  FakeState state({"A", "B", "C", "D"});
  state.closes({{100, missing, 100, 100}, {1, 1, 1, 1}, {110, 120, missing, 130}, {1, 1, 1, missing}});
  const auto signals = generate(test, state);
  ASSERT_EQ(signals.size(), 2U);
  EXPECT_EQ(signals[0].instrument, 0U);
  EXPECT_EQ(signals[1].instrument, 3U);
  EXPECT_NEAR(signals[1].strength, std::sqrt(0.5), 1e-12);
}

TEST(Momentum, is_silent_when_history_is_short) {
  AgentUnderTest test("momentum", "cadre.momentum", three_one);
  FakeState state({"A", "B"});
  state.closes({{100, 100}, {101, 102}, {103, 104}});
  EXPECT_TRUE(generate(test, state).empty());
}

TEST(Momentum, counts_beyond_the_room_it_is_given) {
  AgentUnderTest test("momentum", "cadre.momentum", three_one);
  const FakeState state = rising();
  cadre_signal one{};
  cadre_signal_list list{sizeof list, 0, &one, sizeof one, 1, 0};
  ASSERT_EQ(test.agent.table<cadre_signal_source>().generate_signals(test.agent.self(), &state.raw(), &list),
            CADRE_OK);
  EXPECT_EQ(list.needed, 3U);
  EXPECT_EQ(one.direction, -1);
}

TEST(Momentum, needs_one_row_more_than_its_lookback_and_a_skip_inside_it) {
  EXPECT_EQ(AgentUnderTest("momentum", "cadre.momentum").agent.requirements().sessions.closes, 253U);
  AgentUnderTest bad("momentum", "cadre.momentum", R"({"lookback": 21})", false);
  EXPECT_EQ(bad.status, CADRE_REJECTED);
  EXPECT_THAT(bad.agent.refusal(), ::testing::HasSubstr("/skip"));
}

}  // namespace
}  // namespace cadre::test

#include <cstring>

#include "tests/unit/plugins/agent_under_test.hpp"

namespace cadre::test {
namespace {

constexpr const char* plugin = "external_signals";
constexpr const char* id = "cadre.external_signals";
constexpr std::int64_t day = 86'400'000'000'000;

std::vector<cadre_signal> emitted(const AgentUnderTest& test, const FakeState& state) {
  std::vector<cadre_signal> signals(16);
  cadre_signal_list list{sizeof list, 0, signals.data(), sizeof(cadre_signal), signals.size(), 0};
  EXPECT_EQ(test.agent.table<cadre_signal_source>().generate_signals(test.agent.self(), &state.raw(), &list),
            CADRE_OK);
  signals.resize(list.needed);
  return signals;
}

struct Tape {
  AgentUnderTest test{plugin, id};
  FakeState state{{"A", "B", "C"}};

  cadre_status signal(const cadre_signal& signal) {
    return test.agent.observe(CADRE_EVENT_SIGNAL, state, &signal);
  }
  void bar(std::int64_t number) {
    state.at(number * day, 20000103);
    ASSERT_EQ(test.agent.observe_bar(state), CADRE_OK);
  }
  std::size_t alive() const { return emitted(test, state).size(); }
};

TEST(ExternalSignals, passes_a_signal_on_to_the_last_bit) {
  Tape tape;
  const cadre_signal given = make_signal(1, -1, 0.1 + 0.2, 1.0 / 3.0, "outside", 5.5, 12345);
  ASSERT_EQ(tape.signal(given), CADRE_OK);
  const auto signals = emitted(tape.test, tape.state);
  ASSERT_EQ(signals.size(), 1U);
  EXPECT_EQ(std::memcmp(&signals[0], &given, sizeof given), 0);
}

TEST(ExternalSignals, a_horizon_of_one_day_serves_one_decision) {
  Tape tape;
  tape.bar(1);
  tape.signal(make_signal(0, 1, 1, 1, "during_the_day", 1, day + day / 2));
  tape.bar(2);
  EXPECT_EQ(tape.alive(), 1U);
  tape.signal(make_signal(0, 1, 1, 1, "after_the_close", 1, 2 * day));
  EXPECT_EQ(tape.alive(), 2U);
  tape.bar(3);
  EXPECT_EQ(tape.alive(), 0U);
}

TEST(ExternalSignals, horizons_are_trading_days_whatever_the_length_of_a_bar) {
  Tape tape;
  tape.state.periods_per_year(52);
  tape.bar(1);
  tape.signal(make_signal(0, 1, 1, 1, "x", 10, day));  // 10 days are 2.06 weekly bars
  tape.bar(2);
  tape.bar(3);
  EXPECT_EQ(tape.alive(), 1U);
  tape.bar(4);
  EXPECT_EQ(tape.alive(), 0U);
}

TEST(ExternalSignals, keeps_the_latest_per_strategy_and_instrument) {
  Tape tape;
  tape.signal(make_signal(0, 1, 1.0, 1, "x", 5, 100));
  tape.signal(make_signal(0, 1, 2.0, 1, "x", 5, 200));
  tape.signal(make_signal(0, 1, 3.0, 1, "x", 5, 150));
  tape.signal(make_signal(1, 1, 4.0, 1, "x", 5, 100));
  tape.signal(make_signal(0, 1, 5.0, 1, "a", 5, 100));
  const auto signals = emitted(tape.test, tape.state);
  ASSERT_EQ(signals.size(), 3U);
  EXPECT_EQ(signals[0].strength, 5.0);
  EXPECT_EQ(signals[1].strength, 2.0);
  EXPECT_EQ(signals[2].strength, 4.0);
}

TEST(ExternalSignals, refuses_what_makes_no_sense) {
  Tape tape;
  EXPECT_EQ(tape.signal(make_signal(3, 1, 1, 1)), CADRE_REJECTED);
  EXPECT_EQ(tape.signal(make_signal(0, 2, 1, 1)), CADRE_REJECTED);
  EXPECT_EQ(tape.signal(make_signal(0, 1, missing, 1)), CADRE_REJECTED);
  EXPECT_EQ(tape.signal(make_signal(0, 1, 1, 1.5)), CADRE_REJECTED);
  EXPECT_EQ(tape.signal(make_signal(0, 1, 1, 1, "x", 0)), CADRE_REJECTED);
  EXPECT_EQ(tape.signal(make_signal(0, 1, 1, 1, "")), CADRE_REJECTED);
  EXPECT_EQ(tape.alive(), 0U);
}

TEST(ExternalSignals, follows_its_instruments_to_a_new_universe) {
  Tape tape;
  tape.signal(make_signal(0, 1, 1, 1));
  tape.signal(make_signal(1, 1, 2, 1));
  tape.signal(make_signal(2, 1, 3, 1));
  FakeState next({"C", "A"});
  ASSERT_EQ(tape.test.agent.change_universe(next, {1, CADRE_GONE, 0}), CADRE_OK);
  const auto signals = emitted(tape.test, next);
  ASSERT_EQ(signals.size(), 2U);
  EXPECT_EQ(signals[0].strength, 3.0);
  EXPECT_EQ(signals[1].instrument, 1U);
}

TEST(ExternalSignals, generating_changes_nothing_and_saved_state_is_sound) {
  Tape tape;
  tape.bar(1);
  tape.signal(make_signal(0, 1, 1, 1, "x", 3, day));
  tape.signal(make_signal(2, 0, 1, 1, "y", 3, 2 * day));
  const std::string before = tape.test.agent.save();
  emitted(tape.test, tape.state);
  EXPECT_EQ(tape.test.agent.save(), before);
  expect_sound_state(plugin, id, "{}", before, 3);
  AgentUnderTest smaller(plugin, id, "{}", false);
  EXPECT_EQ(smaller.agent.load(before, 2), CADRE_REJECTED);
}

}  // namespace
}  // namespace cadre::test

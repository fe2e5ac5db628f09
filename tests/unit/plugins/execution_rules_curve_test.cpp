// VWAP by the volumes of a session: those that were observed, and those of a file.

#include "tests/unit/plugins/applied_rules.hpp"

namespace cadre::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::int64_t minute = 60 * one;
constexpr std::int64_t day = 1440 * minute;
constexpr std::int64_t half_past_two = 870 * minute;  // UTC, when the first bar ends

/// Three bars of 30 minutes in a session.
std::string learned(int sessions, const std::string& more = "") {
  return R"({"default_order_type": "MARKET", "schedule": "vwap", "slices": 3, "slice_interval_s": 1800,
             "volume_curve_from": "learned", "volume_curve_sessions": )" +
         std::to_string(sessions) + more + "}";
}

/// A book of instruments at 10 whose bars are told one after another.
class Sessions {
 public:
  Sessions(AgentUnderTest& test, std::size_t instruments) : test_(test), state_(at_ten(instruments)) {
    set_bar_period(state_, 30 * minute);
  }

  /// The volumes of bar `bar` of session `session`, which begins `late_ns` later than others do.
  void bar(int session, int bar, const Numbers& volume, std::int64_t late_ns = 0) {
    state_.at(day * (20'000 + session) + half_past_two + late_ns + 30 * minute * bar, 20250101 + session);
    state_.volume(volume);
    EXPECT_EQ(test_.agent.observe_bar(state_), CADRE_OK) << test_.said();
  }
  void session(int number, const Rows& volumes, std::int64_t late_ns = 0) {
    for (int k = 0; k < 3; ++k)
      bar(number, k, volumes[static_cast<std::size_t>(k)], late_ns);
  }
  FakeState& state() { return state_; }

 private:
  AgentUnderTest& test_;
  FakeState state_;
};

// Two sessions of 400 + 100 + 300 and 300 + 100 + 100: a mean of 350, 100, 200 of 650. Of 1,000 shares these
// are 538.46, 153.85 and 307.69, whose sum after each part is 538, 692 and 1,000.
TEST(LearnedCurve, parts_follow_the_mean_volume_by_time_of_day_and_add_up) {
  AgentUnderTest test(rules_plugin, rules_id, learned(2));
  Sessions sessions(test, 1);
  sessions.session(0, {{9}, {9}, {900}});  // the first one that is seen may be a part of one
  sessions.session(1, {{400}, {100}, {300}});
  sessions.session(2, {{300}, {100}, {100}});
  sessions.bar(3, 0, {5});
  // After the first bar: the second, the third, and the first of the next session.
  EXPECT_THAT(apply(test, sessions.state(), {1000}, {10}).parts(0), ElementsAre(154, 308, 538));
  sessions.bar(3, 1, {5});
  EXPECT_THAT(apply(test, sessions.state(), {1000}, {10}).parts(0), ElementsAre(308, 538, 154));
  sessions.bar(3, 2, {5});
  const Applied applied = apply(test, sessions.state(), {1000}, {10});
  EXPECT_THAT(applied.parts(0), ElementsAre(538, 154, 308));
  EXPECT_EQ(applied.slices[1].time_ns, sessions.state().raw().time_ns + 30 * minute);
  EXPECT_EQ(applied.reasons[0].code, 0U);
}

TEST(LearnedCurve, only_the_newest_sessions_count) {
  AgentUnderTest test(rules_plugin, rules_id, learned(1));
  Sessions sessions(test, 1);
  sessions.session(0, {{1}, {1}, {1}});
  sessions.session(1, {{800}, {100}, {100}});
  sessions.session(2, {{100}, {100}, {800}});
  sessions.session(3, {{1}, {1}, {1}});
  EXPECT_THAT(apply(test, sessions.state(), {10}, {10}).parts(0), ElementsAre(1, 1, 8));
}

TEST(LearnedCurve, clocks_that_change_change_nothing) {
  AgentUnderTest test(rules_plugin, rules_id, learned(2));
  Sessions sessions(test, 1);
  sessions.session(0, {{1}, {1}, {1}});
  sessions.session(1, {{600}, {100}, {300}});
  sessions.session(2, {{600}, {100}, {300}}, 60 * minute);
  sessions.session(3, {{1}, {1}, {1}}, 60 * minute);
  EXPECT_THAT(apply(test, sessions.state(), {10}, {10}).parts(0), ElementsAre(6, 1, 3));
}

// Of three instruments the third has no volume: it gets the mean of the other two, (60 + 20) / 2, (20 + 20) /
// 2 and (20 + 60) / 2 %.
TEST(LearnedCurve, each_instrument_has_its_own_and_one_without_volume_the_mean_of_the_others) {
  AgentUnderTest test(rules_plugin, rules_id, learned(1));
  Sessions sessions(test, 3);
  const Rows flat = {{1, 1, 1}, {1, 1, 1}, {1, 1, 1}};
  sessions.session(0, flat);
  sessions.session(1, {{600, 2, missing}, {200, 2, 0}, {200, 6, 0}});
  sessions.session(2, flat);
  const Applied applied = apply(test, sessions.state(), {10, 10, 10}, {10, 10, 10});
  EXPECT_THAT(applied.parts(0), ElementsAre(6, 2, 2));
  EXPECT_THAT(applied.parts(1), ElementsAre(2, 2, 6));
  EXPECT_THAT(applied.parts(2), ElementsAre(4, 2, 4));
}

TEST(LearnedCurve, says_so_while_it_knows_too_few_sessions_and_goes_by_the_list_or_in_equal_parts) {
  AgentUnderTest equal(rules_plugin, rules_id, learned(2));
  AgentUnderTest listed(rules_plugin, rules_id, learned(2, R"(, "volume_curve": [3, 1, 1])"));
  for (AgentUnderTest* test : {&equal, &listed}) {
    Sessions sessions(*test, 1);
    sessions.session(0, {{600}, {100}, {300}});
    sessions.session(1, {{600}, {100}, {300}});
    sessions.session(2, {{600}, {100}, {300}});
    const Applied applied = apply(*test, sessions.state(), {10}, {10});
    if (test == &equal)
      EXPECT_THAT(applied.parts(0), ElementsAre(3, 3, 4));
    else
      EXPECT_THAT(applied.parts(0), ElementsAre(6, 2, 2));
    EXPECT_EQ(applied.reasons[0].code, 1003U);
    EXPECT_EQ(applied.reasons[0].value, 1);  // session
    ASSERT_EQ(test->host.log().size(), 1U);
    EXPECT_THAT(test->host.log()[0].text, HasSubstr("0 of 2 sessions"));
    sessions.bar(3, 0, {1});
    EXPECT_THAT(test->host.log().back().text, HasSubstr("the last 2 sessions"));
    EXPECT_EQ(apply(*test, sessions.state(), {10}, {10}).reasons[0].code, 0U);
  }
}

TEST(LearnedCurve, fewer_lots_than_parts_go_when_most_trades) {
  AgentUnderTest test(rules_plugin, rules_id, learned(1));
  Sessions sessions(test, 1);
  sessions.session(0, {{1}, {1}, {1}});
  sessions.session(1, {{100}, {100}, {800}});
  sessions.session(2, {{1}, {1}, {1}});
  const Applied applied = apply(test, sessions.state(), {1}, {10});
  ASSERT_THAT(applied.parts(0), ElementsAre(1));
  EXPECT_EQ(applied.slices[0].time_ns, sessions.state().raw().time_ns + 60 * minute);
}

TEST(LearnedCurve, parts_of_several_bars_add_their_volumes) {
  AgentUnderTest test(rules_plugin, rules_id,
                      R"({"default_order_type": "MARKET", "schedule": "vwap", "slices": 3,
                          "slice_interval_s": 3600, "volume_curve_from": "learned",
                          "volume_curve_sessions": 1, "time_in_force": "GTC"})");
  Sessions sessions(test, 1);
  sessions.session(0, {{1}, {1}, {1}});
  sessions.session(1, {{500}, {200}, {300}});
  sessions.session(2, {{1}, {1}, {1}});
  // 500 + 200, 300 + 500, 200 + 300 of 2,000.
  EXPECT_THAT(apply(test, sessions.state(), {20}, {10}).parts(0), ElementsAre(7, 8, 5));
}

TEST(LearnedCurve, what_was_learned_is_saved_and_comes_back_as_it_was) {
  AgentUnderTest test(rules_plugin, rules_id, learned(2));
  Sessions sessions(test, 2);
  const Rows volumes = {{600, 1}, {100, 2}, {300, 3}};
  for (int k = 0; k < 4; ++k)
    sessions.session(k, volumes);
  const std::string bytes = test.agent.save();
  expect_sound_state(rules_plugin, rules_id, learned(2), bytes, 2);
  AgentUnderTest fresh(rules_plugin, rules_id, learned(2), false);
  ASSERT_EQ(fresh.agent.load(bytes, 2), CADRE_OK) << fresh.said();
  EXPECT_EQ(fresh.agent.activate(), CADRE_OK);
  const Applied before = apply(test, sessions.state(), {100, 60}, {10, 10});
  const Applied after = apply(fresh, sessions.state(), {100, 60}, {10, 10});
  EXPECT_EQ(before.parts(0), after.parts(0));
  EXPECT_THAT(before.parts(1), ElementsAre(10, 20, ::testing::DoubleEq(30)));
  EXPECT_EQ(after.parts(1), before.parts(1));
  EXPECT_EQ(test.agent.save(), bytes);  // deciding changes nothing
}

TEST(LearnedCurve, follows_its_instruments_into_another_universe) {
  AgentUnderTest test(rules_plugin, rules_id, learned(1));
  Sessions sessions(test, 2);  // S0 and S1
  sessions.session(0, {{1, 1}, {1, 1}, {1, 1}});
  sessions.session(1, {{600, 100}, {200, 100}, {200, 800}});
  sessions.session(2, {{1, 1}, {1, 1}, {1, 1}});
  FakeState next({"A", "S1"});
  next.close({10, 10}).at(sessions.state().raw().time_ns, 20250103).epoch(2);
  set_bar_period(next, 30 * minute);
  ASSERT_EQ(test.agent.observe(CADRE_EVENT_UNIVERSE, next), CADRE_OK);
  const Applied applied = apply(test, next, {10, 10}, {10, 10});
  EXPECT_THAT(applied.parts(0), ElementsAre(1, 1, 8));  // unknown: as the others
  EXPECT_THAT(applied.parts(1), ElementsAre(1, 1, 8));
}

std::string from_file(const std::string& text, const std::string& more = "") {
  return R"({"default_order_type": "MARKET", "schedule": "vwap", "slices": 3, "slice_interval_s": 1800,
             "volume_curve_file": ")" +
         text + "\"" + more + "}";
}

TEST(CurveOfAFile, gives_each_bar_of_a_session_its_share) {
  AgentUnderTest test(rules_plugin, rules_id,
                      from_file("# SPY\\ntime,share\\n09:30, 50\\n10:00,20\\n10:30:00,30\\n"));
  Sessions sessions(test, 1);
  sessions.bar(0, 0, {1});
  EXPECT_THAT(apply(test, sessions.state(), {10}, {10}).parts(0), ElementsAre(2, 3, 5));
  sessions.bar(0, 1, {1});
  EXPECT_THAT(apply(test, sessions.state(), {10}, {10}).parts(0), ElementsAre(3, 5, 2));
}

TEST(CurveOfAFile, may_have_a_curve_for_each_instrument) {
  AgentUnderTest test(rules_plugin, rules_id,
                      from_file("instrument,time,share\\nS0,09:30,1\\nS0,10:00,1\\nS0,10:30,8\\n"
                                "S1,09:30,8\\nS1,10:00,1\\nS1,10:30,1\\n"));
  Sessions sessions(test, 3);
  sessions.session(0, {{1, 1, 1}, {1, 1, 1}, {1, 1, 1}});
  const Applied applied = apply(test, sessions.state(), {10, 10, 20}, {10, 10, 10});
  EXPECT_THAT(applied.parts(0), ElementsAre(1, 1, 8));
  EXPECT_THAT(applied.parts(1), ElementsAre(8, 1, 1));
  EXPECT_THAT(applied.parts(2), ElementsAre(9, 2, 9));
}

TEST(CurveOfAFile, is_refused_with_its_line) {
  const std::pair<const char*, const char*> files[] = {
      {"time,part\\n09:30,1\\n", "no column share"},
      {"time,share\\n9.30,1\\n", "line 2: '9.30' is no time of day"},
      {"time,share\\n09:30,1\\n10:00,much\\n", "line 3: 'much' is no share"},
      {"time,share\\n09:30,-1\\n", "'-1' is no share"},
      {"time,share\\n09:30\\n", "it has 1 fields, the first line has 2"},
      {"time,share\\n09:30,1\\n09:30,2\\n", "stands here again"},
      {"time,share\\n09:30,0\\n", "no share is above 0"},
      {"time,share\\n", "no line with a time and a share"}};
  for (const auto& [text, part] : files) {
    AgentUnderTest bad(rules_plugin, rules_id, from_file(text), false);
    EXPECT_THAT(bad.agent.refusal(), HasSubstr(part)) << text;
  }
  AgentUnderTest both(rules_plugin, rules_id,
                      from_file("time,share\\n09:30,1\\n", R"(, "volume_curve": [1, 1, 1])"), false);
  EXPECT_THAT(both.agent.refusal(), HasSubstr("keep one of them"));
  AgentUnderTest daily(rules_plugin, rules_id,
                       R"({"schedule": "vwap", "volume_curve_from": "learned", "time_in_force": "GTC"})",
                       false);
  EXPECT_THAT(daily.agent.refusal(), HasSubstr("set it below 86400"));
}

}  // namespace
}  // namespace cadre::test

#include "tests/unit/plugins/agent_under_test.hpp"

namespace cadre::test {
namespace {

struct Views {
  explicit Views(std::size_t n) : score(n, missing), confidence(n, missing), valid(n, 0) {}
  Numbers score, confidence;
  std::vector<std::uint8_t> valid;
};

Views aggregate(const AgentUnderTest& test, const FakeState& state) {
  Views views(state.size());
  cadre_views raw{sizeof raw, state.size(), views.score.data(), views.confidence.data(), views.valid.data()};
  EXPECT_EQ(
      test.agent.table<cadre_signal_aggregator>().aggregate_signals(test.agent.self(), &state.raw(), &raw),
      CADRE_OK);
  return views;
}

TEST(ConfidenceWeighted, is_the_mean_of_signals_weighted_by_confidence) {
  AgentUnderTest test("confidence_weighted", "cadre.confidence_weighted");
  FakeState state({"A", "B", "C"});
  state.signals(
      {make_signal(0, 1, 2.0, 0.75, "x"), make_signal(0, -1, 1.0, 0.25, "y"), make_signal(1, 0, 3.0, 0.5)});
  const Views views = aggregate(test, state);
  EXPECT_DOUBLE_EQ(views.score[0], 0.75 * 2.0 - 0.25 * 1.0);
  EXPECT_DOUBLE_EQ(views.confidence[0], 0.5);
  EXPECT_EQ(views.score[1], 0.0);
  EXPECT_EQ(views.confidence[1], 0.5);
  EXPECT_THAT(views.valid, ::testing::ElementsAre(1, 1, 0));
}

TEST(ConfidenceWeighted, has_no_view_without_confidence) {
  AgentUnderTest test("confidence_weighted", "cadre.confidence_weighted");
  FakeState state({"A", "B"});
  state.signals({make_signal(0, 1, 2.0, 0.0)});
  EXPECT_THAT(aggregate(test, state).valid, ::testing::Each(0));
}

TEST(ConfidenceWeighted, one_bad_signal_spoils_no_other) {
  AgentUnderTest test("confidence_weighted", "cadre.confidence_weighted");
  FakeState state({"A", "B"});
  state.signals({make_signal(0, 1, missing, 0.5), make_signal(0, 1, 1.0, missing),
                 make_signal(7, 1, 1.0, 0.5), make_signal(1, -1, 1.5, 0.5)});
  const Views views = aggregate(test, state);
  EXPECT_THAT(views.valid, ::testing::ElementsAre(0, 1));
  EXPECT_EQ(views.score[1], -1.5);
}

}  // namespace
}  // namespace cadre::test

#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "cadre/testing/plugin.hpp"

using namespace cadre::testing;

namespace {

const std::string id = "reload.counting_risk";

Plugin plugin(const std::string& variant) {
  return Plugin::load(CADRE_BINARY_DIR "/reload_agents/" + variant + "/lib.so");
}

class Counting {
 public:
  explicit Counting(const std::string& variant) : agent(plugin(variant), host, id) {
    EXPECT_EQ(agent.init(R"({"max_weight": 0.5})"), CADRE_OK);
  }
  void observe(int bars) {
    for (int i = 0; i < bars; ++i)
      EXPECT_EQ(agent.observe_bar(FakeState({"AA", "BB"}).close({1, 1}).at(1000 + i, 19910102)), CADRE_OK);
  }
  /// The first limit's value for these weights.
  double largest(const Numbers& weight) {
    FakeState state({"AA", "BB"});
    cadre_limit_use use{};
    cadre_risk_report report{};
    report.size = sizeof report;
    report.limits = &use;
    report.limit_capacity = 1;
    report.instrument_count = 2;
    EXPECT_EQ(
        agent.table<cadre_risk_manager>().analyze_risk(agent.self(), &state.raw(), weight.data(), &report),
        CADRE_OK);
    return use.value;
  }

  FakeHost host;
  TestAgent agent;
};

}  // namespace

TEST(CountingRisk, hands_its_count_to_every_good_version) {
  Counting v1("v1"), same("v1"), other("v1b"), newer("v2");
  v1.observe(3);
  const std::string saved = v1.agent.save();
  for (Counting* next : {&same, &other}) {
    ASSERT_EQ(next->agent.load(saved, 2), CADRE_OK);
    EXPECT_EQ(next->agent.save(), saved);
  }
  ASSERT_EQ(newer.agent.load(saved, 2, 1), CADRE_OK);
  newer.observe(1);
  v1.observe(1);
  EXPECT_EQ(newer.agent.save().substr(0, 8), v1.agent.save().substr(0, 8)) << "the count comes first";
  const std::string of_newer = newer.agent.save();
  Counting newest("v2");
  ASSERT_EQ(newest.agent.load(of_newer, 2, 2), CADRE_OK);
  EXPECT_EQ(newest.agent.save(), of_newer);
}

TEST(CountingRisk, refuses_a_count_that_was_tampered_with) {
  Counting v1("v1");
  v1.observe(3);
  std::string saved = v1.agent.save();
  saved[0] = 4;
  EXPECT_EQ(v1.agent.load(saved, 2), CADRE_REJECTED);
  EXPECT_EQ(v1.agent.load(saved.substr(1), 2), CADRE_REJECTED);
  EXPECT_EQ(v1.agent.load(saved + "x", 2), CADRE_REJECTED);
}

TEST(CountingRisk, state_refused_refuses_and_state_migrated_wrongly_loses) {
  Counting v1("v1"), refuses("state_refused"), loses("state_migrated_wrongly");
  v1.observe(3);
  const std::string saved = v1.agent.save();
  EXPECT_EQ(refuses.agent.load(saved, 2), CADRE_REJECTED);
  ASSERT_EQ(loses.agent.load(saved, 2), CADRE_OK);
  EXPECT_NE(loses.agent.save(), saved);
  loses.observe(5);
  EXPECT_EQ(v1.agent.load(loses.agent.save(), 2), CADRE_REJECTED) << "it stays broken";
}

TEST(CountingRisk, nan_output_counts_from_when_it_was_made) {
  Counting nan("nan_output");
  nan.observe(20);
  EXPECT_EQ(nan.largest({0.1, -0.2}), 0.2);
  const std::string saved = nan.agent.save();
  nan.observe(1);
  EXPECT_TRUE(std::isnan(nan.largest({0.1, -0.2})));
  Counting again("nan_output");
  ASSERT_EQ(again.agent.load(saved, 2), CADRE_OK);
  again.observe(20);
  EXPECT_EQ(again.largest({0.1, -0.2}), 0.2);
}

TEST(CountingRisk, takes_a_new_limit_while_it_is_live_or_drops_it) {
  const Plugin library = plugin("v1");
  const FakeHost host;
  const cadre_agent* agent = nullptr;
  ASSERT_EQ(library.descriptor().create(host.raw(), {id.data(), id.size()}, &agent), CADRE_OK);
  const auto text = [](std::string_view t) { return cadre_string{t.data(), t.size()}; };
  ASSERT_EQ(agent->init(agent->self, text(R"({"max_weight": 0.5})")), CADRE_OK);
  const auto* hot = static_cast<const cadre_hot_config*>(
      agent->get_interface(agent->self, CADRE_TEXT(CADRE_EXT_HOT_CONFIG)));
  const auto* risk = static_cast<const cadre_risk_manager*>(
      agent->get_interface(agent->self, CADRE_TEXT(CADRE_ROLE_RISK_MANAGER)));
  ASSERT_TRUE(hot != nullptr && risk != nullptr);
  const auto verdict = [&] {
    FakeState state({"AA"});
    const double weight = 0.3;
    cadre_risk_report report{};
    report.size = sizeof report;
    report.instrument_count = 1;
    EXPECT_EQ(risk->analyze_risk(agent->self, &state.raw(), &weight, &report), CADRE_OK);
    return report.acceptable;
  };
  void* prepared = nullptr;
  ASSERT_EQ(hot->prepare_config(agent->self, text(R"({"max_weight": 0.2})"), &prepared), CADRE_OK);
  EXPECT_EQ(verdict(), static_cast<std::uint32_t>(CADRE_ACCEPTABLE)) << "preparing touches nothing";
  hot->discard_prepared(agent->self, prepared);
  ASSERT_EQ(hot->prepare_config(agent->self, text(R"({"max_weight": 0.2})"), &prepared), CADRE_OK);
  hot->commit_prepared(agent->self, prepared);
  EXPECT_EQ(verdict(), static_cast<std::uint32_t>(CADRE_NOT_ACCEPTABLE));
  EXPECT_EQ(hot->prepare_config(agent->self, text("{}"), &prepared), CADRE_REJECTED);
  agent->destroy(agent->self);
}

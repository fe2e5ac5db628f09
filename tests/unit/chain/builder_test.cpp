#include "host/chain/builder.hpp"

#include <gtest/gtest.h>

#include "tests/unit/chain/desk.hpp"

namespace cadre::chain {
namespace {

using test::Desk;

std::shared_ptr<Chain> rebuilt(const Desk& desk, const test::Settings& settings) {
  const auto config = test::desk_config(settings);
  EXPECT_TRUE(config);
  auto chain = build_chain(*config, test::catalog(), desk.store(), &desk.chain());
  EXPECT_TRUE(chain);
  return chain ? *chain : nullptr;
}

TEST(Builder, keeps_every_instance_that_did_not_change) {
  Desk desk({});
  const auto next = rebuilt(desk, test::Settings{{"/chain/risk_feedback/max_iterations", "3"}});
  std::vector<const agent::LiveAgent*> before, after;
  desk.chain().each_stage([&](const Stage& stage) { before.push_back(stage.agent.get()); });
  next->each_stage([&](const Stage& stage) { after.push_back(stage.agent.get()); });
  EXPECT_EQ(before, after);
  EXPECT_EQ(next->risk_feedback.max_iterations, 3);
}

TEST(Builder, replaces_only_what_changed) {
  Desk desk({});
  const auto next =
      rebuilt(desk, test::Settings{{"/chain/position_sizer/config", R"({"targets": [[0.1, 0, 0, 0]]})"}});
  EXPECT_NE(next->one(agent::RoleId::position_sizer).agent,
            desk.chain().one(agent::RoleId::position_sizer).agent);
  EXPECT_EQ(next->one(agent::RoleId::signal_aggregator).agent,
            desk.chain().one(agent::RoleId::signal_aggregator).agent);
  EXPECT_EQ(next->all(agent::RoleId::risk_manager)[0].agent,
            desk.chain().all(agent::RoleId::risk_manager)[0].agent);
  EXPECT_EQ(next->one(agent::RoleId::execution_rules).agent,
            desk.chain().one(agent::RoleId::execution_rules).agent);
  EXPECT_EQ(next->environment().agent, desk.chain().environment().agent);
}

TEST(Builder, another_seed_or_agent_or_name_is_another_instance) {
  Desk desk({});
  EXPECT_NE(rebuilt(desk, test::Settings{{"/seed", "2"}})->one(agent::RoleId::position_sizer).agent,
            desk.chain().one(agent::RoleId::position_sizer).agent);
  EXPECT_NE(
      rebuilt(desk, test::Settings{{"/chain/position_sizer/agent", "\"cadre.identity.position_sizer\""}})
          ->one(agent::RoleId::position_sizer)
          .agent,
      desk.chain().one(agent::RoleId::position_sizer).agent);
  EXPECT_NE(rebuilt(desk, test::Settings{{"/chain/position_sizer/name", "\"other\""}})
                ->one(agent::RoleId::position_sizer)
                .agent,
            desk.chain().one(agent::RoleId::position_sizer).agent);
}

TEST(Builder, gives_new_settings_to_no_instance_that_is_called_no_more_and_goes_back_to_none) {
  const auto sized = [](const char* most) {
    return test::Settings{
        {"/chain/position_sizer",
         std::string(R"({"agent": "cadre.position_sizer", "config": {"max_position_size": )") + most + "}}"}};
  };
  Desk desk(sized("0.2"));
  const auto sizer = desk.chain().one(agent::RoleId::position_sizer).agent;
  EXPECT_EQ(rebuilt(desk, sized("0.3"))->one(agent::RoleId::position_sizer).agent, sizer);
  sizer->quarantine().begin("it failed for good");
  EXPECT_NE(rebuilt(desk, sized("0.3"))->one(agent::RoleId::position_sizer).agent, sizer);
  // With the same settings it stays what it is, unless it is only what was there before.
  EXPECT_EQ(rebuilt(desk, sized("0.2"))->one(agent::RoleId::position_sizer).agent, sizer);
  const auto config = test::desk_config(sized("0.2"));
  const auto plan = plan_chain(*config, test::catalog());
  const auto back = build_chain(*config, *plan, desk.store(), nullptr, &desk.chain());
  ASSERT_TRUE(back);
  EXPECT_NE((*back)->one(agent::RoleId::position_sizer).agent, sizer);
}

TEST(Builder, what_an_agent_refuses_is_a_problem_with_its_place_and_leaves_no_chain) {
  Desk desk({});
  const auto config = test::desk_config(test::Settings{
      {"/chain/position_sizer/config", R"({"failure": "configure"})"},
      {"/chain/execution_rules", R"({"agent": "test.rules", "config": {"failure": "configure"}})"}});
  ASSERT_TRUE(config);
  const auto chain = build_chain(*config, test::catalog(), desk.store(), &desk.chain());
  ASSERT_FALSE(chain);
  ASSERT_EQ(chain.problems().size(), 2u);
  EXPECT_EQ(chain.problems()[0].code, "AGENT_CONFIG");
  EXPECT_EQ(chain.problems()[0].place.pointer, "/chain/position_sizer");
  EXPECT_EQ(chain.problems()[1].place.pointer, "/chain/execution_rules");
  EXPECT_NE(chain.problems()[0].message.find("refuse its configuration"), std::string::npos);
}

}  // namespace
}  // namespace cadre::chain

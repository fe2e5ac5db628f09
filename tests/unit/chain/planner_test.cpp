#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "host/base/problem.hpp"
#include "tests/unit/chain/desk.hpp"

namespace cadre::chain {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Code and pointer of every problem of a plan.
std::multimap<std::string, std::string> problems_of(const test::Settings& settings) {
  std::multimap<std::string, std::string> found;
  const auto config = test::desk_config(settings);
  EXPECT_TRUE(config);
  if (!config) return found;
  const auto plan = plan_chain(*config, test::catalog());
  for (const base::Problem& problem : plan.problems())
    found.emplace(problem.code, problem.place.pointer);
  EXPECT_EQ(static_cast<bool>(plan), found.empty());
  return found;
}

using Problems = std::multimap<std::string, std::string>;

TEST(Planner, plans_a_chain_that_lacks_nothing) {
  EXPECT_EQ(problems_of({}), Problems{});
  EXPECT_EQ(problems_of(test::Settings{
                {"/chain/services", R"([{"name": "one", "agent": "test.provider"}])"},
                {"/chain/trade_adjusters", R"([{"name": "reader", "agent": "test.reader"}])"}}),
            Problems{});
}

TEST(Planner, names_an_unmet_need) {
  EXPECT_EQ(problems_of(test::Settings{
                {"/chain/trade_adjusters", R"([{"name": "reader", "agent": "test.reader"}])"}}),
            (Problems{{"CHAIN_SERVICE_UNMET", "/chain/trade_adjusters/0"}}));
}

TEST(Planner, names_an_ambiguous_need_which_a_binding_resolves) {
  const char* two =
      R"([{"name": "one", "agent": "test.provider"}, {"name": "two", "agent": "test.provider"}])";
  EXPECT_EQ(problems_of(test::Settings{
                {"/chain/services", two},
                {"/chain/trade_adjusters", R"([{"name": "reader", "agent": "test.reader"}])"}}),
            (Problems{{"CHAIN_SERVICE_AMBIGUOUS", "/chain/trade_adjusters/0"}}));
  const auto config = test::desk_config(
      test::Settings{{"/chain/services", two},
                     {"/chain/trade_adjusters",
                      R"([{"name": "reader", "agent": "test.reader", "bind": {"test.number/1": "two"}}])"}});
  ASSERT_TRUE(config);
  const auto plan = plan_chain(*config, test::catalog());
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->services.size(), 1u);
  EXPECT_EQ(plan->stages[plan->services[0].provider].instance->name, "two");
}

TEST(Planner, names_needs_that_form_a_circle) {
  const char* circle = R"([{"name": "hen", "agent": "test.hen"}, {"name": "egg", "agent": "test.egg"}])";
  EXPECT_EQ(problems_of(test::Settings{{"/chain/services", circle}}),
            (Problems{{"CHAIN_SERVICE_CIRCULAR", "/chain/services/0"}}));
}

TEST(Planner, names_bindings_that_lead_nowhere) {
  EXPECT_EQ(problems_of(test::Settings{
                {"/chain/services", R"([{"name": "one", "agent": "test.provider"}])"},
                {"/chain/trade_adjusters",
                 R"([{"name": "reader", "agent": "test.reader", "bind": {"test.number/1": "three"}},
                        {"name": "other", "agent": "test.adjuster", "bind": {"test.number/1": "one"}}])"}}),
            (Problems{{"CHAIN_BINDING_UNKNOWN", "/chain/trade_adjusters/0/bind/test.number~11"},
                      {"CHAIN_BINDING_UNUSED", "/chain/trade_adjusters/1/bind/test.number~11"}}));
}

TEST(Planner, names_an_agent_of_another_role) {
  EXPECT_EQ(problems_of(test::Settings{{"/chain/position_sizer/agent", "\"test.risk\""}}),
            (Problems{{"CHAIN_WRONG_ROLE", "/chain/position_sizer/agent"}}));
}

TEST(Planner, reports_everything_that_is_wrong_at_once) {
  const auto found = problems_of(
      test::Settings{{"/chain/signal_aggregator/agent", "\"test.sizer\""},
                     {"/chain/portfolio_optimizer", R"({"name": "optimizer", "agent": "test.nobody"})"},
                     {"/chain/risk_managers/0/version", "\"^2\""},
                     {"/chain/execution_rules/version", "\"nonsense\""},
                     {"/chain/position_sizer/config", R"({"targts": [[1]], "fail_from": 0})"},
                     {"/chain/trade_adjusters", R"([{"name": "reader", "agent": "test.reader"}])"}});
  std::vector<std::string> pointers;
  for (const auto& [code, pointer] : found)
    pointers.push_back(pointer);
  EXPECT_THAT(pointers, testing::UnorderedElementsAre(
                            "/chain/signal_aggregator/agent", "/chain/portfolio_optimizer/agent",
                            "/chain/risk_managers/0/version", "/chain/execution_rules/version",
                            "/chain/position_sizer/config/targts", "/chain/position_sizer/config/fail_from",
                            "/chain/trade_adjusters/0"));
}

TEST(Configuration, risk_managers_and_execution_rules_cannot_be_bypassed) {
  for (const char* pointer : {"/chain/risk_managers/0/on_failure", "/chain/execution_rules/on_failure"}) {
    const auto config = test::desk_config(test::Settings{{pointer, "\"bypass\""}});
    ASSERT_FALSE(config);
    EXPECT_EQ(config.problems()[0].place.pointer, pointer);
  }
}

TEST(Planner, puts_providers_before_their_readers_whatever_the_order_of_the_file) {
  const auto config = test::desk_config(
      test::Settings{{"/chain/services",
                      R"([{"name": "covariance", "agent": "cadre.identity.covariance_estimator"},
            {"name": "number", "agent": "test.provider"}])"},
                     {"/chain/trade_adjusters", R"([{"name": "reader", "agent": "test.reader"}])"}});
  ASSERT_TRUE(config);
  const auto plan = plan_chain(*config, test::catalog());
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->provider_count, 2u);
  for (const PlannedStage& stage : plan->stages) {
    for (const std::int32_t place : stage.service_places)
      EXPECT_LT(plan->services[static_cast<std::size_t>(place)].provider, plan->provider_count);
  }
}

}  // namespace
}  // namespace cadre::chain

// What the chain does with agents that give no usable answer: hold, bypass, and no orders.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/chain/desk.hpp"

namespace cadre::chain {
namespace {

using test::Desk;
using testing::DoubleNear;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pointwise;

/// Bar 1 makes positions of 0.3 and 0.2; at bar 2 the sizer wants 0.1 and 0.4, and one stage fails.
test::Settings with_failing(const std::string& pointer, const std::string& name, const std::string& agent,
                            const std::string& failure, const std::string& policy) {
  const std::string instance =
      "{\"name\": \"" + name + "\", \"agent\": \"" + agent + "\", \"on_failure\": \"" + policy +
      "\", \"config\": {\"failure\": \"" + failure + "\", \"fail_from\": 2" +
      (name == "sizer" ? ", \"targets\": [[0.3, 0.2, 0, 0], [0.1, 0.4, 0, 0]]" : "") + "}}";
  const bool is_list = pointer == "/chain/trade_adjusters" || pointer == "/chain/signal_sources" ||
                       pointer == "/chain/services";
  return {{"/chain/position_sizer/config", R"({"targets": [[0.3, 0.2, 0, 0], [0.1, 0.4, 0, 0]]})"},
          {pointer, is_list ? "[" + instance + "]" : instance}};
}

const std::vector<double> held{0.3, 0.2, 0, 0};
const std::vector<double> wanted{0.1, 0.4, 0, 0};

struct StageCase {
  const char* pointer;
  const char* name;
  const char* agent;
  const std::vector<double>* after_bypass;
};

// A source or the sizer that is passed over leaves what was there before: no signal, the current weights.
const StageCase stages[] = {
    {"/chain/signal_sources", "source", "test.source", &wanted},
    {"/chain/position_sizer", "sizer", "test.sizer", &held},
    {"/chain/portfolio_optimizer", "optimizer", "test.optimizer", &wanted},
    {"/chain/correlation_adjuster", "correlation", "test.correlation", &wanted},
    {"/chain/trade_adjusters", "adjuster", "test.adjuster", &wanted},
};

TEST(OnFailure, hold_keeps_every_position_whichever_stage_fails) {
  for (const StageCase& stage : stages) {
    for (const char* failure : {"rejected", "error", "throw"}) {
      Desk desk(with_failing(stage.pointer, stage.name, stage.agent, failure, "hold"));
      EXPECT_THAT(test::failures(desk.decide()), IsEmpty()) << stage.name;
      EXPECT_THAT(desk.weights(), Pointwise(DoubleNear(1e-6), held)) << stage.name;
      const Decision& decision = desk.decide();
      EXPECT_THAT(test::failures(decision), ElementsAre(std::string(stage.name) + "/hold")) << failure;
      EXPECT_THAT(decision.orders, IsEmpty()) << stage.name << ' ' << failure;
    }
  }
}

TEST(OnFailure, bypass_passes_on_what_came_in_whichever_stage_fails) {
  for (const StageCase& stage : stages) {
    Desk desk(with_failing(stage.pointer, stage.name, stage.agent, "error", "bypass"));
    desk.decide();
    const Decision& decision = desk.decide();
    EXPECT_THAT(test::failures(decision), ElementsAre(std::string(stage.name) + "/bypass"));
    EXPECT_THAT(desk.weights(), Pointwise(DoubleNear(1e-6), *stage.after_bypass)) << stage.name;
  }
}

TEST(OnFailure, an_aggregator_that_fails_holds_whatever_its_policy) {
  for (const char* policy : {"hold", "bypass"}) {
    Desk desk(with_failing("/chain/signal_aggregator", "aggregator", "test.aggregator", "error", policy));
    desk.decide();
    EXPECT_THAT(desk.decide().orders, IsEmpty()) << policy;
  }
}

TEST(OnFailure, a_failure_is_over_when_the_agent_answers_again) {
  auto settings = with_failing("/chain/trade_adjusters", "adjuster", "test.adjuster", "error", "hold");
  settings.push_back({"/chain/trade_adjusters/0/config/fail_until", "2"});
  Desk desk(settings);
  desk.decide();
  desk.decide();
  EXPECT_THAT(test::failures(desk.decide()), IsEmpty());
  EXPECT_THAT(desk.weights(), Pointwise(DoubleNear(1e-6), wanted));
}

TEST(OnFailure, a_discarded_answer_is_no_failure_and_leaves_the_targets) {
  Desk desk(with_failing("/chain/portfolio_optimizer", "optimizer", "test.optimizer", "discard", "hold"));
  desk.decide();
  EXPECT_THAT(test::failures(desk.decide()), IsEmpty());
  EXPECT_THAT(desk.weights(), Pointwise(DoubleNear(1e-6), wanted));
}

TEST(BadOutput, is_discarded_whole_and_its_stage_is_named) {
  for (const StageCase& stage : stages) {
    if (std::string(stage.name) == "source") continue;  // below
    for (const char* failure : {"nan", "infinite", "short", "huge"}) {
      Desk desk(with_failing(stage.pointer, stage.name, stage.agent, failure, "bypass"));
      desk.decide();
      const Decision& decision = desk.decide();
      EXPECT_THAT(test::failures(decision), ElementsAre(std::string(stage.name) + "/bypass")) << failure;
      EXPECT_EQ(decision.record.failures[0].status, std::uint32_t{CADRE_REJECTED});
      EXPECT_THAT(desk.weights(), Pointwise(DoubleNear(1e-6), *stage.after_bypass))
          << stage.name << ' ' << failure;
    }
  }
}

TEST(BadOutput, signals_and_views_that_are_no_numbers_are_discarded) {
  auto settings = with_failing("/chain/signal_sources", "source", "test.source", "nan", "hold");
  settings.push_back({"/chain/signal_sources/0/config/scores", "[1, 1, 1, 1]"});
  Desk desk(settings);
  desk.decide();
  const Decision& decision = desk.decide();
  EXPECT_THAT(test::failures(decision), ElementsAre("source/hold"));
  EXPECT_THAT(decision.orders, IsEmpty());
  for (const char* failure : {"nan", "huge"}) {  // a confidence of 2
    Desk other(with_failing("/chain/signal_aggregator", "aggregator", "test.aggregator", failure, "hold"));
    other.decide();
    EXPECT_THAT(test::failures(other.decide()), ElementsAre("aggregator/hold")) << failure;
  }
}

TEST(BadOutput, a_short_target_passes_where_shorts_are_allowed) {
  auto settings = with_failing("/chain/trade_adjusters", "adjuster", "test.adjuster", "short", "hold");
  settings.push_back({"/chain/constraints", R"({"long_only": false})"});
  Desk desk(settings);
  desk.decide();
  EXPECT_THAT(test::failures(desk.decide()), IsEmpty());
  EXPECT_NEAR(desk.weights()[0], -0.1, 1e-6);
}

TEST(Constraints, a_position_that_drifted_above_its_bound_may_stay_but_not_grow) {
  Desk desk(
      {{"/chain/position_sizer/config", R"({"targets": [[0.5, 0, 0, 0], [0.7, 0, 0, 0], [0.6, 0, 0, 0]]})"},
       {"/chain/constraints", R"({"max_weight": 0.5})"}});
  desk.decide();
  desk.set_prices({200, 100, 100, 100});                                  // 1.0 of 1.5 million: 0.667
  EXPECT_THAT(test::failures(desk.decide()), ElementsAre("sizer/hold"));  // 0.7
  EXPECT_THAT(test::failures(desk.decide()), IsEmpty());                  // 0.6
  EXPECT_NEAR(desk.weights()[0], 0.6, 1e-6);
}

TEST(ExecutionRules, that_fail_send_no_order_at_all) {
  for (const char* failure : {"rejected", "error", "throw"}) {
    Desk desk(with_failing("/chain/execution_rules", "rules", "test.rules", failure, "hold"));
    EXPECT_EQ(desk.decide().orders.size(), 2u);
    const Decision& decision = desk.decide();
    EXPECT_THAT(test::failures(decision), ElementsAre("rules/fail_closed")) << failure;
    EXPECT_THAT(decision.orders, IsEmpty());
  }
}

TEST(ExecutionRules, orders_beyond_the_need_against_it_or_without_one_are_all_discarded) {
  for (const char* failure : {"huge", "short", "unneeded"}) {
    Desk desk(with_failing("/chain/execution_rules", "rules", "test.rules", failure, "hold"));
    desk.decide();
    const Decision& decision = desk.decide();
    EXPECT_THAT(test::failures(decision), ElementsAre("rules/fail_closed")) << failure;
    EXPECT_THAT(decision.orders, IsEmpty()) << failure;
    EXPECT_THAT(desk.weights(), Pointwise(DoubleNear(1e-6), held)) << failure;
  }
}

TEST(ExecutionRules, actions_that_cannot_be_carried_out_are_refused_with_a_sentence) {
  const std::pair<const char*, const char*> asked[] = {
      {"replace", "no order with the client id 'scripted' is open"},
      {"cancel", "no order with the client id 'scripted' is open"},
      {"sliced", "its slices end behind the 0 that it gave"},
      {"linked", "it hangs on another order, which this host does not do yet"},
      {"unknown_kind", "kind 9 is none"}};
  for (const auto& [word, sentence] : asked) {
    Desk desk(with_failing("/chain/execution_rules", "rules", "test.rules", word, "hold"));
    desk.decide();
    const Decision& decision = desk.decide();
    EXPECT_THAT(test::failures(decision), ElementsAre("rules/fail_closed")) << word;
    EXPECT_THAT(decision.record.failures[0].reason, testing::HasSubstr(sentence));
    EXPECT_THAT(decision.orders, IsEmpty()) << word;
  }
}

TEST(ExecutionRules, reasons_that_mean_nothing_reject_the_whole_answer) {
  const std::pair<const char*, const char*> given[] = {
      {"reserved_reason", "AA: reason 500 is one of the host's, which has no such"},
      {"nan", "AA: the value of its reason is nan"}};
  for (const auto& [word, sentence] : given) {
    Desk desk(with_failing("/chain/execution_rules", "rules", "test.rules", word, "hold"));
    desk.decide();
    const Decision& decision = desk.decide();
    EXPECT_THAT(test::failures(decision), ElementsAre("rules/fail_closed")) << word;
    EXPECT_THAT(decision.record.failures[0].reason, testing::HasSubstr(sentence));
    EXPECT_THAT(decision.orders, IsEmpty()) << word;
    for (const cadre_reason& reason : decision.record.stages.back().reasons)
      EXPECT_LT(reason.code, 500u) << word;
  }
}

TEST(ExecutionRules, sells_are_sent_before_buys) {
  Desk desk(test::Settings{
      {"/chain/position_sizer/config", R"({"targets": [[0, 0.5, 0, 0.4], [0.3, 0.1, 0.3, 0.2]]})"}});
  desk.decide();
  std::vector<std::pair<char, std::uint32_t>> sent;
  for (const DecidedOrder& decided : desk.decide().orders) {
    EXPECT_TRUE(decided.verdict.accepted());
    sent.emplace_back(static_cast<char>(decided.order.side), decided.order.instrument);
  }
  using Sent = std::pair<char, std::uint32_t>;
  EXPECT_THAT(sent, ElementsAre(Sent{'2', 1}, Sent{'2', 3}, Sent{'1', 0}, Sent{'1', 2}));
}

}  // namespace
}  // namespace cadre::chain

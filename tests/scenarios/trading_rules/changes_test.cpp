// Dated changes of a run: a swap, a rollback, a refusal before anything happens.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "host/backtest/replay.hpp"
#include "host/backtest/scenario_run.hpp"
#include "host/base/date.hpp"
#include "tests/scenarios/trading_rules/lab.hpp"

namespace cadre::test {
namespace {

using testing::Contains;

constexpr std::size_t change_row = 50;
constexpr const char* smaller = R"("set": {"/chain/position_sizer/config/max_position_size": 0.05})";

std::string at(const Market& market, std::size_t row) {
  return "{\"at\": \"" + base::format_date(market.dates[row]) + "\", ";
}

double largest_target(const journal::DecisionRecord& decision) {
  return *std::max_element(decision.stages[0].target.begin(), decision.stages[0].target.end());
}

TEST(DatedChange, takes_effect_with_the_next_decision_and_no_sooner) {
  const Market market = random_market(31, 8, 90);
  Lab plain(market), changed(market, {{"/chain/position_sizer/config/on_drift", "\"trim\""},
                                      {"/changes", "[" + at(market, change_row) + smaller + "}]"}});
  plain.set("/chain/position_sizer/config/on_drift", "\"trim\"");
  const Trace before = plain.run(), after = changed.run();
  EXPECT_EQ(after.orders_until(market.dates[change_row]), before.orders_until(market.dates[change_row]));
  EXPECT_NE(after.orders, before.orders);
  ASSERT_EQ(after.revisions.size(), 2u);
  for (const auto& decision : after.decisions) {
    const bool later = decision.date > market.dates[change_row];
    EXPECT_EQ(decision.revision, later ? 2u : 1u);
    EXPECT_LE(largest_target(decision), later ? 0.05 : 0.3);
  }
}

/// The stages whose instance is another one after a change.
std::vector<std::string> replaced_by(const std::string& set) {
  const Market market = random_market(31, 8, 90);
  Lab lab(market, {{"/changes", "[" + at(market, change_row) + set + "}]"}});
  auto prepared = backtest::prepare_run(lab.options("unused"));
  EXPECT_TRUE(prepared);
  const agent::Store store(lab.path("store"));
  book::HistorySource source(prepared->prices, prepared->signals);
  backtest::ScenarioRun run(*prepared->config, prepared->revisions, store, source);
  EXPECT_FALSE(run.start().has_errors());
  std::vector<std::shared_ptr<agent::LiveAgent>> before, after;
  std::vector<std::string> names, replaced;
  run.book().chain().each_stage([&](const chain::Stage& stage) {
    before.push_back(stage.agent);
    names.push_back(stage.name);
  });
  EXPECT_FALSE(run.run({}).has_errors());
  EXPECT_EQ(run.book().chain().revision, 2u);
  run.book().chain().each_stage([&](const chain::Stage& stage) { after.push_back(stage.agent); });
  for (std::size_t k = 0; k < before.size(); ++k) {
    if (before[k] != after[k]) replaced.push_back(names[k]);
  }
  return replaced;
}

TEST(DatedChange, replaces_the_changed_instance_only) {
  EXPECT_THAT(replaced_by(R"("set": {"/chain/risk_managers/0/config/var_lookback": 25})"),
              testing::ElementsAre("risk"));
}

TEST(DatedChange, of_hot_keys_keeps_every_instance) {
  EXPECT_THAT(replaced_by(smaller), testing::IsEmpty());
}

TEST(DatedChange, of_hot_keys_is_rolled_back_to_what_it_was) {
  const Market market = random_market(31, 8, 90);
  Lab lab(market, {{"/chain/position_sizer/config/on_drift", "\"trim\""},
                   {"/changes", "[" + at(market, change_row) + smaller + "}, " + at(market, change_row + 5) +
                                    "\"rollback\": true}]"}});
  const Trace trace = lab.run();
  double before = 0, during = 0, after = 0;
  for (const auto& decision : trace.decisions) {
    double& largest = decision.revision == 1 ? before : decision.revision == 2 ? during : after;
    largest = std::max(largest, largest_target(decision));
  }
  EXPECT_GT(before, 0.05);
  EXPECT_LE(during, 0.05);
  EXPECT_GT(after, 0.05);
}

TEST(DatedChange, a_rollback_goes_on_as_if_nothing_had_been_changed) {
  const Market market = random_market(33, 8, 90);
  // Changed and rolled back before a decision could be made under it: the same orders from then on.
  Lab plain(market), back(market, {{"/changes", "[" + at(market, change_row) + smaller + "}, " +
                                                    at(market, change_row + 1) + "\"rollback\": true}]"}});
  const Trace before = plain.run(), after = back.run();
  ASSERT_EQ(after.revisions.size(), 3u);
  EXPECT_EQ(after.decisions.back().revision, 3u);
  for (const auto& decision : after.decisions) {
    if (decision.revision == 2) {
      EXPECT_LE(largest_target(decision), 0.3);  // held where it drifted
    }
  }
  // The rolled back sizer wants what the plain one wants, on every later day.
  ASSERT_EQ(before.decisions.size(), after.decisions.size());
  for (std::size_t d = 0; d < after.decisions.size(); ++d) {
    if (after.decisions[d].revision != 3) continue;
    EXPECT_EQ(after.decisions[d].score, before.decisions[d].score);
  }
}

TEST(DatedChange, a_change_of_an_agent_with_a_memory_hands_it_over) {
  const Market market = random_market(35, 8, 90);
  const std::string set = R"("set": {"/chain/services/0/config/min_observations": 5}})";
  // The same numbers come out of the new instance: it has the old one's sums.
  Lab plain(market), changed(market, {{"/changes", "[" + at(market, change_row) + set + "]"}});
  Trace after = changed.run(), before = plain.run();
  for (Trace* trace : {&after, &before}) {
    for (Order& order : trace->orders)
      order.id.clear();  // they count events, of which the swap is one
  }
  EXPECT_EQ(after.orders, before.orders);
}

TEST(DatedChange, a_change_that_a_schema_or_an_agent_refuses_stops_the_run_before_it_began) {
  const Market market = random_market(31, 8, 60);
  Lab schema(market, {{"/changes", "[" + at(market, change_row) +
                                       R"("set": {"/chain/position_sizer/config/max_position_size": 7}}])"}});
  EXPECT_FALSE(schema.refusal().empty());
  // Only the agent itself knows that the largest may not be below the smallest.
  Lab agent(market,
            {{"/changes", "[" + at(market, change_row) +
                              R"("set": {"/chain/position_sizer/config/max_position_size": 0.001}}])"}});
  std::size_t bars = 0;
  const auto outcome =
      backtest::run_backtest(agent.options("run"), [&](std::size_t done, std::size_t) { bars = done; });
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.problems()[0].code, "AGENT_CONFIG");
  EXPECT_EQ(bars, 0u);
  EXPECT_FALSE(std::filesystem::exists(agent.path("run")));
}

TEST(DatedChange, the_program_answers_a_refused_change_with_three) {
  const Market market = random_market(31, 8, 60);
  Lab lab(market);
  const std::string command = "--agents " CADRE_BINARY_DIR "/agents backtest " +
                              lab.path("scenario.json").string() + " --out " + lab.path("run").string() +
                              " --set '/changes=[" + at(market, change_row);
  std::string output;
  EXPECT_EQ(
      run_program(command + R"("set": {"/chain/position_sizer/config/max_position_size": 0.001}}]')", output),
      3);
  EXPECT_FALSE(std::filesystem::exists(lab.path("run")));
  EXPECT_EQ(
      run_program(command + R"("set": {"/chain/position_sizer/config/max_position_size": 0.1}}]')", output),
      0);
  EXPECT_TRUE(std::filesystem::exists(lab.path("run")));
}

TEST(DatedChange, only_what_decides_may_change) {
  const Market market = random_market(31, 8, 60);
  Lab lab(market, {{"/changes", "[" + at(market, change_row) + R"("set": {"/book/initial_cash": 5}}])"}});
  EXPECT_THAT(lab.refusal(), Contains("CONFIG_NOT_CHANGEABLE"));
}

TEST(DatedChange, replays_to_the_bit_with_swap_and_rollback) {
  const Market market = random_market(37, 8, 90);
  Lab lab(market,
          {{"/changes", "[" + at(market, 40) + smaller + "}, " + at(market, 60) + "\"rollback\": true}]"}});
  lab.run();
  const auto outcome = backtest::replay_run({lab.path("run"), {}, {}}, {});
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->identical) << outcome->first_difference;
}

}  // namespace
}  // namespace cadre::test

// A host as those see it who start, halt and change it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "cadre/cadre.h"
#include "tests/unit/control/small_host.hpp"

namespace cadre::control {
namespace {

namespace json = boost::json;

const live::Mandate anna{"anna", "lunch"};

std::size_t positions(Calls host) {
  return host.portfolio("main").body.at("positions").as_array().size();
}

std::string first_code(const live::Answer& answer) {
  return answer.problems.empty() ? "" : answer.problems[0].code;
}

TEST(Start, that_was_cut_off_before_its_revision_was_confirmed_is_made_good_by_the_next) {
  SmallHost small;
  ASSERT_TRUE(small.opens());
  ASSERT_EQ(small.post(0, 30).outcome, live::Outcome::accepted);
  const std::string hash = small.settled().order_hash;
  small.close();
  std::filesystem::remove(small.state() / "CURRENT");
  ASSERT_TRUE(small.opens());
  EXPECT_EQ(small.live().current_revision(), 1u);
  EXPECT_EQ(small.settled().order_hash, hash);
}

TEST(Start, without_current_among_several_revisions_is_refused_with_what_to_do) {
  SmallHost small;
  ASSERT_TRUE(small.opens());
  json::value changed = small.live().config().complete;
  changed.at("books")
      .at(0)
      .at("scenario")
      .at("chain")
      .at("position_sizer")
      .at("config")
      .as_object()["max_position_size"] = 0.2;
  revision::ApplyRequest request;
  request.mandate = anna;
  request.text = json::serialize(changed);
  request.origin = "changed.json";
  ASSERT_EQ(small.host().apply(request).outcome, live::Outcome::created);
  small.close();
  std::filesystem::remove(small.state() / "CURRENT");
  const base::Problems problems = small.open();
  ASSERT_TRUE(problems.has_errors());
  ASSERT_EQ(problems.size(), 2u);
  EXPECT_EQ(problems[0].code, "STATE_FILE_LOST");
  EXPECT_EQ(problems[1].code, "CURRENT_MISSING");
  EXPECT_THAT(problems[1].next_step, testing::HasSubstr("--revision N"));
}

TEST(Halt, stops_deciding_but_not_following_the_market) {
  SmallHost small;
  ASSERT_TRUE(small.opens());
  ASSERT_EQ(small.post(0, 40).outcome, live::Outcome::accepted);
  const live::BookSnapshot before = small.settled();
  ASSERT_EQ(small.host().halt(anna, "", false, false).outcome, live::Outcome::done);
  ASSERT_EQ(small.post(40, 50).outcome, live::Outcome::accepted);
  const live::BookSnapshot halted = small.settled();
  EXPECT_EQ(halted.state, live::BookState::halted);
  EXPECT_EQ(halted.reason, "anna: lunch");
  EXPECT_EQ(halted.decisions, before.decisions);
  EXPECT_EQ(halted.orders, before.orders);
  EXPECT_NE(halted.equity, before.equity) << "positions are marked on";
  ASSERT_EQ(small.host().resume({"anna", "back"}, "main").outcome, live::Outcome::done);
  ASSERT_EQ(small.post(50, 51).outcome, live::Outcome::accepted);
  EXPECT_EQ(small.settled().decisions, before.decisions + 1);
}

TEST(Halt, a_resume_of_what_was_not_halted_says_so_and_is_no_event) {
  SmallHost small;
  ASSERT_TRUE(small.opens());
  ASSERT_EQ(small.post(0, 5).outcome, live::Outcome::accepted);
  const live::BookSnapshot before = small.settled();
  const live::Answer answer = small.host().resume({"anna", "to be sure"}, "");
  ASSERT_EQ(answer.outcome, live::Outcome::done);
  EXPECT_EQ(json::serialize(answer.body), R"({"resumed":[],"not_halted":["main"]})");
  EXPECT_EQ(small.settled().halt_number, before.halt_number);
  EXPECT_EQ(small.settled().sequence, before.sequence);
  ASSERT_EQ(small.host().halt(anna, "", false, false).outcome, live::Outcome::done);
  const live::Answer resumed = small.host().resume({"anna", "back"}, "");
  EXPECT_EQ(json::serialize(resumed.body.at("resumed")), R"(["main"])");
  EXPECT_FALSE(resumed.body.as_object().contains("not_halted"));
}

TEST(Halt, with_flatten_ends_with_no_position_and_no_open_order) {
  SmallHost small;
  ASSERT_TRUE(small.opens());
  ASSERT_EQ(small.post(0, 40).outcome, live::Outcome::accepted);
  small.settled();
  ASSERT_GT(positions(small.host()), 0u);
  ASSERT_EQ(small.host().halt(anna, "main", false, true).outcome, live::Outcome::done);
  ASSERT_EQ(small.post(40, 41).outcome, live::Outcome::accepted);
  EXPECT_EQ(small.settled().open_orders, 0u);
  EXPECT_EQ(positions(small.host()), 0u);
  const json::object portfolio = small.host().portfolio("main").body.as_object();
  EXPECT_EQ(portfolio.at("equity"), portfolio.at("cash"));
}

TEST(Halt, with_cancel_orders_leaves_positions_and_cancels_what_is_open) {
  SmallHost small;
  ASSERT_TRUE(small.opens());
  int day = 40;
  ASSERT_EQ(small.post(0, day).outcome, live::Outcome::accepted);
  while (small.settled().open_orders == 0 && day < 200) {
    ASSERT_EQ(small.post(day, day + 1).outcome, live::Outcome::accepted);
    ++day;
  }
  ASSERT_GT(small.settled().open_orders, 0u);
  const std::size_t held = positions(small.host());
  ASSERT_EQ(small.host().halt(anna, "", true, false).outcome, live::Outcome::done);
  EXPECT_EQ(small.settled().open_orders, 0u);
  EXPECT_EQ(positions(small.host()), held);
}

/// What a kill leaves: the state folder as it is now, without the checkpoint that a clean end takes.
TEST(Halt, with_cancel_orders_is_recovered_without_the_environment_filling_what_was_cancelled) {
  SmallHost small;
  ASSERT_TRUE(small.opens());
  int day = 40;
  ASSERT_EQ(small.post(0, day).outcome, live::Outcome::accepted);
  while (small.settled().open_orders == 0 && day < 200) {
    ASSERT_EQ(small.post(day, day + 1).outcome, live::Outcome::accepted);
    ++day;
  }
  ASSERT_GT(small.settled().open_orders, 0u);
  ASSERT_EQ(small.host().halt(anna, "", true, false).outcome, live::Outcome::done);
  small.settled();
  SmallHost killed;
  std::filesystem::copy(small.state(), killed.state(), std::filesystem::copy_options::recursive);
  ASSERT_TRUE(killed.opens());
  bool asked = false;
  killed.book().with_book([&](book::Book& book) {
    const auto& environment = book.chain().environment();
    const auto& orders = book.ledger().tracker().orders();
    for (std::size_t k = orders.size(); k-- > 0 && !asked;) {
      if (orders[k].status != CADRE_ORDER_CANCELED) continue;
      asked = true;
      cadre_trade_result result{};
      result.size = sizeof result;
      ASSERT_EQ(environment.table<cadre_execution_environment>().query_order(
                    environment.self(), orders[k].order.client_id, &result),
                CADRE_OK);
      EXPECT_EQ(result.status, CADRE_ORDER_CANCELED) << "the environment works it still";
    }
  });
  EXPECT_TRUE(asked);
}

TEST(Halt, outlives_a_restart) {
  SmallHost small;
  ASSERT_TRUE(small.opens());
  ASSERT_EQ(small.post(0, 40).outcome, live::Outcome::accepted);
  ASSERT_EQ(small.host().halt(anna, "", false, false).outcome, live::Outcome::done);
  const std::uint64_t decisions = small.settled().decisions;
  small.close();
  ASSERT_TRUE(small.opens());
  ASSERT_EQ(small.post(40, 45).outcome, live::Outcome::accepted);
  EXPECT_EQ(small.settled().state, live::BookState::halted);
  EXPECT_EQ(small.settled().reason, "anna: lunch");
  EXPECT_EQ(small.settled().decisions, decisions);
}

TEST(Halt, of_a_book_that_is_not_there_names_those_that_are) {
  SmallHost small;
  ASSERT_TRUE(small.opens());
  const live::Answer answer = small.host().halt(anna, "other", false, false);
  EXPECT_EQ(answer.outcome, live::Outcome::unknown);
  ASSERT_EQ(first_code(answer), "BOOK_UNKNOWN");
  EXPECT_THAT(answer.problems[0].next_step, testing::HasSubstr("main"));
}

TEST(Halt, of_a_book_that_has_stopped_is_a_conflict_and_not_a_success) {
  SmallHost small;
  ASSERT_TRUE(small.opens());
  ASSERT_EQ(small.post(0, 5).outcome, live::Outcome::accepted);
  std::filesystem::remove(small.journal());
  EXPECT_EQ(small.post(5, 6).outcome, live::Outcome::stopping)
      << "the journal is gone: nothing is acknowledged";
  const live::Answer answer = small.host().halt(anna, "", false, false);
  EXPECT_EQ(answer.outcome, live::Outcome::conflict);
  EXPECT_EQ(first_code(answer), "BOOK_STOPPED");
}

/// Applies a change of the correlation adjuster: its state policy and its look-back, which is not hot.
live::Answer change_correlation(LiveHost& host, const char* state, int lookback) {
  json::value next = host.config().complete;
  json::object& adjuster =
      next.at("books").at(0).at("scenario").at("chain").at("correlation_adjuster").as_object();
  adjuster["state"] = state;
  adjuster["config"].as_object()["correlation_lookback"] = lookback;
  revision::ApplyRequest request;
  request.mandate = anna;
  request.text = json::serialize(next);
  request.origin = "changed.json";
  return Calls(host.control()).apply(request);
}

TEST(HandOff, that_refuses_keeps_the_agent_and_reset_begins_anew) {
  SmallHost small;
  ASSERT_TRUE(small.opens());
  ASSERT_EQ(small.post(0, 40).outcome, live::Outcome::accepted);
  ASSERT_EQ(change_correlation(small.live(), "refuse", 20).outcome, live::Outcome::created)
      << "nothing is lost";
  const live::Answer refused = change_correlation(small.live(), "refuse", 0);
  EXPECT_EQ(refused.outcome, live::Outcome::invalid);
  EXPECT_EQ(first_code(refused), "STATE_HAND_OFF_REFUSED");
  EXPECT_EQ(small.live().current_revision(), 2u);
  EXPECT_EQ(small.host().revisions().body.at("revisions").as_array().size(), 2u)
      << "what was refused leaves no revision";
  EXPECT_EQ(change_correlation(small.live(), "reset", 0).outcome, live::Outcome::created);
  ASSERT_EQ(small.post(40, 50).outcome, live::Outcome::accepted);
  EXPECT_EQ(small.settled().revision, 3u);
}

TEST(Revisions, are_numbers_and_what_is_none_is_unknown) {
  SmallHost small;
  ASSERT_TRUE(small.opens());
  const std::pair<const char*, std::vector<std::string>> cases[] = {
      {"/v1/revisions/{n}", {"x"}},  {"/v1/revisions/{n}", {"-1"}},
      {"/v1/revisions/{n}", {"1x"}}, {"/v1/revisions/{n}", {"99999999999999999999"}},
      {"/v1/revisions/{n}", {"2"}},  {"/v1/revisions/{a}/diff/{b}", {"1", "x"}}};
  for (const auto& [path, given] : cases) {
    const live::Answer answer = small.host().run("GET", path, {.path = given});
    EXPECT_EQ(answer.outcome, live::Outcome::unknown) << given.back();
    EXPECT_EQ(first_code(answer), "REVISION_UNKNOWN") << given.back();
  }
  EXPECT_EQ(small.host().run("GET", "/v1/revisions/{n}", {.path = {"1"}}).outcome, live::Outcome::done);
  for (const char* number : {"x", "0"}) {
    const live::Answer back = small.host().run("POST", "/v1/revisions/{n}:rollback",
                                               {.path = {number}, .mandate = {"anna", "why"}});
    EXPECT_EQ(first_code(back), "REVISION_UNKNOWN") << number;
  }
}

}  // namespace
}  // namespace cadre::control

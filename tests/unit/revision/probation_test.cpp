#include "host/revision/probation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "host/base/problem.hpp"

using namespace cadre;
using namespace cadre::revision;
using testing::HasSubstr;
using testing::IsEmpty;
using End = TrialVerdict::End;

namespace {

constexpr std::int64_t minute_ns = 60'000'000'000;
constexpr std::int64_t begin_ns = 1'700'000'000'000'000'000;

live::BookSnapshot snapshot(std::uint64_t decisions, double equity = 1000) {
  live::BookSnapshot now;
  now.decisions = decisions;
  now.equity = base::Money::parse(std::to_string(equity)).value();
  return now;
}

config::ConfirmConfig wishes(std::uint64_t decisions, std::uint64_t minutes) {
  config::ConfirmConfig confirm;
  confirm.decisions = decisions;
  confirm.minutes = minutes;
  confirm.longest_minutes = 60;
  return confirm;
}

BookTrial trial() {
  return begin_trial("main", 4, 3, snapshot(100), begin_ns);
}

End after(const config::ConfirmConfig& confirm, std::uint64_t decisions, std::int64_t minutes) {
  BookTrial begun = trial();
  return judge(confirm, begun, snapshot(100 + decisions), begin_ns + minutes * minute_ns).end;
}

}  // namespace

TEST(Trial, is_confirmed_by_decisions_and_minutes_together) {
  EXPECT_EQ(after(wishes(20, 5), 19, 5), End::none);
  EXPECT_EQ(after(wishes(20, 5), 20, 4), End::none);
  EXPECT_EQ(after(wishes(20, 5), 20, 5), End::confirmed);
  EXPECT_EQ(after(wishes(0, 5), 0, 5), End::confirmed);
  EXPECT_EQ(after(wishes(20, 0), 20, 0), End::confirmed);
}

TEST(Trial, fails_at_missed_deadlines_of_its_own) {
  config::ConfirmConfig confirm = wishes(20, 0);
  live::BookSnapshot now = snapshot(100);
  now.deadline_misses = {{"risk", 3}, {"sizer", 1}};
  BookTrial begun = begin_trial("main", 4, 3, now, begin_ns);
  now.deadline_misses["sizer"] = 3;
  EXPECT_EQ(judge(confirm, begun, now, begin_ns).end, End::none);
  confirm.deadline_misses = 3;
  EXPECT_EQ(judge(confirm, begun, now, begin_ns).end, End::none);
  now.deadline_misses["risk"] = 4;
  const TrialVerdict verdict = judge(confirm, begun, now, begin_ns);
  EXPECT_EQ(verdict.end, End::failed);
  EXPECT_THAT(verdict.why, HasSubstr("3 missed deadlines, the limit is 3"));
}

TEST(Trial, fails_without_a_bar_for_longer_than_the_heartbeat) {
  constexpr std::int64_t second_ns = 1'000'000'000;
  config::ConfirmConfig confirm = wishes(20, 0);
  confirm.heartbeat_s = 10;
  BookTrial begun = trial();
  live::BookSnapshot now = snapshot(100);
  EXPECT_EQ(judge(confirm, begun, now, begin_ns + 9 * second_ns).end, End::none);
  now.bars = 1;
  EXPECT_EQ(judge(confirm, begun, now, begin_ns + 12 * second_ns).end, End::none);
  EXPECT_EQ(judge(confirm, begun, now, begin_ns + 21 * second_ns).end, End::none);
  EXPECT_EQ(judge(confirm, begun, now, begin_ns + 22 * second_ns).end, End::failed);
  // A host that was away has not been listening: it counts from its first look.
  BookTrial read{
      .book = "main", .revision = 4, .confirmed = 3, .since_ns = begin_ns, .decisions_before = 100};
  EXPECT_EQ(judge(confirm, read, now, begin_ns + 1000 * second_ns).end, End::none);
  EXPECT_EQ(judge(confirm, read, now, begin_ns + 1010 * second_ns).end, End::failed);
}

TEST(Trial, has_a_longest_time_whatever_the_schedule_says) {
  EXPECT_EQ(after(wishes(20, 5), 1, 59), End::none);
  EXPECT_EQ(after(wishes(20, 5), 1, 60), End::confirmed);
}

TEST(Trial, does_not_run_backwards_with_the_clock) {
  EXPECT_EQ(after(wishes(0, 5), 0, -10), End::none);
}

TEST(Trial, fails_at_failed_answers_since_it_began) {
  config::ConfirmConfig confirm = wishes(20, 0);
  confirm.failures = 2;
  live::BookSnapshot now = snapshot(100);
  now.failures["risk"] = {5, 0, "before"};
  BookTrial begun = begin_trial("main", 4, 3, now, begin_ns);
  now.failures["risk"] = {6, 0, "one"};
  EXPECT_EQ(judge(confirm, begun, now, begin_ns).end, End::none);
  now.failures["sizer"] = {1, 0, "two"};
  const TrialVerdict verdict = judge(confirm, begun, now, begin_ns);
  EXPECT_EQ(verdict.end, End::failed);
  EXPECT_THAT(verdict.why, HasSubstr("2 failed answers of agents, the limit is 2"));
  confirm.failures = 0;
  EXPECT_EQ(judge(confirm, begun, now, begin_ns).end, End::none);
}

TEST(Trial, fails_at_rejected_orders_since_it_began) {
  config::ConfirmConfig confirm = wishes(20, 0);
  confirm.rejected_orders = 3;
  live::BookSnapshot now = snapshot(100);
  now.rejected_orders = 7;
  BookTrial begun = begin_trial("main", 4, 3, now, begin_ns);
  now.rejected_orders = 9;
  EXPECT_EQ(judge(confirm, begun, now, begin_ns).end, End::none);
  now.rejected_orders = 10;
  EXPECT_EQ(judge(confirm, begun, now, begin_ns).end, End::failed);
}

TEST(Trial, counts_orders_of_which_the_checks_accept_a_part_like_rejected_ones) {
  config::ConfirmConfig confirm = wishes(20, 0);
  confirm.rejected_orders = 3;
  live::BookSnapshot now = snapshot(100);
  now.fitted_orders = 7;
  BookTrial begun = begin_trial("main", 4, 3, now, begin_ns);
  now.rejected_orders = 1;
  now.fitted_orders = 8;
  EXPECT_EQ(judge(confirm, begun, now, begin_ns).end, End::none);
  now.fitted_orders = 9;
  const auto verdict = judge(confirm, begun, now, begin_ns);
  EXPECT_EQ(verdict.end, End::failed);
  EXPECT_THAT(verdict.why, HasSubstr("3 orders that were rejected or too large, the limit is 3"));
}

TEST(Trial, fails_at_a_fall_from_the_height_it_has_seen) {
  config::ConfirmConfig confirm = wishes(20, 0);
  confirm.drawdown = 0.1;
  BookTrial begun = trial();
  EXPECT_EQ(judge(confirm, begun, snapshot(100, 1200), begin_ns).end, End::none);
  EXPECT_EQ(judge(confirm, begun, snapshot(100, 1081), begin_ns).end, End::none);
  EXPECT_EQ(judge(confirm, begun, snapshot(100, 1080), begin_ns).end, End::failed);
}

TEST(Trial, fails_though_it_could_be_confirmed) {
  config::ConfirmConfig confirm = wishes(1, 0);
  confirm.rejected_orders = 1;
  BookTrial begun = trial();
  live::BookSnapshot now = snapshot(105);
  now.rejected_orders = 1;
  EXPECT_EQ(judge(confirm, begun, now, begin_ns).end, End::failed);
}

TEST(Trials, is_read_as_it_was_written_and_empty_when_it_cannot_be) {
  const std::filesystem::path file =
      std::filesystem::path(testing::TempDir()) / ("cadre_trials_" + std::to_string(::getpid()));
  BookTrial written = trial();
  written.deaths = 1;
  ASSERT_THAT(write_trials(file, {written}), IsEmpty());
  const std::vector<BookTrial> read = read_trials(file);
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(read[0].book, "main");
  EXPECT_EQ(read[0].revision, 4u);
  EXPECT_EQ(read[0].confirmed, 3u);
  EXPECT_EQ(read[0].since_ns, begin_ns);
  EXPECT_EQ(read[0].deaths, 1u);
  EXPECT_EQ(read[0].decisions_before, 100u);
  std::ofstream(file, std::ios::trunc) << "{";
  EXPECT_THAT(read_trials(file), IsEmpty());
  std::filesystem::remove(file);
  EXPECT_THAT(read_trials(file), IsEmpty());
}

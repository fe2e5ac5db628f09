#include "host/book/timers.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "cadre/ext/timer.h"

namespace {

using cadre::book::Timers;

constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

TEST(Timers, are_due_by_time_then_stage_then_id) {
  Timers timers;
  timers.take("b", {1, 0, 1, 100, 0});
  timers.take("a", {1, 0, 2, 100, 0});
  timers.take("a", {1, 0, 1, 100, 0});
  timers.take("c", {1, 0, 9, 50, 0});
  EXPECT_EQ(timers.earliest_ns(), 50);
  EXPECT_EQ(timers.pop_due(49), nullptr);
  std::string order;
  while (const auto* due = timers.pop_due(100))
    order += due->stage + std::to_string(due->id) + ' ';
  EXPECT_EQ(order, "c9 a1 a2 b1 ");
  EXPECT_EQ(timers.earliest_ns(), never);
}

TEST(Timers, armed_again_are_moved_and_disarmed_are_gone) {
  Timers timers;
  timers.take("a", {1, 0, 1, 100, 0});
  timers.take("a", {1, 0, 1, 300, 0});
  EXPECT_EQ(timers.earliest_ns(), 300);
  timers.take("b", {0, 0, 1, 0, 0});
  EXPECT_EQ(timers.earliest_ns(), 300);
  timers.take("a", {0, 0, 1, 0, 0});
  EXPECT_EQ(timers.earliest_ns(), never);
}

TEST(Timers, with_a_period_are_told_one_by_one_and_after_an_outage_as_one) {
  Timers timers;
  timers.take("a", {1, 0, 1, 100, 10});
  for (std::int64_t due = 100; due <= 130; due += 10) {
    const auto* timer = timers.pop_due(135);
    ASSERT_NE(timer, nullptr);
    EXPECT_EQ(timer->due_ns, due);
    EXPECT_EQ(timer->expirations, 1u);
  }
  EXPECT_EQ(timers.pop_due(135), nullptr);
  const std::int64_t late = 140 + 10 * static_cast<std::int64_t>(Timers::expirations_each) + 5;
  const auto* timer = timers.pop_due(late);
  ASSERT_NE(timer, nullptr);
  EXPECT_EQ(timer->expirations, Timers::expirations_each + 1);
  EXPECT_EQ(timers.earliest_ns(), 140 + 10 * static_cast<std::int64_t>(Timers::expirations_each + 1));
}

TEST(Timers, of_any_time_and_period_overflow_nothing) {
  Timers timers;
  timers.take("a", {1, 0, 1, std::numeric_limits<std::int64_t>::min(), 1});
  const auto* timer = timers.pop_due(never);
  ASSERT_NE(timer, nullptr);
  EXPECT_GT(timer->expirations, 1u);
  timers.take("b", {1, 0, 1, never, never});
  ASSERT_NE(timers.pop_due(never), nullptr);
  while (timers.pop_due(never) != nullptr) {
  }
  EXPECT_EQ(timers.earliest_ns(), never);
}

TEST(Timers, of_one_stage_have_a_largest_number) {
  Timers timers;
  for (std::uint64_t id = 0; id < CADRE_TIMERS_MAX; ++id)
    EXPECT_TRUE(timers.take("a", {1, 0, id, 100, 0}));
  EXPECT_FALSE(timers.take("a", {1, 0, 1000, 100, 0}));
  EXPECT_TRUE(timers.take("a", {1, 0, 3, 200, 0})) << "one that is moved needs no room";
  EXPECT_TRUE(timers.take("b", {1, 0, 1000, 100, 0}));
}

TEST(Timers, come_back_from_a_checkpoint_and_follow_the_journal) {
  Timers timers;
  timers.take("a", {1, 0, 1, 100, 10});
  timers.take("b", {1, 0, 7, 105, 0});
  Timers again;
  again.restore(timers.armed());
  const auto due = *timers.pop_due(100);
  again.retell(due);
  EXPECT_EQ(again.earliest_ns(), timers.earliest_ns());
  again.retell({"x", 1, 100, 0, 1});
  timers.forget("b");
  EXPECT_EQ(timers.earliest_ns(), 110);
}

}  // namespace

#include <gtest/gtest.h>

#include "host/base/date.hpp"
#include "host/market/signal_ids.hpp"
#include "host/market/taken_bars.hpp"

namespace cadre::market {
namespace {

const std::vector<std::string> instruments = {"AA", "GE"};

model::Bar bar(std::int32_t date, std::int64_t first_e9, std::int64_t second_e9) {
  model::Bar made;
  made.date = date;
  made.time_ns = base::close_time_ns(date);
  made.close_e9 = {first_e9, second_e9};
  made.valid = {static_cast<std::uint8_t>(first_e9 > 0), static_cast<std::uint8_t>(second_e9 > 0)};
  return made;
}

TEST(TakenBars, show_suspect_moves_until_five_bars_had_none) {
  TakenBars taken;
  taken.watch_moves(0.25);
  taken.add(bar(19920102, 10, 10));
  EXPECT_TRUE(taken.moves().empty());
  taken.add(bar(19920103, 20, 10));
  for (std::int32_t day = 6; day < 10; ++day) {
    taken.add(bar(19920100 + day, 20, 10));
    ASSERT_EQ(taken.moves().size(), 1u);
  }
  EXPECT_EQ(taken.moves()[0].date, 19920103);
  taken.add(bar(19920110, 20, 10));
  EXPECT_TRUE(taken.moves().empty());
}

TEST(TakenBars, watch_no_moves_before_they_are_told_to) {
  TakenBars taken;
  taken.add(bar(19920102, 10, 10));
  taken.add(bar(19920103, 1000, 10));
  EXPECT_TRUE(taken.moves().empty());
}

TEST(TakenBars, that_forget_a_bar_stand_where_the_book_stands) {
  TakenBars taken;
  taken.watch_moves(0.25);
  const model::Bar first = bar(19920102, 10, 10), wrong = bar(19920103, 1000, 10);
  taken.add(first);
  taken.add(wrong);
  taken.forget(wrong, first);
  EXPECT_EQ(taken.newest(), 19920102);
  EXPECT_FALSE(taken.has_time(wrong.time_ns));
  EXPECT_EQ(taken.closes_e9(), first.close_e9);
  EXPECT_TRUE(taken.moves().empty());
}

TEST(TakenBars, of_one_day_are_told_apart_by_their_times) {
  TakenBars taken;
  taken.keep_times();
  const model::Bar first = bar(19920102, 10, 10);
  model::Bar second = bar(19920102, 11, 10);
  second.time_ns += 60'000'000'000;
  taken.add(first);
  EXPECT_TRUE(taken.is_newer(second.time_ns));
  taken.add(second);
  EXPECT_FALSE(taken.is_newer(second.time_ns));
  base::Encoder to;
  taken.save(to, first.time_ns, first.close_e9);
  base::Decoder from(to.bytes());
  TakenBars loaded;
  loaded.keep_times();
  ASSERT_TRUE(loaded.load(from) && from.finished());
  EXPECT_TRUE(loaded.has(first));
  EXPECT_FALSE(loaded.has(second));
  EXPECT_EQ(loaded.newest_ns(), first.time_ns);
}

model::ExternalSignal signal(const std::string& id, double strength = 1) {
  return {1, 19920102, "m", "AA", 1, strength, 1, 5, id};
}

TEST(SignalIds, know_a_signal_from_another_one_with_its_id) {
  SignalIds ids;
  ids.add(signal("a"), 7);
  EXPECT_EQ(ids.find(signal("a")), SignalIds::Known::same);
  EXPECT_EQ(ids.find(signal("a", 2)), SignalIds::Known::other);
  EXPECT_EQ(ids.find(signal("b")), SignalIds::Known::new_one);
  EXPECT_EQ(ids.sequence_of("a"), 7u);
}

TEST(SignalIds, take_signals_without_one_as_new) {
  SignalIds ids;
  ids.add(signal(""), 7);
  EXPECT_EQ(ids.find(signal("")), SignalIds::Known::new_one);
}

TEST(SignalIds, forget_the_oldest_beyond_their_bound) {
  SignalIds ids(2);
  for (const char* id : {"a", "b", "a", "c"})
    ids.add(signal(id), 1);
  EXPECT_EQ(ids.find(signal("a")), SignalIds::Known::new_one);
  EXPECT_EQ(ids.find(signal("b")), SignalIds::Known::same);
  EXPECT_EQ(ids.find(signal("c")), SignalIds::Known::same);
}

TEST(SignalIds, learn_which_event_a_signal_became) {
  SignalIds ids;
  ids.add(signal("a"), 0);
  ids.became("a", 9);
  EXPECT_EQ(ids.sequence_of("a"), 9u);
  EXPECT_EQ(ids.sequence_of("b"), 0u);
}

}  // namespace
}  // namespace cadre::market

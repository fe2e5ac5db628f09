#include "host/book/session_history.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace cadre::book {
namespace {

model::Bar bar(std::int32_t date, std::int64_t first, std::int64_t second, bool ends_session = false) {
  model::Bar made;
  made.date = date;
  made.has_volume = true;
  made.ends_session = ends_session;
  made.close_e9 = {first * 1'000'000'000, second * 1'000'000'000};
  made.valid = {static_cast<std::uint8_t>(first > 0), static_cast<std::uint8_t>(second > 0)};
  made.volume = {10, 20};
  return made;
}

TEST(SessionHistory, has_the_last_close_the_whole_volume_and_the_return_of_each_session) {
  SessionHistory sessions(2, false);
  sessions.add(bar(20240307, 100, 50));
  sessions.add(bar(20240307, 101, 0));
  EXPECT_EQ(sessions.rows().rows(), 0u);
  sessions.add(bar(20240308, 111, 60));  // a later date says that the one before is over
  ASSERT_EQ(sessions.rows().rows(), 1u);
  EXPECT_EQ(sessions.added(), 1u);
  EXPECT_DOUBLE_EQ(sessions.rows().closes(0)[0], 101);
  EXPECT_DOUBLE_EQ(sessions.rows().closes(0)[1], 50);
  EXPECT_EQ(sessions.rows().volumes(0)[0], 20);
  EXPECT_EQ(sessions.rows().volumes(0)[1], 20);
  sessions.add(bar(20240308, 202, 60, true));
  ASSERT_EQ(sessions.rows().rows(), 2u);
  EXPECT_DOUBLE_EQ(sessions.rows().returns(1)[0], 1);
}

TEST(SessionHistory, of_a_bar_that_is_a_whole_session_ends_it_and_the_one_before) {
  SessionHistory sessions(2, false);
  sessions.add(bar(20240307, 100, 50));
  sessions.add(bar(20240308, 110, 0, true));
  EXPECT_EQ(sessions.added(), 2u);
  EXPECT_TRUE(std::isnan(sessions.rows().closes(1)[1]));
  sessions.add(bar(20240311, 110, 55));
  EXPECT_EQ(sessions.added(), 0u);
}

TEST(SessionHistory, goes_on_from_what_was_saved_within_a_session) {
  SessionHistory sessions(2, true), loaded(2, true);
  for (std::int32_t day = 1; day < 29; ++day) {
    for (int month = 1; month < 10; ++month)
      sessions.add(bar(20240000 + 100 * month + day, 100 + day, 50, day % 2 == 0));
  }
  sessions.add(bar(20250107, 100, 50));
  base::Encoder to;
  sessions.save(to);
  base::Decoder from(to.bytes());
  ASSERT_TRUE(loaded.load(from) && from.finished());
  for (SessionHistory* each : {&sessions, &loaded})
    each->add(bar(20250107, 123, 0, true));
  ASSERT_EQ(loaded.rows().rows(), sessions.rows().rows());
  const std::size_t last = loaded.rows().rows() - 1;
  EXPECT_DOUBLE_EQ(loaded.rows().closes(last)[0], 123);
  EXPECT_DOUBLE_EQ(loaded.rows().closes(last)[1], 50);
  EXPECT_EQ(loaded.rows().returns(last)[0], sessions.rows().returns(last)[0]);
}

}  // namespace
}  // namespace cadre::book

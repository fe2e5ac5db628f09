#include "host/app/events_command.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace cadre::app {

namespace {

constexpr std::int64_t second = 1'000'000'000, now = 1'000'000 * second;

TEST(SinceMoment, is_a_time_or_so_long_ago) {
  EXPECT_EQ(since_moment("1970-01-02", now), 86'400 * second);
  EXPECT_EQ(since_moment("1970-01-01T00:00:01Z", now), second);
  EXPECT_EQ(since_moment("90s", now), now - 90 * second);
  EXPECT_EQ(since_moment("15m", now), now - 900 * second);
  EXPECT_EQ(since_moment("2h", now), now - 7'200 * second);
  EXPECT_EQ(since_moment("1d", now), now - 86'400 * second);
}

TEST(SinceMoment, is_nothing_else) {
  for (const char* text : {"", "lunch", "15", "m", "-1h", "1.5h", "15mm", "99999999s", "12:00"})
    EXPECT_FALSE(since_moment(text, now)) << text;
}

TEST(Passes, what_was_asked_for_and_what_was_missed) {
  const auto event =
      boost::json::parse(R"({"event": "halt", "book": "main", "time": "1970-01-01T00:01:00Z"})");
  HostArguments with;
  EXPECT_TRUE(passes(with, {}, event));
  with.kind = "halt";
  with.book = "main";
  EXPECT_TRUE(passes(with, 60 * second, event));
  EXPECT_FALSE(passes(with, 61 * second, event));
  with.book = "other";
  EXPECT_FALSE(passes(with, {}, event));
  EXPECT_TRUE(passes(with, {}, boost::json::parse(R"({"event": "events_missed"})")));
}

}  // namespace

}  // namespace cadre::app

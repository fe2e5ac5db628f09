#include "host/market/bar_times.hpp"

#include <gtest/gtest.h>

#include "host/base/date.hpp"

namespace cadre::market {
namespace {

constexpr std::int64_t minute_ns = 60'000'000'000;

BarTiming new_york(std::int64_t period_ns = minute_ns) {
  BarTiming timing;
  timing.period_ns = period_ns;
  timing.time_zone = timing.session_zone = "America/New_York";
  return timing;
}

BarTiming regular(std::int64_t period_ns = minute_ns) {
  BarTiming timing = new_york(period_ns);
  timing.session = {*parse_time_of_day("09:30"), *parse_time_of_day("16:00")};
  return timing;
}

std::string code_of(const BarTiming& timing, std::string_view text, std::int32_t date = 0) {
  TimeFault fault{};
  return BarClock(timing).read(text, date, fault) ? "" : fault.code;
}

BarTime time_of(const BarTiming& timing, std::string_view text, std::int32_t date = 0) {
  TimeFault fault{};
  const auto time = BarClock(timing).read(text, date, fault);
  EXPECT_TRUE(time) << text << fault.what;
  return time.value_or(BarTime{});
}

std::string shown(const BarTime& time) {
  return base::format_time(time.time_ns);
}

TEST(BarPeriod, is_a_second_to_a_day) {
  EXPECT_EQ(parse_period("1s"), 1'000'000'000);
  EXPECT_EQ(parse_period("5min"), 5 * minute_ns);
  EXPECT_EQ(parse_period("24h"), BarTiming::day_ns);
  EXPECT_EQ(parse_period("1d"), BarTiming::day_ns);
  for (const char* wrong : {"", "1", "min", "0min", "-1min", "25h", "2d", "1m", "1 min", "1.5h", "86401s"})
    EXPECT_FALSE(parse_period(wrong)) << wrong;
  EXPECT_EQ(format_period(minute_ns), "1min");
  EXPECT_EQ(format_period(90 * minute_ns), "90min");
}

TEST(BarTimes, have_an_offset_or_are_of_the_clocks_of_their_zone) {
  for (const char* text : {"2013-10-07T09:31:00-04:00", "2013-10-07T13:31:00Z", "2013-10-07 09:31",
                           "20131007 093100", "2013-10-07T09:31:00.000-0400", "2013-10-07T15:31+02"})
    EXPECT_EQ(shown(time_of(new_york(), text)), "2013-10-07T13:31:00Z") << text;
  EXPECT_EQ(shown(time_of(new_york(), "09:31", 20131007)), "2013-10-07T13:31:00Z");
  EXPECT_EQ(shown(time_of(new_york(), "2013-12-02 09:31")), "2013-12-02T14:31:00Z");
}

TEST(BarTimes, are_none_without_a_day_a_zone_or_sense) {
  EXPECT_EQ(code_of(new_york(), "09:31"), "BAR_TIME_BAD");
  for (const char* text :
       {"", "noon", "2013-10-07", "2013-02-30T09:31", "2013-10-07T25:00", "2013-10-07T09:61",
        "2013-10-07T09:31:00-4:00", "2013-10-07T09:31:00-04:00:00", "01/02/2013 09:31"})
    EXPECT_EQ(code_of(new_york(), text), "BAR_TIME_BAD") << text;
  BarTiming without = new_york();
  without.time_zone.clear();
  EXPECT_EQ(code_of(without, "2013-10-07 09:31"), "BAR_TIME_NO_ZONE");
  EXPECT_EQ(code_of(without, "2013-10-07T09:31Z"), "");
}

TEST(BarTimes, that_clocks_skip_or_show_twice_need_an_offset) {
  EXPECT_EQ(code_of(new_york(), "2013-03-10 02:30"), "BAR_TIME_SKIPPED");
  EXPECT_EQ(code_of(new_york(), "2013-11-03 01:30"), "BAR_TIME_TWICE");
  EXPECT_EQ(shown(time_of(new_york(), "2013-11-03 01:30-05:00")), "2013-11-03T06:30:00Z");
  EXPECT_EQ(shown(time_of(new_york(), "2013-11-03 03:00")), "2013-11-03T08:00:00Z");
}

TEST(BarTimes, lie_on_the_grid_of_their_period) {
  EXPECT_EQ(code_of(new_york(), "2013-10-07 09:31:30"), "BAR_TIME_OFF_GRID");
  EXPECT_EQ(code_of(regular(60 * minute_ns), "2013-10-07 10:30"), "");
  EXPECT_EQ(code_of(regular(60 * minute_ns), "2013-10-07 11:00"), "BAR_TIME_OFF_GRID");
  // The last bar of a session is shorter.
  EXPECT_EQ(code_of(regular(60 * minute_ns), "2013-10-07 16:00"), "");
  EXPECT_EQ(code_of(new_york(60 * minute_ns), "2013-10-07 10:30"), "BAR_TIME_OFF_GRID");
}

TEST(BarTimes, belong_to_the_session_of_their_last_moment) {
  EXPECT_EQ(time_of(new_york(), "2013-10-08T00:00-04:00").date, 20131007);
  EXPECT_EQ(time_of(new_york(), "2013-10-08T00:01-04:00").date, 20131008);
  BarTiming utc = new_york();
  utc.session_zone.clear();
  EXPECT_EQ(time_of(utc, "2013-10-07T20:01-04:00").date, 20131008);
}

TEST(BarTimes, of_regular_hours_are_told_from_the_others) {
  EXPECT_FALSE(time_of(regular(), "2013-10-07 09:30").is_in_session);
  EXPECT_TRUE(time_of(regular(), "2013-10-07 09:31").is_in_session);
  EXPECT_TRUE(time_of(regular(), "2013-10-07 16:00").is_in_session);
  EXPECT_TRUE(time_of(regular(), "2013-10-07 16:00").ends_session);
  EXPECT_FALSE(time_of(regular(), "2013-10-07 15:59").ends_session);
  EXPECT_FALSE(time_of(regular(), "2013-10-07 16:01").is_in_session);
}

TEST(BarTimes, of_a_session_over_midnight_are_of_the_day_it_ends_in) {
  BarTiming timing = new_york();
  timing.session = {*parse_time_of_day("18:00"), *parse_time_of_day("17:00")};
  EXPECT_EQ(time_of(timing, "2013-10-06 18:01").date, 20131007);
  EXPECT_EQ(time_of(timing, "2013-10-07 00:00").date, 20131007);
  EXPECT_EQ(time_of(timing, "2013-10-07 17:00").date, 20131007);
  EXPECT_TRUE(time_of(timing, "2013-10-07 17:00").ends_session);
  EXPECT_FALSE(time_of(timing, "2013-10-07 17:30").is_in_session);
}

TEST(BarTimes, may_be_those_of_the_begin) {
  BarTiming timing = regular();
  timing.is_begin = true;
  EXPECT_EQ(shown(time_of(timing, "2013-10-07 09:30")), "2013-10-07T13:31:00Z");
  EXPECT_TRUE(time_of(timing, "2013-10-07 15:59").ends_session);
  EXPECT_FALSE(time_of(timing, "2013-10-07 16:00").is_in_session);
  timing.period_ns = 60 * minute_ns;
  EXPECT_EQ(shown(time_of(timing, "2013-10-07 15:30")), "2013-10-07T20:00:00Z");  // half an hour is left
}

TEST(BarTimes, agree_with_the_date_beside_them) {
  EXPECT_EQ(code_of(new_york(), "2013-10-07 09:31", 20131007), "");
  EXPECT_EQ(code_of(new_york(), "2013-10-07 09:31", 20131008), "BAR_DATE_DISAGREES");
}

}  // namespace
}  // namespace cadre::market

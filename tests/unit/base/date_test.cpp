#include "host/base/date.hpp"

#include <gtest/gtest.h>

using namespace cadre::base;

TEST(Date, parses_calendar_dates) {
  EXPECT_EQ(parse_date("1991-01-02"), 19910102);
  EXPECT_EQ(parse_date("2000-02-29"), 20000229);
  EXPECT_EQ(format_date(19910102), "1991-01-02");
}

TEST(Date, refuses_what_is_not_in_the_calendar) {
  for (const char* text : {"1900-02-29", "1991-02-30", "1991-13-01", "1991-00-01", "1991-01-00", "1991-1-2",
                           "19910102", "1991/01/02", "1991-01-02 ", "", "0001-01-01", "abcd-ef-gh"}) {
    EXPECT_FALSE(parse_date(text)) << text;
  }
}

TEST(Date, tells_a_date_of_another_year_from_none) {
  for (const char* text : {"1677-12-31", "2262-01-01", "9999-12-31", "0001-01-01", "2262-01-01T00:00:00Z"}) {
    EXPECT_FALSE(parse_date(text)) << text;
    EXPECT_FALSE(parse_time(text)) << text;
    EXPECT_TRUE(is_beyond_dates(text)) << text;
  }
  for (const char* text : {"1678-01-01", "2261-12-31", "2262-02-29", "2262-1-1", "22620101", "", "2262"})
    EXPECT_FALSE(is_beyond_dates(text)) << text;
}

TEST(Date, counts_days_from_1970) {
  EXPECT_EQ(days_since_epoch(19700101), 0);
  EXPECT_EQ(days_since_epoch(19691231), -1);
  EXPECT_EQ(days_since_epoch(20000301), 11017);
  EXPECT_EQ(date_of_days(11017), 20000301);
}

TEST(Date, a_session_closes_at_21_utc) {
  EXPECT_EQ(close_time_ns(19700101), 75'600'000'000'000);
  EXPECT_EQ(format_time(close_time_ns(20010102)), "2001-01-02T21:00:00Z");
}

TEST(Date, formats_times_with_the_decimals_they_need) {
  EXPECT_EQ(format_time(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(format_time(1'500'000'000), "1970-01-01T00:00:01.5Z");
  EXPECT_EQ(format_time(-1), "1969-12-31T23:59:59.999999999Z");
}

TEST(Date, parses_times) {
  EXPECT_EQ(parse_time("1970-01-02"), 86'400'000'000'000);
  EXPECT_EQ(parse_time("1970-01-01T00:00:01.000000001Z"), 1'000'000'001);
  EXPECT_EQ(parse_time("1969-12-31T23:59:59.5Z"), -500'000'000);
  EXPECT_EQ(date_of_time(-1), 19691231);
}

TEST(Date, refuses_times_without_zone_or_out_of_range) {
  for (const char* text :
       {"1970-01-01T00:00:00", "1970-01-01T24:00:00Z", "1970-01-01T00:60:00Z", "1970-01-01T00:00:60Z",
        "1970-01-01T00:00:00.Z", "1970-01-01T00:00:00.0000000001Z", "1970-01-01T00:00:00+01:00",
        "1970-01-01 00:00:00Z", "1970-01-01T", "1970-02-30T00:00:00Z", ""}) {
    EXPECT_FALSE(parse_time(text)) << text;
  }
}

TEST(Date, weeks_belong_to_the_year_of_their_thursday) {
  EXPECT_EQ(iso_week(20050101), 53);
  EXPECT_EQ(iso_week(20070101), 1);
  EXPECT_EQ(iso_week(20081229), 1);
  EXPECT_EQ(iso_week(20091231), 53);
  EXPECT_EQ(iso_week(19910102), 1);
}

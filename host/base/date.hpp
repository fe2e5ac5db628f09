#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cadre::base {

// A session date is int32 yyyymmdd, a time is int64 nanoseconds since 1970-01-01T00:00:00Z. Years 1678 to
// 2261, so that every date has a time. Functions that take a date expect a real one.

/// "1991-01-02" and nothing else; nullopt for what is not in the calendar and for other years.
std::optional<int32_t> parse_date(std::string_view text);

/// Whether a text that parse_date or parse_time refuses begins with a date of the calendar, of another year.
bool is_beyond_dates(std::string_view text);
/// What is said of it.
inline constexpr std::string_view beyond_dates = " is beyond the dates there are: the years 1678 to 2261";

/// Whether a number is a date that has a time.
bool is_date(int32_t date);

std::string format_date(int32_t date);

/// A date that may be none: 0 says so.
struct OptionalDate {
  int32_t date = 0;
};

int64_t days_since_epoch(int32_t date);
int32_t date_of_days(int64_t days);

/// 21:00:00 UTC, the close that every session is given.
int64_t close_time_ns(int32_t date);

/// "1991-01-02T21:00:00Z", with as many decimals of a second as needed.
std::string format_time(int64_t time_ns);

/// A date (midnight) or a date-time that ends in Z, with up to 9 decimals of a second.
std::optional<int64_t> parse_time(std::string_view text);

/// The UTC date in which a time lies.
int32_t date_of_time(int64_t time_ns);

/// 1 to 53, ISO 8601: the week belongs to the year of its Thursday.
int iso_week(int32_t date);

/// The time now, for people, in whole milliseconds: "2026-11-25T02:04:39.123Z".
std::string now_text();
/// The same as nanoseconds since 1970. Never an input of a decision.
int64_t now_ns();

}  // namespace cadre::base

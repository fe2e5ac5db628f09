#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/time_zone.hpp"

namespace cadre::market {

/// The part of a day that counts, as clocks show it. One that begins behind its end goes over midnight, and
/// belongs to the day it ends in.
struct SessionHours {
  std::int64_t from_ns = 0;  ///< since midnight
  std::int64_t to_ns = 0;    ///< up to a day
};

/// How the bars of some data lie in time.
struct BarTiming {
  std::int64_t period_ns = 0;             ///< 0: nobody said, and there is one bar a day
  bool is_begin = false;                  ///< a time is that of a bar's begin, else of its end
  std::string time_zone{};                ///< of times without an offset; empty: all have one
  std::optional<SessionHours> session{};  ///< none: all bars count
  std::string session_zone{};             ///< whose clocks say date and session; empty: UTC

  static constexpr std::int64_t day_ns = std::int64_t{86'400} * 1'000'000'000;
  /// Whether there may be several bars a session, with times.
  bool is_intraday() const { return period_ns != 0 && period_ns < day_ns; }
  /// How long a session is; a day without hours.
  std::int64_t session_ns() const;
};

/// "1min", "30s", "4h", "1d" in nanoseconds: a second to a day; nothing for any other text.
std::optional<std::int64_t> parse_period(std::string_view text);
std::string format_period(std::int64_t period_ns);
/// "09:30", "16:00:00" or "24:00" in nanoseconds since midnight.
std::optional<std::int64_t> parse_time_of_day(std::string_view text);
std::string format_time_of_day(std::int64_t of_day_ns);

/// A time as it is written.
struct WrittenTime {
  std::int32_t date = 0;       ///< 0: the day stands elsewhere
  std::int64_t of_day_ns = 0;  ///< up to a day
  std::optional<std::int64_t> offset_ns{};
};

/// 2013-10-07T09:31:00-04:00 with T or a blank, with or without seconds, their decimals and the offset (Z,
/// -04:00, -0400, -04); days as parse_day takes them; the time of day alone.
std::optional<WrittenTime> parse_written_time(std::string_view text);

/// Where a bar lies.
struct BarTime {
  std::int32_t date = 0;      ///< of its session
  std::int64_t time_ns = 0;   ///< its end
  bool ends_session = false;  ///< it ends when the hours of the session do
  bool is_in_session = true;
};

/// What is wrong with a time, to follow the time itself.
struct TimeFault {
  const char* code;
  std::string what;
  std::string next_step;
};

/// Reads the times of bars by how they lie in time. One thread at a time.
class BarClock {
 public:
  /// The zones of `timing` exist, or are empty.
  explicit BarClock(const BarTiming& timing);

  const BarTiming& timing() const { return timing_; }
  /// The bar of a time. `date`: what a column beside it says, or 0. Nothing and a fault: BAR_TIME_BAD,
  /// BAR_TIME_NO_ZONE, BAR_TIME_SKIPPED, BAR_TIME_TWICE, BAR_TIME_OFF_GRID, BAR_DATE_DISAGREES.
  std::optional<BarTime> read(std::string_view text, std::int32_t date, TimeFault& fault) const;

 private:
  std::optional<std::int64_t> resolve(const WrittenTime& written, TimeFault& fault) const;
  BarTime place(std::int64_t end_ns) const;
  bool is_on_grid(std::int64_t time_ns) const;
  std::int64_t end_of(std::int64_t time_ns) const;

  BarTiming timing_;
  base::TimeZone written_in_, session_in_;
};

}  // namespace cadre::market

#include "host/market/bar_times.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <utility>

#include "host/base/date.hpp"
#include "host/market/csv.hpp"
#include "host/market/price_checks.hpp"

namespace cadre::market {

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::int64_t minute_ns = 60 * second_ns;
constexpr std::int64_t hour_ns = 60 * minute_ns;
constexpr std::int64_t day_ns = BarTiming::day_ns;

constexpr std::pair<std::string_view, std::int64_t> units[] = {
    {"d", day_ns}, {"h", hour_ns}, {"min", minute_ns}, {"s", second_ns}};

/// A number in exactly two digits.
std::optional<std::int64_t> two_digits(std::string_view text, std::size_t at) {
  if (at + 2 > text.size()) return std::nullopt;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!is_digit(text[at]) || !is_digit(text[at + 1])) return std::nullopt;
  return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

/// The nanoseconds of ".25", up to nine digits.
std::optional<std::int64_t> fraction_of(std::string_view text) {
  if (text.empty()) return 0;
  if (text.size() < 2 || text.size() > 10 || text[0] != '.') return std::nullopt;
  std::int64_t value = 0;
  for (std::size_t i = 1; i < 10; ++i) {
    const char digit = i < text.size() ? text[i] : '0';
    if (digit < '0' || digit > '9') return std::nullopt;
    value = value * 10 + (digit - '0');
  }
  return value;
}

/// Takes the offset off the end of a time. Nothing, and nothing taken: there is none.
std::optional<std::int64_t> take_offset(std::string_view& text) {
  if (text.ends_with('Z') || text.ends_with('z')) {
    text.remove_suffix(1);
    return 0;
  }
  const std::size_t sign = text.find_last_of("+-");
  if (sign == std::string_view::npos) return std::nullopt;
  const std::string_view rest = text.substr(sign + 1);
  const auto hours = two_digits(rest, 0);
  std::optional<std::int64_t> minutes = 0;
  if (rest.size() > 2) minutes = two_digits(rest, rest[2] == ':' ? 3 : 2);
  const std::size_t length = rest.size() <= 2 ? 2 : rest[2] == ':' ? 5 : 4;
  if (!hours || !minutes || rest.size() != length || *hours > 18 || *minutes > 59) return std::nullopt;
  const std::int64_t offset_ns = *hours * hour_ns + *minutes * minute_ns;
  const bool is_west = text[sign] == '-';
  text = text.substr(0, sign);
  return is_west ? -offset_ns : offset_ns;
}

base::TimeZone zone_of(const std::string& name) {
  const auto found = base::TimeZone::find(name.empty() ? "UTC" : name);
  return found ? *found : *base::TimeZone::find("UTC");
}

std::string text_of(const base::LocalTime& local) {
  return base::format_date(local.date) + ' ' + format_time_of_day(local.of_day_ns);
}

}  // namespace

std::int64_t BarTiming::session_ns() const {
  if (!session) return day_ns;
  const std::int64_t length = session->to_ns - session->from_ns;
  return length > 0 ? length : length + day_ns;
}

std::optional<std::int64_t> parse_period(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (failure != std::errc() || count < 1 || count > 86'400) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  for (const auto& [name, unit_ns] : units) {
    if (unit == name && count * unit_ns <= day_ns) return count * unit_ns;
  }
  return std::nullopt;
}

std::string format_period(std::int64_t period_ns) {
  for (const auto& [name, unit_ns] : units) {
    if (period_ns % unit_ns == 0) return std::to_string(period_ns / unit_ns) + std::string(name);
  }
  return std::to_string(period_ns) + "ns";
}

std::optional<std::int64_t> parse_time_of_day(std::string_view text) {
  const bool has_colons = text.size() > 2 && text[2] == ':';
  const std::size_t step = has_colons ? 3 : 2;
  const auto hour = two_digits(text, 0), minute = two_digits(text, step);
  if (!hour || !minute) return std::nullopt;
  std::optional<std::int64_t> second = 0, fraction_ns = 0;
  if (text.size() > step + 2) {
    const std::size_t at = 2 * step;
    if (has_colons && text[step + 2] != ':') return std::nullopt;
    second = two_digits(text, at);
    fraction_ns = text.size() > at + 2 ? fraction_of(text.substr(at + 2)) : 0;
  }
  if (!second || !fraction_ns || *minute > 59 || *second > 59) return std::nullopt;
  const std::int64_t of_day_ns = *hour * hour_ns + *minute * minute_ns + *second * second_ns + *fraction_ns;
  return of_day_ns <= day_ns ? std::optional(of_day_ns) : std::nullopt;
}

std::string format_time_of_day(std::int64_t of_day_ns) {
  std::array<char, 40> text{};
  const auto seconds = static_cast<int>(of_day_ns / second_ns);
  std::snprintf(text.data(), text.size(), "%02d:%02d", seconds / 3600, seconds / 60 % 60);
  std::string shown = text.data();
  if (of_day_ns % minute_ns == 0) return shown;
  std::snprintf(text.data(), text.size(), ":%02d", seconds % 60);
  shown += text.data();
  if (of_day_ns % second_ns == 0) return shown;
  std::snprintf(text.data(), text.size(), ".%09d", static_cast<int>(of_day_ns % second_ns));
  return shown + text.data();
}

std::optional<WrittenTime> parse_written_time(std::string_view text) {
  text = trimmed(text);
  WrittenTime written;
  const std::size_t blank = text.find_first_of("Tt ");
  if (blank != std::string_view::npos) {
    const auto day = parse_day(text.substr(0, blank));
    if (!day) return std::nullopt;
    written.date = *day;
    text.remove_prefix(blank + 1);
  }
  written.offset_ns = take_offset(text);
  const auto of_day_ns = parse_time_of_day(trimmed(text));
  if (!of_day_ns) return std::nullopt;
  written.of_day_ns = *of_day_ns;
  return written;
}

BarClock::BarClock(const BarTiming& timing)
    : timing_(timing), written_in_(zone_of(timing.time_zone)), session_in_(zone_of(timing.session_zone)) {}

std::optional<std::int64_t> BarClock::resolve(const WrittenTime& written, TimeFault& fault) const {
  const std::int64_t midnight_ns = base::days_since_epoch(written.date) * day_ns;
  if (written.offset_ns) return midnight_ns + written.of_day_ns - *written.offset_ns;
  if (timing_.time_zone.empty()) {
    fault = {"BAR_TIME_NO_ZONE",
             " has no offset, and data.prices.time_zone does not say whose clocks it is from",
             R"(say it, as in "time_zone": "America/New_York", or write the offset: 09:31:00-04:00)"};
    return std::nullopt;
  }
  using Kind = base::TimeZone::Moment::Kind;
  const bool ends_day = written.of_day_ns == day_ns;
  const base::LocalTime local{
      ends_day ? base::date_of_days(base::days_since_epoch(written.date) + 1) : written.date,
      ends_day ? 0 : written.of_day_ns};
  const base::TimeZone::Moment moment = written_in_.moment(local);
  if (moment.kind == Kind::once) return moment.time_ns;
  const bool is_never = moment.kind == Kind::never;
  fault = {
      is_never ? "BAR_TIME_SKIPPED" : "BAR_TIME_TWICE",
      ": no clock in " + timing_.time_zone + " shows " + text_of(local) + ", they are put forward over it",
      "write the offset, as in 02:30:00-05:00, or leave the bar out"};
  if (!is_never)
    fault.what = ": clocks in " + timing_.time_zone + " show " + text_of(local) +
                 " twice, they are put back on that day";
  return std::nullopt;
}

std::int64_t BarClock::end_of(std::int64_t time_ns) const {
  if (!timing_.is_begin) return time_ns;
  const std::int64_t end_ns = time_ns + (timing_.period_ns != 0 ? timing_.period_ns : day_ns);
  if (!timing_.session) return end_ns;
  // The last bar of a session may be shorter than the others.
  const std::int64_t begins_ns = session_in_.local(time_ns).of_day_ns;
  std::int64_t left_ns = timing_.session->to_ns - begins_ns;
  if (left_ns <= 0) left_ns += day_ns;
  return std::min(end_ns, time_ns + left_ns);
}

BarTime BarClock::place(std::int64_t end_ns) const {
  // The last moment of a bar is what says its day: one that ends at midnight is of the day before.
  base::LocalTime last = session_in_.local(end_ns - 1);
  const std::int64_t end_of_day_ns = last.of_day_ns + 1;
  BarTime time{last.date, end_ns, false, true};
  if (!timing_.session) return time;
  const auto [from_ns, to_ns] = *timing_.session;
  const bool is_after_from = end_of_day_ns > from_ns, is_before_to = end_of_day_ns <= to_ns;
  const bool goes_over_midnight = from_ns >= to_ns;
  time.is_in_session = goes_over_midnight ? is_after_from || is_before_to : is_after_from && is_before_to;
  time.ends_session = end_of_day_ns == to_ns;
  if (goes_over_midnight && is_after_from)
    time.date = base::date_of_days(base::days_since_epoch(last.date) + 1);
  return time;
}

bool BarClock::is_on_grid(std::int64_t time_ns) const {
  if (!timing_.is_intraday()) return true;
  const std::int64_t of_day_ns = session_in_.local(time_ns - 1).of_day_ns + 1;
  const std::int64_t first_ns = timing_.session ? timing_.session->from_ns : 0;
  const std::int64_t since_ns = of_day_ns - first_ns;
  return since_ns % timing_.period_ns == 0 || (timing_.session && of_day_ns == timing_.session->to_ns);
}

std::optional<BarTime> BarClock::read(std::string_view text, std::int32_t date, TimeFault& fault) const {
  if (!timing_.is_intraday()) {
    if (const auto day = parse_day(text)) return BarTime{*day, base::close_time_ns(*day), false, true};
  }
  auto written = parse_written_time(text);
  if (!written || (written->date == 0 && date == 0)) {
    const bool is_clock = written && written->date == 0;
    fault = {"BAR_TIME_BAD",
             is_clock ? " has no day, and there is no date beside it"
                      : " is no time, expected 2013-10-07T09:31:00-04:00",
             is_clock ? "write the day into it, or add a column date" : ""};
    return std::nullopt;
  }
  const bool says_day = written->date != 0;
  if (!says_day) written->date = date;
  const auto time_ns = resolve(*written, fault);
  if (!time_ns) return std::nullopt;
  const std::int64_t end_ns = end_of(*time_ns);
  const BarTime time = place(end_ns);
  if (time.is_in_session && !is_on_grid(timing_.is_begin ? *time_ns : end_ns)) {
    fault = {"BAR_TIME_OFF_GRID",
             " is off the grid of bars of " + format_period(timing_.period_ns) + ", counted from " +
                 format_time_of_day(timing_.session ? timing_.session->from_ns : 0) + " of each day",
             timing_.session ? "is data.prices.period right, or the time?"
                             : "is data.prices.period right? Where the first bar of a session begins at "
                               "another time, data.prices.session says so"};
    return std::nullopt;
  }
  if (says_day && date != 0 && date != time.date) {
    fault = {"BAR_DATE_DISAGREES",
             " is of the session of " + base::format_date(time.date) + ", and the date beside it is " +
                 base::format_date(date),
             "correct one of them, or leave the column date out"};
    return std::nullopt;
  }
  return time;
}

}  // namespace cadre::market

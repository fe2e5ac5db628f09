#include "host/base/date.hpp"

#include <array>
#include <chrono>
#include <cstdio>

#include "host/base/invariant.hpp"

namespace cadre::base {
namespace {

namespace ch = std::chrono;

constexpr int64_t kSecond_ns = 1'000'000'000;
constexpr int64_t kDay_ns = 86'400 * kSecond_ns;

ch::year_month_day calendar_of(int32_t date) {
  return ch::year{date / 10000} / ch::month{static_cast<unsigned>(date / 100 % 100)} /
         ch::day{static_cast<unsigned>(date % 100)};
}

int32_t date_of(ch::year_month_day calendar) {
  return static_cast<int>(calendar.year()) * 10000 +
         static_cast<int32_t>(static_cast<unsigned>(calendar.month()) * 100 +
                              static_cast<unsigned>(calendar.day()));
}

// The number in exactly these characters, or nothing.
std::optional<int32_t> digits_at(std::string_view text, size_t at, size_t count) {
  if (at + count > text.size()) return std::nullopt;
  int32_t number = 0;
  for (size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    number = number * 10 + (text[i] - '0');
  }
  return number;
}

// A date of the calendar.
std::optional<int32_t> parse_any_year(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = digits_at(text, 0, 4), month = digits_at(text, 5, 2), day = digits_at(text, 8, 2);
  if (!year || !month || !day) return std::nullopt;
  const int32_t date = *year * 10000 + *month * 100 + *day;
  if (!calendar_of(date).ok()) return std::nullopt;
  return date;
}

// Whether its nanoseconds since 1970 fit.
bool has_time(int32_t date) {
  return date >= 16780101 && date <= 22611231;
}

int64_t floor_divide(int64_t value, int64_t by) {
  return value / by - (value % by < 0 ? 1 : 0);
}

// Nanoseconds of ".5" and the like; nothing when the form is wrong.
std::optional<int64_t> parse_fraction(std::string_view text) {
  if (text.empty()) return 0;
  if (text[0] != '.' || text.size() < 2 || text.size() > 10) return std::nullopt;
  const auto number = digits_at(text, 1, text.size() - 1);
  if (!number) return std::nullopt;
  int64_t fraction_ns = *number;
  for (size_t i = text.size(); i < 10; ++i)
    fraction_ns *= 10;
  return fraction_ns;
}

}  // namespace

std::optional<int32_t> parse_date(std::string_view text) {
  const auto date = parse_any_year(text);
  return date && has_time(*date) ? date : std::nullopt;
}

bool is_beyond_dates(std::string_view text) {
  const auto date = parse_any_year(text.substr(0, 10));
  return date && !has_time(*date);
}

bool is_date(int32_t date) {
  return has_time(date) && calendar_of(date).ok();
}

std::string format_date(int32_t date) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02d", date / 10000, date / 100 % 100, date % 100);
  return text.data();
}

int64_t days_since_epoch(int32_t date) {
  CADRE_INVARIANT(calendar_of(date).ok(), "date.is_real", "functions that take a date get a real one");
  return ch::sys_days{calendar_of(date)}.time_since_epoch().count();
}

int32_t date_of_days(int64_t days) {
  return date_of(ch::year_month_day{ch::sys_days{ch::days{days}}});
}

int64_t close_time_ns(int32_t date) {
  return days_since_epoch(date) * kDay_ns + int64_t{21} * 3600 * kSecond_ns;
}

std::string format_time(int64_t time_ns) {
  const int64_t days = floor_divide(time_ns, kDay_ns);
  const int64_t within_ns = time_ns - days * kDay_ns;
  const auto second_of_day = static_cast<int>(within_ns / kSecond_ns);
  std::array<char, 40> clock{};
  std::snprintf(clock.data(), clock.size(), "T%02d:%02d:%02d", second_of_day / 3600, second_of_day / 60 % 60,
                second_of_day % 60);
  std::string text = format_date(date_of_days(days)) + clock.data();
  if (const int64_t fraction_ns = within_ns % kSecond_ns; fraction_ns != 0) {
    std::string decimals = std::to_string(fraction_ns);
    decimals.insert(0, 9 - decimals.size(), '0');
    while (decimals.back() == '0')
      decimals.pop_back();
    text += "." + decimals;
  }
  return text + "Z";
}

std::optional<int64_t> parse_time(std::string_view text) {
  const auto date = parse_date(text.substr(0, 10));
  if (!date) return std::nullopt;
  const int64_t midnight_ns = days_since_epoch(*date) * kDay_ns;
  if (text.size() == 10) return midnight_ns;
  if (text.size() < 20 || text[10] != 'T' || text[13] != ':' || text[16] != ':' || text.back() != 'Z') {
    return std::nullopt;
  }
  const auto hour = digits_at(text, 11, 2), minute = digits_at(text, 14, 2), second = digits_at(text, 17, 2);
  const auto fraction_ns = parse_fraction(text.substr(19, text.size() - 20));
  if (!hour || !minute || !second || !fraction_ns) return std::nullopt;
  if (*hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  return midnight_ns + (*hour * 3600 + *minute * 60 + *second) * kSecond_ns + *fraction_ns;
}

int32_t date_of_time(int64_t time_ns) {
  return date_of_days(floor_divide(time_ns, kDay_ns));
}

int iso_week(int32_t date) {
  const int64_t days = days_since_epoch(date);
  const int64_t weekday = static_cast<int64_t>(ch::weekday{ch::sys_days{ch::days{days}}}.iso_encoding());
  const int64_t thursday = days + 4 - weekday;
  const int64_t first_of_year = days_since_epoch(date_of_days(thursday) / 10000 * 10000 + 101);
  return static_cast<int>((thursday - first_of_year) / 7) + 1;
}

int64_t now_ns() {
  return std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string now_text() {
  constexpr int64_t millisecond = 1'000'000;
  return format_time(now_ns() / millisecond * millisecond);
}

}  // namespace cadre::base

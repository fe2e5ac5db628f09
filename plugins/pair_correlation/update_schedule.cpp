#include "update_schedule.hpp"

namespace cadre::pair_correlation {

namespace {

// Days since 1970-01-01 in the proleptic Gregorian calendar (Hinnant, "chrono-Compatible Low-Level Date
// Algorithms").
std::int64_t days_since_epoch(std::int32_t date) {
  const std::int64_t month = date / 100 % 100;
  const std::int64_t day = date % 100;
  const std::int64_t year = date / 10000 - (month <= 2 ? 1 : 0);
  const std::int64_t era = year / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

}  // namespace

std::int64_t monday_of(std::int32_t date) {
  const std::int64_t days = days_since_epoch(date);
  // 1970-01-01 was a Thursday.
  const std::int64_t weekday = ((days + 3) % 7 + 7) % 7;
  return days - weekday;
}

bool begins_period(std::int32_t previous, std::int32_t date, Frequency frequency) {
  if (previous == 0 || frequency == Frequency::daily) return true;
  if (frequency == Frequency::monthly) return previous / 100 != date / 100;
  return monday_of(previous) != monday_of(date);
}

}  // namespace cadre::pair_correlation

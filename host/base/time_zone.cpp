#include "host/base/time_zone.hpp"

#include <date/tz.h>

#include <chrono>
#include <exception>

#include "host/base/date.hpp"

namespace cadre::base {

namespace {

constexpr int64_t kSecond_ns = 1'000'000'000;
constexpr int64_t kDay_s = 86'400;

int64_t floor_divide(int64_t value, int64_t by) {
  return value / by - (value % by < 0 ? 1 : 0);
}

}  // namespace

std::optional<TimeZone> TimeZone::find(std::string_view name) {
  if (name == "UTC") return TimeZone(nullptr);  // needs no database
  try {
    return TimeZone(date::locate_zone(name));
  } catch (const std::exception&) {
    return std::nullopt;  // no zone of that name, or no database at all
  }
}

LocalTime TimeZone::local(int64_t time_ns) const {
  const int64_t second = floor_divide(time_ns, kSecond_ns);
  if (zone_ != nullptr && (second < from_s_ || second >= to_s_)) {
    const date::sys_info info = zone_->get_info(date::sys_seconds(std::chrono::seconds(second)));
    from_s_ = info.begin.time_since_epoch().count();
    to_s_ = info.end.time_since_epoch().count();
    offset_s_ = info.offset.count();
  }
  const int64_t shown_s = second + offset_s_;
  const int64_t days = floor_divide(shown_s, kDay_s);
  return {date_of_days(days), (shown_s - days * kDay_s) * kSecond_ns + (time_ns - second * kSecond_ns)};
}

TimeZone::Moment TimeZone::moment(LocalTime local) const {
  const int64_t second = local.of_day_ns / kSecond_ns;
  const int64_t fraction_ns = local.of_day_ns % kSecond_ns;
  const int64_t shown_s = days_since_epoch(local.date) * kDay_s + second;
  if (zone_ == nullptr) return {Moment::Kind::once, shown_s * kSecond_ns + fraction_ns};
  const date::local_info info = zone_->get_info(date::local_seconds(std::chrono::seconds(shown_s)));
  if (info.result == date::local_info::nonexistent)
    return {Moment::Kind::never, info.first.end.time_since_epoch().count() * kSecond_ns};
  return {info.result == date::local_info::ambiguous ? Moment::Kind::twice : Moment::Kind::once,
          (shown_s - info.first.offset.count()) * kSecond_ns + fraction_ns};
}

}  // namespace cadre::base

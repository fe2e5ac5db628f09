#include "host/config/bar_keys.hpp"

#include <boost/json.hpp>
#include <cmath>
#include <string>

#include "host/base/json.hpp"
#include "host/base/text.hpp"
#include "host/base/time_zone.hpp"

namespace cadre::config {

namespace {

constexpr double usual_sessions_per_year = 252;

void check_zone(KeyReader& reader, const std::string& pointer, const std::string& name) {
  if (name.empty() || base::TimeZone::find(name)) return;
  reader.error(
      "TIME_ZONE_UNKNOWN", pointer, base::quote(name) + " is no time zone of the system's database",
      "zones have names such as America/New_York, Europe/London and UTC; `timedatectl list-timezones` "
      "lists them");
}

std::int64_t time_of_day(KeyReader& reader, const std::string& pointer, const std::string& text) {
  const auto of_day_ns = market::parse_time_of_day(text);
  if (!of_day_ns)
    reader.error("CONFIG_BAD_TIME", pointer, base::quote(text) + " is no time of day",
                 "write it as 09:30, up to 24:00");
  return of_day_ns.value_or(0);
}

std::string prices_at(std::string_view key) {
  std::string pointer = "/data/prices/";
  return pointer.append(key);
}

std::optional<market::SessionHours> read_session(KeyReader& reader, const SessionKeys& keys) {
  const market::SessionHours hours{time_of_day(reader, prices_at("session/from"), keys.from),
                                   time_of_day(reader, prices_at("session/to"), keys.to)};
  check_zone(reader, prices_at("session/time_zone"), keys.time_zone);
  if (hours.from_ns == hours.to_ns)
    reader.error("CONFIG_CONTRADICTION", prices_at("session"), "the session ends when it begins",
                 "leave it out where all bars count");
  return hours;
}

/// Bars of a session that is so long, the last one may be shorter.
double bars_per_session(const market::BarTiming& timing) {
  return std::ceil(static_cast<double>(timing.session_ns()) / static_cast<double>(timing.period_ns));
}

/// The parts of the timing that say how many bars there are in a session; none where the text is no use.
market::BarTiming written_timing(const boost::json::value& root) {
  market::BarTiming timing;
  const auto text_at = [&](const char* pointer) {
    const boost::json::value* found = base::find(root, pointer);
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
  };
  timing.period_ns = market::parse_period(text_at("/data/prices/period")).value_or(0);
  const auto from_ns = market::parse_time_of_day(text_at("/data/prices/session/from"));
  const auto to_ns = market::parse_time_of_day(text_at("/data/prices/session/to"));
  if (from_ns && to_ns) timing.session = {*from_ns, *to_ns};
  return timing;
}

}  // namespace

market::BarTiming read_bar_timing(KeyReader& reader, const PricesConfig& prices) {
  market::BarTiming timing;
  if (!prices.period.empty()) {
    const auto period_ns = market::parse_period(prices.period);
    if (!period_ns)
      reader.error("CONFIG_OUT_OF_RANGE", prices_at("period"),
                   base::quote(prices.period) + " is no period of bars",
                   "it is from 1s to 1d, as in 30s, 1min, 1h");
    timing.period_ns = period_ns.value_or(0);
  }
  timing.is_begin = prices.time_is == TimeIs::begin;
  timing.time_zone = timing.session_zone = prices.time_zone;
  check_zone(reader, prices_at("time_zone"), prices.time_zone);
  if (prices.session) {
    timing.session = read_session(reader, *prices.session);
    if (!prices.session->time_zone.empty()) timing.session_zone = prices.session->time_zone;
  }
  if (prices.bar_grace_seconds && prices.missing == "refuse")
    reader.error("CONFIG_CONTRADICTION", prices_at("bar_grace_seconds"),
                 "a bar that lacks an instrument is never complete: missing is refuse",
                 R"(say "missing": "carry" or "leave", or leave this out)");
  if (!prices.period.empty()) return timing;
  for (const char* key : {"time_is", "time_zone", "session"}) {
    if (reader.has(prices_at(key)))
      reader.error("CONFIG_CONTRADICTION", prices_at(key), "bars of days have no times: there is no period",
                   R"(say how long a bar is, as in "period": "1min", or leave this out)");
  }
  return timing;
}

void fill_periods_per_year(const boost::json::value& written, boost::json::value& filled) {
  const market::BarTiming timing = written_timing(written);
  if (!timing.is_intraday() || !timing.session) return;
  if (base::find(written, "/data/periods_per_year") != nullptr) return;
  const boost::json::value* sessions = base::find(written, "/data/sessions_per_year");
  const double sessions_a_year =
      sessions != nullptr ? sessions->to_number<double>() : usual_sessions_per_year;
  const double bars = bars_per_session(timing) * sessions_a_year;
  filled.as_object()["data"].as_object()["periods_per_year"] =
      bars == std::floor(bars) ? boost::json::value(static_cast<std::int64_t>(bars))
                               : boost::json::value(bars);
}

void check_periods_per_year(const base::JsonDocument& written, base::Problems& problems) {
  const market::BarTiming timing = written_timing(written.root());
  if (!timing.is_intraday() || timing.session) return;
  if (base::find(written.root(), "/data/periods_per_year") != nullptr) return;
  problems.error(
      "BAR_PERIODS_PER_YEAR", written.place("/data/prices/period"),
      "nothing says how many bars of " + market::format_period(timing.period_ns) + " there are a year",
      "set /data/periods_per_year, or /data/prices/session, from which it follows");
}

double sessions_per_year(const DataConfig& data) {
  if (data.sessions_per_year) return *data.sessions_per_year;
  return data.timing.is_intraday() ? usual_sessions_per_year : data.periods_per_year;
}

}  // namespace cadre::config

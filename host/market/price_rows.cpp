#include "host/market/price_rows.hpp"

#include <algorithm>

#include "host/base/date.hpp"
#include "host/base/json.hpp"
#include "host/market/price_checks.hpp"

namespace cadre::market {

std::optional<std::int32_t> RowTimes::read_date(std::uint32_t line, const CsvField& field) {
  const auto date = parse_day(field.text);
  if (date) return date;
  const bool is_beyond = base::is_beyond_dates(trimmed(field.text));
  const bool is_time = parse_written_time(field.text).has_value();
  problems_.error("PRICE_BAD_DATE", place(line, field),
                  base::quote(field.text) +
                      std::string(is_beyond ? base::beyond_dates : " is no date, expected 1991-01-02"),
                  is_time ? R"(bars with times have a period: "period": "1min", or what they are of)"
                  : field.text.find('/') != std::string_view::npos ? "which number is the month is not known"
                                                                   : "");
  return std::nullopt;
}

std::optional<BarTime> RowTimes::read(std::uint32_t line, const CsvField* date, const CsvField* time) {
  std::optional<std::int32_t> day;
  if (date != nullptr && !(day = read_date(line, *date))) return std::nullopt;
  if (!has_times_ || time == nullptr)
    return day ? std::optional(BarTime{*day, base::close_time_ns(*day), false, true}) : std::nullopt;
  TimeFault fault{};
  const auto when = clock_.read(time->text, day.value_or(0), fault);
  if (!when)
    problems_.error(fault.code, place(line, *time), base::quote(time->text) + fault.what, fault.next_step);
  return when;
}

bool RowTimes::follows(const BarTime& when, std::int64_t last_ns, const std::string& instrument,
                       std::uint32_t line, const CsvField& at) {
  if (last_ns == 0 || when.time_ns > last_ns) return true;
  const std::string of = instrument.empty() ? "" : " of " + instrument;
  const auto shown = [&](std::int64_t time_ns) {
    return has_times_ ? base::format_time(time_ns) : base::format_date(base::date_of_time(time_ns));
  };
  const std::string what = std::string(has_times_ ? "the time " : "the date ") + shown(when.time_ns) + of;
  if (when.time_ns == last_ns)
    problems_.error(has_times_ ? "PRICE_TIME_REPEATED" : "PRICE_DATE_REPEATED", place(line, at),
                    what + " stands here again");
  else
    problems_.error(has_times_ ? "PRICE_TIME_ORDER" : "PRICE_DATE_ORDER", place(line, at),
                    what + " follows " + shown(last_ns),
                    has_times_ ? "sort the rows by time" : "sort the rows by date");
  return false;
}

bool RowTimes::counts(const BarTime& when) {
  ++rows_;
  if (!when.is_in_session) ++outside_;
  return when.is_in_session;
}

void RowTimes::tell_outside() {
  if (outside_ == 0) return;
  const BarTiming& timing = clock_.timing();
  problems_.warning(
      "PRICE_OUTSIDE_SESSION", {.file = file_},
      std::to_string(outside_) + " of " + std::to_string(rows_) + " rows lie outside of the session from " +
          format_time_of_day(timing.session->from_ns) + " to " + format_time_of_day(timing.session->to_ns) +
          " (" + (timing.session_zone.empty() ? "UTC" : timing.session_zone) + ") and are left out");
}

void append_row(PriceHistory& history, const BarTime& when, bool has_times) {
  history.dates.push_back(when.date);
  if (!has_times) return;
  history.times_ns.push_back(when.time_ns);
  history.ends_session.push_back(when.ends_session ? 1 : 0);
}

void place_rows(const std::vector<PriceRow>& rows, const std::vector<std::size_t>& slots,
                const BarColumns& columns, PriceHistory& history) {
  const bool has_times = columns.time != no_column;
  std::vector<const PriceRow*> by_time;
  by_time.reserve(rows.size());
  for (const PriceRow& row : rows)
    by_time.push_back(&row);
  std::stable_sort(by_time.begin(), by_time.end(), [](const PriceRow* one, const PriceRow* other) {
    return one->when.time_ns < other->when.time_ns;
  });
  std::size_t bars = 0;
  for (std::size_t i = 0; i < by_time.size(); ++i) {
    if (i != 0 && by_time[i]->when.time_ns == by_time[i - 1]->when.time_ns) continue;
    append_row(history, by_time[i]->when, has_times);
    ++bars;
  }
  const std::size_t cells = bars * history.columns();
  const auto make = [&](bool is_there, auto&... matrices) {
    if (is_there) (matrices.assign(cells, 0), ...);
  };
  make(true, history.close_e9, history.valid);
  make(!columns.closes_only(), history.open_e9, history.high_e9, history.low_e9);
  make(columns.volume != no_column, history.volume);
  make(columns.has_quotes(), history.bid_e9, history.ask_e9);
  make(columns.has_opening_quotes(), history.opening_bid_e9, history.opening_ask_e9);
  std::size_t bar = 0;
  for (std::size_t i = 0; i < by_time.size(); ++i) {
    const PriceRow& row = *by_time[i];
    if (i != 0 && row.when.time_ns != by_time[i - 1]->when.time_ns) ++bar;
    const std::size_t at = bar * history.columns() + slots[row.symbol];
    const auto put = [&](auto& matrix, auto value) {
      if (!matrix.empty()) matrix[at] = value;
    };
    put(history.bid_e9, row.bid_e9);
    put(history.ask_e9, row.ask_e9);
    put(history.opening_bid_e9, row.opening_bid_e9);
    put(history.opening_ask_e9, row.opening_ask_e9);
    if (row.close_e9 == 0) continue;
    put(history.close_e9, row.close_e9);
    put(history.open_e9, row.open_e9);
    put(history.high_e9, row.high_e9);
    put(history.low_e9, row.low_e9);
    put(history.valid, std::uint8_t{1});
    put(history.volume, row.volume);
  }
}

}  // namespace cadre::market

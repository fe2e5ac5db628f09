#include "host/experiment/series.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>

#include "host/base/capped_problems.hpp"
#include "host/base/date.hpp"
#include "host/base/file.hpp"
#include "host/base/json.hpp"
#include "host/base/text.hpp"
#include "host/market/csv.hpp"

namespace cadre::experiment {
namespace {

using base::CappedProblems;
using market::CsvField;

constexpr const char* expected_header = "expected date,equity or date,return";

struct Columns {
  size_t date = 0;
  size_t value = 0;
};

std::optional<Columns> find_columns(const std::vector<CsvField>& header, Series& series,
                                    CappedProblems& problems) {
  const base::Place place{.file = series.name, .line = 1, .column = 1};
  const auto date = market::find_column(header, "date");
  const auto equity = market::find_column(header, "equity");
  const auto returns = market::find_column(header, "return");
  if (!date) problems.error("CSV_HEADER", place, "the column \"date\" is missing", expected_header);
  if (!equity && !returns)
    problems.error("CSV_HEADER", place, "neither a column \"equity\" nor a column \"return\"",
                   expected_header);
  if (equity && returns)
    problems.error("CSV_HEADER",
                   {.file = series.name, .line = 1, .column = header[std::max(*equity, *returns)].column},
                   "both \"equity\" and \"return\": only one can be compared", "keep one of the two columns");
  if (problems.has_errors()) return std::nullopt;
  series.kind = equity ? SeriesKind::equity : SeriesKind::returns;
  return Columns{*date, equity ? *equity : *returns};
}

std::optional<int32_t> read_date(const CsvField& field, const base::Place& place, CappedProblems& problems) {
  const auto date = base::parse_date(market::trimmed(field.text));
  if (!date)
    problems.error("SERIES_BAD_DATE", place,
                   base::quote(field.text) + std::string(base::is_beyond_dates(market::trimmed(field.text))
                                                             ? base::beyond_dates
                                                             : " is no date, expected one like 1991-01-02"));
  return date;
}

std::optional<double> read_value(const CsvField& field, SeriesKind kind, const base::Place& place,
                                 CappedProblems& problems) {
  const char* name = kind == SeriesKind::equity ? "equity " : "return ";
  std::string_view text = market::trimmed(field.text);
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  double value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size()) {
    problems.error("SERIES_BAD_VALUE", place, name + base::quote(field.text) + " is no number");
  } else if (!std::isfinite(value)) {
    problems.error("SERIES_OUT_OF_RANGE", place, name + base::quote(field.text) + " is not finite");
  } else if (kind == SeriesKind::equity && !(value > 0)) {
    problems.error("SERIES_OUT_OF_RANGE", place,
                   name + base::quote(field.text) + " is not above zero: nothing has a return from there on");
  } else if (kind == SeriesKind::returns && value <= -1) {
    problems.error("SERIES_OUT_OF_RANGE", place,
                   name + base::quote(field.text) + " is -1 or below: nobody loses more than all",
                   "returns are shares, 0.01 for one per cent: is the column in per cent?");
  } else {
    return value;
  }
  return std::nullopt;
}

/// Returns of a period whose middle one is a tenth are those of nobody, but for a column in per cent.
void warn_of_percent(const Series& series, CappedProblems& problems) {
  constexpr double wide = 0.1;
  constexpr std::size_t fewest = 5;
  if (series.kind != SeriesKind::returns || series.values.size() < fewest) return;
  std::vector<double> sizes;
  for (const double value : series.values)
    sizes.push_back(std::fabs(value));
  const auto middle = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2);
  std::nth_element(sizes.begin(), middle, sizes.end());
  if (*middle < wide) return;
  problems.warning("SERIES_LOOKS_LIKE_PERCENT", {.file = series.name},
                   "half of the returns are beyond " + base::format_double(*middle) + ", which is " +
                       base::format_double(std::round(*middle * 1000) / 10) + " % a period",
                   "returns are shares, 0.01 for one per cent: is the column in per cent?");
}

void read_rows(market::CsvRows& rows, const Columns& columns, Series& series, CappedProblems& problems) {
  const size_t width = rows.fields().size();
  const bool has_times = series.kind == SeriesKind::equity && market::find_column(rows.fields(), "time");
  int32_t last = 0;
  while (rows.next()) {
    const auto& fields = rows.fields();
    if (fields.size() != width) {
      problems.error("CSV_RAGGED_ROW", {.file = series.name, .line = rows.line()},
                     "the row has " + std::to_string(fields.size()) + " fields, the header has " +
                         std::to_string(width));
      continue;
    }
    const auto place = [&](size_t column) {
      return base::Place{.file = series.name, .line = rows.line(), .column = fields[column].column};
    };
    const auto date = read_date(fields[columns.date], place(columns.date), problems);
    const auto value = read_value(fields[columns.value], series.kind, place(columns.value), problems);
    if (date && (*date < last || (*date == last && !has_times))) {
      problems.error("SERIES_DATE_ORDER", place(columns.date),
                     "the date " + base::format_date(*date) + " follows " + base::format_date(last),
                     "one row a date, the oldest first");
    }
    if (date) last = std::max(last, *date);
    if (!date || !value) continue;
    note(series, *date, *value);
    series.lines.resize(series.dates.size());
    series.lines.back() = rows.line();
  }
}

}  // namespace

void note(Series& series, int32_t date, double value) {
  if (series.dates.empty() || series.dates.back() != date) {
    series.dates.push_back(date);
    series.values.push_back(value);
  } else {
    series.values.back() = value;
  }
}

base::Result<Series> read_series(const std::filesystem::path& path) {
  Series series;
  series.name = path.string();
  const auto text = base::read_file(path);
  base::Problems unreadable = text.problems();
  if (text) unreadable.append(market::check_text(series.name, *text));
  if (unreadable.has_errors()) return unreadable;

  CappedProblems problems(series.name);
  market::CsvRows rows(*text);
  rows.next();
  if (const auto columns = find_columns(rows.fields(), series, problems))
    read_rows(rows, *columns, series, problems);
  warn_of_percent(series, problems);
  if (problems.has_errors()) return problems.take();
  return {std::move(series), problems.take()};
}

}  // namespace cadre::experiment

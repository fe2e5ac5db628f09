#include "volume_curve.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "cadre/cpp/config.hpp"

namespace cadre::execution_rules {

namespace {

constexpr std::int64_t one_second = 1'000'000'000;

[[noreturn]] void refuse(std::size_t line, const std::string& what) {
  throw sdk::Refusal("/volume_curve_file: line " + std::to_string(line) + ": " + what);
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// Cuts off what stands before the next separator.
std::string_view next_of(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view part = trimmed(text.substr(0, end));
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

template <class Number>
bool read_number(std::string_view text, Number& value) {
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  return read.ec == std::errc() && read.ptr == end;
}

/// HH:MM or HH:MM:SS, as nanoseconds of the day; -1: it is neither.
std::int64_t time_of_day(std::string_view text) {
  constexpr std::int64_t most[] = {24, 59, 59};
  std::int64_t units[] = {0, 0, 0};
  std::size_t count = 0;
  while (!text.empty() && count < 3) {
    const std::string_view digits = next_of(text, ':');
    if (digits.size() != 2 || !read_number(digits, units[count]) || units[count] < 0 ||
        units[count] > most[count])
      return -1;
    ++count;
  }
  if (count < 2 || !text.empty()) return -1;
  return ((units[0] * 60 + units[1]) * 60 + units[2]) * one_second;
}

}  // namespace

VolumeCurve VolumeCurve::of(const Volumes& volumes) {
  VolumeCurve curve;
  const std::size_t n = volumes.instruments, times = volumes.offsets.size();
  std::vector<double> total(n, 0), mean(times, 0);
  for (std::size_t t = 0; t < times; ++t) {
    for (std::size_t i = 0; i < n; ++i)
      total[i] += volumes.at(t, i);
  }
  const auto known = std::count_if(total.begin(), total.end(), [](double sum) { return sum > 0; });
  if (known == 0) return curve;
  curve.shares_ = volumes;
  for (std::size_t t = 0; t < times; ++t) {
    for (std::size_t i = 0; i < n; ++i) {
      if (total[i] > 0) mean[t] += volumes.at(t, i) / total[i] / static_cast<double>(known);
    }
    for (std::size_t i = 0; i < n; ++i)
      curve.shares_.units[t * n + i] = total[i] > 0 ? volumes.at(t, i) / total[i] : mean[t];
  }
  return curve;
}

std::int64_t VolumeCurve::smallest_distance() const {
  std::int64_t smallest = INT64_MAX;
  for (std::size_t t = 1; t < times(); ++t)
    smallest = std::min(smallest, shares_.offsets[t] - shares_.offsets[t - 1]);
  return smallest;
}

double VolumeCurve::volume_of_period(std::size_t i, std::int64_t now_ns, std::int64_t k,
                                     std::int64_t interval_ns, std::int64_t bar_ns) const {
  const auto next = static_cast<std::size_t>(
      std::upper_bound(shares_.offsets.begin(), shares_.offsets.end(), now_ns) - shares_.offsets.begin());
  const std::int64_t bar = bar_ns > 0 ? bar_ns : smallest_distance();
  const std::int64_t interval = std::max(interval_ns, bar);  // one part of an order goes with a bar
  // Bars whose begin lies in the period: bar j from now on begins j bars later.
  const auto first_bar = [&](std::int64_t period) {
    return (period * (interval / bar)) + (period * (interval % bar) + bar - 1) / bar;
  };
  double sum = 0;
  for (std::int64_t j = first_bar(k); j < first_bar(k + 1); ++j)
    sum += share((next + static_cast<std::size_t>(j)) % times(), i);
  return sum;
}

CurveFile CurveFile::parse(std::string_view text) {
  CurveFile file;
  std::vector<std::string_view> columns;
  for (std::size_t line = 1; !text.empty(); ++line) {
    std::string_view rest = next_of(text, '\n');
    if (rest.empty() || rest.front() == '#') continue;
    if (columns.empty()) {
      while (!rest.empty())
        columns.push_back(next_of(rest, ','));
      for (const char* needed : {"time", "share"}) {
        if (std::find(columns.begin(), columns.end(), needed) == columns.end())
          refuse(line, std::string("there is no column ") + needed + ": name the columns time, share and, " +
                           "where each instrument has its own, instrument");
      }
      continue;
    }
    Row row;
    std::size_t fields = 0;
    for (; !rest.empty(); ++fields) {
      const std::string_view field = next_of(rest, ',');
      const std::string_view column = fields < columns.size() ? columns[fields] : std::string_view();
      if (column == "instrument") row.instrument = field;
      if (column == "time" && (row.time_ns = time_of_day(field)) < 0)
        refuse(line, "'" + std::string(field) + "' is no time of day: write 09:35");
      if (column == "share" && (!read_number(field, row.share) || !std::isfinite(row.share) || row.share < 0))
        refuse(line, "'" + std::string(field) + "' is no share: write a number that is not below 0");
    }
    if (fields != columns.size())
      refuse(line, "it has " + std::to_string(fields) + " fields, the first line has " +
                       std::to_string(columns.size()));
    for (const Row& before : file.rows_) {
      if (before.instrument == row.instrument && before.time_ns == row.time_ns)
        refuse(line, "this time stands here again: keep one");
    }
    file.rows_.push_back(std::move(row));
  }
  if (file.rows_.empty()) throw sdk::Refusal("/volume_curve_file: it has no line with a time and a share");
  const bool is_zero =
      std::all_of(file.rows_.begin(), file.rows_.end(), [](const Row& row) { return row.share == 0; });
  if (is_zero) throw sdk::Refusal("/volume_curve_file: no share is above 0");
  return file;
}

Volumes CurveFile::volumes(const std::vector<std::string>& instruments) const {
  std::set<std::int64_t> times;
  for (const Row& row : rows_)
    times.insert(row.time_ns);
  Volumes all;
  all.instruments = instruments.size();
  for (const std::int64_t time : times)
    all.offsets.push_back(time - *times.begin());
  all.units.assign(all.offsets.size() * all.instruments, 0);
  for (const Row& row : rows_) {
    const auto t = static_cast<std::size_t>(std::distance(times.begin(), times.find(row.time_ns)));
    for (std::size_t i = 0; i < instruments.size(); ++i) {
      if (row.instrument.empty() || row.instrument == instruments[i])
        all.units[t * all.instruments + i] += row.share;
    }
  }
  return all;
}

}  // namespace cadre::execution_rules

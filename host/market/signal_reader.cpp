#include "host/market/signal_reader.hpp"

#include <algorithm>
#include <array>
#include <boost/json/value.hpp>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "cadre/abi.h"
#include "host/base/capped_problems.hpp"
#include "host/base/date.hpp"
#include "host/base/file.hpp"
#include "host/base/json.hpp"
#include "host/base/schema.hpp"
#include "host/base/text.hpp"
#include "host/market/csv.hpp"
#include "host/market/signal_ids.hpp"
#include "host/model/signal.hpp"

namespace cadre::market {
namespace {

enum Column : size_t {
  kTime,
  kStrategy,
  kInstrument,
  kDirection,
  kStrength,
  kConfidence,
  kHorizon,
  kColumns
};

constexpr std::array<std::string_view, kColumns> kNames = {
    "time", "strategy", "instrument", "direction", "strength", "confidence", "horizon_days"};

// The column that a file may have besides.
constexpr std::string_view kId = "id";

struct Range {
  double least, most;
  bool is_open_below;  // `least` itself is not allowed
  const char* words;
};

constexpr Range kStrengthRange{0, HUGE_VAL, false, "a number of at least 0"};
constexpr Range kConfidenceRange{0, 1, false, "a number from 0 to 1"};
constexpr Range kHorizonRange{0, HUGE_VAL, true, "a number above 0"};

// One signal as it was written, whatever the format: words and numbers with their places.
struct Written {
  std::string time, strategy, instrument, id;
  std::optional<double> direction, strength, confidence, horizon_days;
  std::array<base::Place, kColumns> places;
  base::Place id_place;
};

// The rules that hold for both formats.
class SignalCollector {
 public:
  SignalCollector(const std::string& file, const std::vector<std::string>& instruments,
                  const SignalDates& dates = {})
      : problems_(file), instruments_(instruments), sorted_(instruments), dates_(dates) {
    std::sort(sorted_.begin(), sorted_.end());
  }

  base::CappedProblems& problems() { return problems_; }

  void add(const Written& written) {
    model::ExternalSignal signal;
    signal.strategy = written.strategy;
    signal.instrument = written.instrument;
    signal.id = written.id;
    check_names(written);
    check_time(written, signal);
    if (written.direction) check_direction(written, signal);
    check_range(written, kStrength, written.strength, kStrengthRange, signal.strength);
    check_range(written, kConfidence, written.confidence, kConfidenceRange, signal.confidence);
    check_range(written, kHorizon, written.horizon_days, kHorizonRange, signal.horizon_days);
    if (is_new(written, signal)) signals_.push_back(std::move(signal));
  }

  base::Result<std::vector<model::ExternalSignal>> take() {
    if (problems_.has_errors()) return problems_.take();
    std::stable_sort(
        signals_.begin(), signals_.end(),
        [](const model::ExternalSignal& a, const model::ExternalSignal& b) { return a.time_ns < b.time_ns; });
    return {std::move(signals_), problems_.take()};
  }

 private:
  void check_names(const Written& written) {
    if (written.strategy.empty()) {
      problems_.error("SIGNAL_BAD_VALUE", written.places[kStrategy], "the strategy is empty");
    } else {
      check_length("strategy", written.strategy, written.places[kStrategy], "strategies");
    }
    check_length("id", written.id, written.id_place, "signals");
    if (std::binary_search(sorted_.begin(), sorted_.end(), written.instrument)) return;
    problems_.error("INSTRUMENT_UNKNOWN", written.places[kInstrument],
                    base::quote(written.instrument) + " is not an instrument of this universe" +
                        base::did_you_mean(written.instrument, instruments_));
  }

  void check_length(const char* what, const std::string& name, const base::Place& place, const char* these) {
    if (name.size() <= CADRE_ID_BYTES_MAX) return;
    problems_.error("SIGNAL_BAD_VALUE", place,
                    "the " + std::string(what) + " " + base::quote(name) + " has " +
                        std::to_string(name.size()) + " bytes, a name has at most " +
                        std::to_string(CADRE_ID_BYTES_MAX),
                    "shorten it; names are never cut, since two " + std::string(these) + " could become one");
  }

  /// Whether its id was not said before. One that is said of two signals is a problem.
  bool is_new(const Written& written, const model::ExternalSignal& signal) {
    const SignalIds::Known known = ids_.find(signal);
    if (known == SignalIds::Known::other)
      problems_.error("SIGNAL_ID_TAKEN", written.id_place,
                      "the id " + base::quote(signal.id) + " is that of another signal here",
                      "give each signal an id of its own");
    ids_.add(signal, 0);
    return known == SignalIds::Known::new_one;
  }

  void check_time(const Written& written, model::ExternalSignal& signal) {
    const auto date = base::parse_date(written.time);
    const auto time_ns = date ? base::close_time_ns(*date) : base::parse_time(written.time);
    if (!time_ns) {
      problems_.error("SIGNAL_BAD_TIME", written.places[kTime],
                      base::quote(written.time) +
                          std::string(base::is_beyond_dates(written.time)
                                          ? base::beyond_dates
                                          : " is no time, expected 1991-01-02 or 1991-01-02T21:00:00Z"));
      return;
    }
    signal.time_ns = *time_ns;
    signal.date = base::date_of_time(*time_ns);
    if (dates_.latest != 0 && signal.date > dates_.latest)
      problems_.error(
          "SIGNAL_FAR_AHEAD", written.places[kTime],
          base::format_date(signal.date) + " is still to come, today is " + base::format_date(dates_.today),
          "is the time right, and the clock of this machine?");
    const auto [last, is_first] = last_times_ns_.try_emplace(written.strategy, *time_ns);
    if (!is_first && *time_ns < last->second) {
      problems_.error("SIGNAL_TIME_ORDER", written.places[kTime],
                      "the time " + base::format_time(*time_ns) + " of " + written.strategy + " follows " +
                          base::format_time(last->second),
                      "sort the signals by time");
    }
    last->second = std::max(last->second, *time_ns);
  }

  void check_direction(const Written& written, model::ExternalSignal& signal) {
    const double direction = *written.direction;
    if (direction == -1 || direction == 0 || direction == 1) {
      signal.direction = static_cast<int>(direction);
    } else {
      problems_.error("SIGNAL_OUT_OF_RANGE", written.places[kDirection],
                      "direction " + base::format_double(direction) + " is not one of -1, 0, 1");
    }
  }

  void check_range(const Written& written, Column column, std::optional<double> value, const Range& range,
                   double& into) {
    if (!value) return;
    const bool is_inside = std::isfinite(*value) && *value <= range.most &&
                           (range.is_open_below ? *value > range.least : *value >= range.least);
    into = *value;
    if (is_inside) return;
    problems_.error(
        "SIGNAL_OUT_OF_RANGE", written.places[column],
        std::string(kNames[column]) + " " + base::format_double(*value) + " is not " + range.words);
  }

  base::CappedProblems problems_;
  const std::vector<std::string>& instruments_;
  std::vector<std::string> sorted_;
  SignalDates dates_;
  SignalIds ids_;
  std::vector<model::ExternalSignal> signals_;
  std::map<std::string, int64_t> last_times_ns_;
};

// ---- CSV

std::optional<std::array<size_t, kColumns>> find_columns(const std::string& file,
                                                         const std::vector<CsvField>& header,
                                                         base::CappedProblems& problems) {
  std::array<size_t, kColumns> columns{};
  const std::vector<std::string> names(kNames.begin(), kNames.end());
  for (size_t i = 0; i < kColumns; ++i) {
    const auto found = find_column(header, kNames[i]);
    if (found) {
      columns[i] = *found;
    } else {
      problems.error("CSV_HEADER", {.file = file, .line = 1, .column = 1},
                     "the column \"" + names[i] + "\" is missing", "expected " + base::join(names, ","));
    }
  }
  for (size_t i = 0; i < header.size(); ++i) {
    const std::string name(trimmed(header[i].text));
    const base::Place place{.file = file, .line = 1, .column = header[i].column};
    const bool is_known = find_column({header[i]}, kId) ||
                          std::any_of(names.begin(), names.end(),
                                      [&](const auto& known) { return find_column({header[i]}, known); });
    if (!is_known) {
      problems.error("CSV_HEADER", place,
                     "unknown column " + base::quote(name) + base::did_you_mean(name, names));
    } else if (find_column(header, name) != i) {
      problems.error("CSV_HEADER", place, "the column " + base::quote(name) + " stands here again");
    }
  }
  if (problems.has_errors()) return std::nullopt;
  return columns;
}

std::optional<double> read_number(const CsvField& field, Column column, const base::Place& place,
                                  base::CappedProblems& problems) {
  std::string_view text = trimmed(field.text);
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  double number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure == std::errc() && end == text.data() + text.size()) return number;
  problems.error("SIGNAL_BAD_VALUE", place,
                 std::string(kNames[column]) + " " + base::quote(field.text) + " is no number");
  return std::nullopt;
}

void read_csv(const std::string& file, std::string_view text, SignalCollector& collector) {
  CsvRows rows(text);
  rows.next();
  const size_t width = rows.fields().size();
  const auto columns = find_columns(file, rows.fields(), collector.problems());
  if (!columns) return;
  const auto id_column = find_column(rows.fields(), kId);
  while (rows.next()) {
    const auto& fields = rows.fields();
    if (fields.size() != width) {
      collector.problems().error("CSV_RAGGED_ROW", {.file = file, .line = rows.line()},
                                 "the row has " + std::to_string(fields.size()) + " fields, the header has " +
                                     std::to_string(width));
      continue;
    }
    Written written;
    for (size_t i = 0; i < kColumns; ++i) {
      written.places[i] = {.file = file, .line = rows.line(), .column = fields[(*columns)[i]].column};
    }
    const auto word = [&](Column c) { return std::string(trimmed(fields[(*columns)[c]].text)); };
    const auto number = [&](Column c) {
      return read_number(fields[(*columns)[c]], c, written.places[c], collector.problems());
    };
    written.time = word(kTime);
    written.strategy = word(kStrategy);
    written.instrument = word(kInstrument);
    written.direction = number(kDirection);
    written.strength = number(kStrength);
    written.confidence = number(kConfidence);
    written.horizon_days = number(kHorizon);
    if (id_column) {
      written.id = trimmed(fields[*id_column].text);
      written.id_place = {.file = file, .line = rows.line(), .column = fields[*id_column].column};
    }
    collector.add(written);
  }
}

// ---- JSON lines

const boost::json::value& line_schema() {
  static const base::JsonDocument schema = base::JsonDocument::parse("signal", R"({"type": "object",
    "required": ["time", "strategy", "instrument", "direction", "strength", "confidence", "horizon_days"],
    "properties": {"id": {"type": "string", "minLength": 1}, "time": {"type": "string"}, "strategy": {"type": "string"}, "instrument": {"type": "string"},
      "direction": {"type": "integer"}, "strength": {"type": "number"}, "confidence": {"type": "number"},
      "horizon_days": {"type": "number"}}})")
                                               .take();
  return schema.root();
}

void read_json_line(const std::string& file, std::string_view text, uint32_t line,
                    SignalCollector& collector) {
  const auto at_line = [line](base::Place place) {
    place.line = line;
    return place;
  };
  const auto document = base::JsonDocument::parse(file, std::string(text));
  base::Problems found = document.problems();
  if (document) {
    base::validate(
        document->root(), line_schema(), "", [&](auto pointer) { return document->place(pointer); }, found);
  }
  for (const auto& problem : found) {
    collector.problems().error(problem.code, at_line(problem.place), problem.message, problem.next_step);
  }
  if (found.has_errors()) return;
  Written written;
  for (size_t i = 0; i < kColumns; ++i) {
    written.places[i] = at_line(document->place("/" + std::string(kNames[i])));
  }
  const auto& object = document->root().get_object();
  if (const boost::json::value* id = object.if_contains("id")) {
    written.id = id->get_string();
    written.id_place = at_line(document->place("/id"));
  }
  const auto member = [&](Column c) -> const boost::json::value& {
    return object.at(boost::json::string_view(kNames[c].data(), kNames[c].size()));
  };
  const auto word = [&](Column c) { return std::string(member(c).get_string()); };
  const auto number = [&](Column c) { return member(c).to_number<double>(); };
  written.time = word(kTime);
  written.strategy = word(kStrategy);
  written.instrument = word(kInstrument);
  written.direction = number(kDirection);
  written.strength = number(kStrength);
  written.confidence = number(kConfidence);
  written.horizon_days = number(kHorizon);
  collector.add(written);
}

void read_json_lines(const std::string& file, std::string_view text, SignalCollector& collector) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  for (uint32_t line = 1; !text.empty() && !collector.problems().is_enough(); ++line) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view row = text.substr(0, end);
    if (row.find_first_not_of(" \t\r") != std::string_view::npos) read_json_line(file, row, line, collector);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

base::Result<std::vector<model::ExternalSignal>> read_signals(const std::filesystem::path& path,
                                                              const std::vector<std::string>& instruments) {
  const std::string file = path.string();
  const auto text = base::read_file(path);
  base::Problems problems = text.problems();
  if (text) problems.append(check_text(file, *text));
  if (problems.has_errors()) return problems;
  SignalCollector collector(file, instruments);
  if (path.extension() == ".jsonl") {
    read_json_lines(file, *text, collector);
  } else {
    read_csv(file, *text, collector);
  }
  return collector.take();
}

base::Result<std::vector<model::ExternalSignal>> parse_signals(const std::string& name, std::string_view text,
                                                               const std::vector<std::string>& instruments,
                                                               const SignalDates& dates) {
  const base::Problems problems = check_text(name, text);
  if (problems.has_errors()) return problems;
  SignalCollector collector(name, instruments, dates);
  read_json_lines(name, text, collector);
  return collector.take();
}

}  // namespace cadre::market

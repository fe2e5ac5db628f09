#include "host/market/price_layout.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "host/base/json.hpp"
#include "host/base/text.hpp"
#include "host/market/price_checks.hpp"

namespace cadre::market {

namespace {

constexpr std::array<std::string_view, 12> kFields = {
    "date", "time", "symbol", "open", "high", "low", "close", "volume", "bid", "ask", "bid_open", "ask_open"};

/// The other names of fields that files with quotes have as a matter of course, as normalised() writes them.
constexpr std::pair<std::string_view, std::string_view> kNames[] = {{"bidclose", "bid"}, {"askclose", "ask"}};
/// What such files have besides, and nobody reads.
constexpr std::string_view kPassedOver[] = {"bidhigh", "bidlow", "askhigh", "asklow"};

/// What others call the fields, as normalised() writes it. Of each field the first one of a file counts.
constexpr std::pair<std::string_view, std::string_view> kAliases[] = {
    {"timestamp", "date"}, {"dtyyyymmdd", "date"},  {"datetime", "date"},  {"day", "date"},
    {"time", "date"},      {"ticker", "symbol"},    {"name", "symbol"},    {"instrument", "symbol"},
    {"secid", "symbol"},   {"code", "symbol"},      {"first", "open"},     {"max", "high"},
    {"min", "low"},        {"price", "close"},      {"last", "close"},     {"closeprice", "close"},
    {"vol", "volume"},     {"tickvol", "volume"},   {"openprice", "open"}, {"highprice", "high"},
    {"lowprice", "low"},   {"tottrdqty", "volume"}, {"qty", "volume"}};

/// "<TICKER>" is "ticker", "Adj Close" is "adjclose".
std::string normalised(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z') plain += static_cast<char>(c - 'A' + 'a');
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) plain += c;
  }
  return plain;
}

/// The field that a column is, whatever it is called; empty: none that is known. A time of a file that has
/// dates only is a date.
std::string_view meaning_of(std::string_view name, RowKey key = RowKey::date) {
  const std::string plain = normalised(name);
  const bool has_times = key != RowKey::date;
  for (const std::string_view field : kFields) {
    if (plain == normalised(field) && (field != "time" || has_times)) return field;
  }
  if (has_times && (plain == "timestamp" || plain == "datetime")) return "time";
  for (const auto& [other, field] : kNames) {
    if (plain == other) return field;
  }
  for (const auto& [alias, field] : kAliases) {
    if (plain == alias) return field;
  }
  return {};
}

/// Whether the column is called as the field is.
bool is_called(const CsvField& column, std::string_view field) {
  if (find_column({column}, field)) return true;
  const std::string plain = normalised(column.text);
  return std::any_of(std::begin(kNames), std::end(kNames),
                     [&](const auto& name) { return name.first == plain && name.second == field; });
}

bool is_passed_over(std::string_view name) {
  return std::find(std::begin(kPassedOver), std::end(kPassedOver), normalised(name)) != std::end(kPassedOver);
}

std::string name_of(const CsvField& field) {
  return std::string(trimmed(field.text));
}

base::Place place_of(const CsvField& field, const std::string& file) {
  return {.file = file, .line = 1, .column = field.column};
}

size_t* member(BarColumns& columns, std::string_view field) {
  const std::pair<std::string_view, size_t*> members[] = {
      {"date", &columns.date},   {"time", &columns.time},         {"symbol", &columns.symbol},
      {"open", &columns.open},   {"high", &columns.high},         {"low", &columns.low},
      {"close", &columns.close}, {"volume", &columns.volume},     {"bid", &columns.bid},
      {"ask", &columns.ask},     {"bid_open", &columns.bid_open}, {"ask_open", &columns.ask_open}};
  for (const auto& [name, place] : members) {
    if (name == field) return place;
  }
  return nullptr;
}

/// The columns by what they mean, first come first served.
BarColumns by_meaning(const std::vector<CsvField>& header, RowKey key) {
  BarColumns columns;
  for (const bool exact : {true, false}) {
    for (size_t i = 0; i < header.size(); ++i) {
      const std::string_view field = meaning_of(header[i].text, key);
      const bool is_exact = !field.empty() && is_called(header[i], field);
      if (field.empty() || is_exact != exact) continue;
      size_t& place = *member(columns, field);
      if (place == no_column) place = i;
    }
  }
  return columns;
}

/// "columns": {"symbol": "Name", ...}, as it would be written for this file.
std::string suggested_map(const std::vector<CsvField>& header, BarColumns& columns) {
  std::vector<std::string> each;
  for (const std::string_view field : kFields) {
    const size_t at = *member(columns, field);
    if (at != no_column)
      each.push_back(base::quote(std::string(field)) + ": " + base::quote(name_of(header[at])));
  }
  return "\"columns\": {" + base::join(each, ", ") + "}";
}

bool is_asked_for_by_name(const std::string& name, const LayoutOptions& options) {
  return std::find(options.instruments.begin(), options.instruments.end(), name) != options.instruments.end();
}

BarColumns mapped_columns(const std::vector<CsvField>& header, const LayoutOptions& options,
                          base::CappedProblems& problems) {
  BarColumns columns;
  std::vector<std::string> names;
  names.reserve(header.size());
  for (const CsvField& field : header)
    names.push_back(name_of(field));
  for (const auto& [field, name] : options.columns) {
    const auto found = find_column(header, name);
    if (found)
      *member(columns, field) = *found;
    else
      problems.error("CSV_HEADER", place_of(header[0], options.file),
                     "the column " + base::quote(name) + ", which data.prices.columns names for " + field +
                         ", is missing" + base::did_you_mean(name, names),
                     "the columns are " + base::join(names, ", "));
  }
  return columns;
}

/// The hint that a column of times needs a period.
std::string if_times(std::string_view name, const LayoutOptions& options) {
  const bool is_time = options.key == RowKey::date && meaning_of(name, RowKey::time) == "time";
  return is_time ? R"(; where it has times of day, say "period": "1min" or what the bars are of)" : "";
}

/// A bid without an ask, or an ask without a bid.
void refuse_half_quotes(const BarColumns& columns, const base::Place& at, base::CappedProblems& problems) {
  const auto check = [&](size_t bid, size_t ask, const std::string& of) {
    if ((bid == no_column) == (ask == no_column)) return;
    problems.error("CSV_HEADER", at,
                   "there is a column " + std::string(bid == no_column ? "ask" : "bid") + of + " and no " +
                       (bid == no_column ? "bid" : "ask") + of,
                   "add it, or name in data.prices.columns only what counts");
  };
  check(columns.bid, columns.ask, "");
  check(columns.bid_open, columns.ask_open, "_open");
}

bool is_asked_for_always(std::string_view field, RowKey key, const BarColumns& columns) {
  const bool has_when = columns.date != no_column || columns.time != no_column;
  if (field == "date") return key == RowKey::date || (key == RowKey::either && !has_when);
  if (field == "time") return key == RowKey::time;
  return field == "symbol" || field == "open" || field == "high" || field == "low" || field == "close";
}

/// What the layout of bars asks for and the columns have not.
void refuse_missing(const std::vector<CsvField>& header, BarColumns& columns, const LayoutOptions& options,
                    base::CappedProblems& problems) {
  const base::Place at = place_of(header[0], options.file);
  for (const std::string_view field : kFields) {
    if (*member(columns, field) != no_column || !is_asked_for_always(field, options.key, columns)) continue;
    const bool is_of_bar = field == "open" || field == "high" || field == "low";
    const bool no_others = columns.open == no_column && columns.high == no_column && columns.low == no_column;
    if (is_of_bar && no_others && !options.columns.empty()) continue;  // closes only, as it was asked for
    if (field == "symbol" && options.instruments.size() == 1) continue;
    if (field == "symbol")
      problems.error("CSV_HEADER", at, "there is no column symbol",
                     "add one, or name the one instrument of the file in data.prices.instruments, or keep "
                     "date and close alone and name the close after the instrument");
    else
      problems.error("CSV_HEADER", at, "there is no column " + std::string(field),
                     field == "date"   ? "add one, with days as 1991-01-02"
                     : field == "time" ? "add one, with times as 2013-10-07T09:31:00-04:00, or leave "
                                         "data.prices.period out if the bars are of days"
                                       : "add one");
  }
  refuse_half_quotes(columns, at, problems);
}

}  // namespace

bool check_header(const std::vector<CsvField>& header, std::string_view second, const std::string& file,
                  base::CappedProblems& problems) {
  const base::Place at = place_of(header[0], file);
  const std::string_view first = trimmed(header[0].text);
  if (header.size() == 1 && first.find_first_of("\t;|") != std::string_view::npos) {
    const char separator = first[first.find_first_of("\t;|")];
    const std::string name = separator == '\t' ? "tabs" : separator == ';' ? "semicolons" : "bars";
    problems.error("CSV_HEADER", at, "the fields are separated by " + name + ", expected commas",
                   "save the file with commas");
    return false;
  }
  const bool is_data = parse_day(first).has_value() ||
                       (!first.empty() && first.find_first_not_of("0123456789.") == std::string_view::npos);
  if (is_data) {
    problems.error(
        "CSV_HEADER", at, "the first row is data, and should be a header",
        "put a row in front of it: date,symbol,open,high,low,close,volume or what the columns are; "
        "days are written as 1991-01-02");
    return false;
  }
  if (normalised(first) == "price" && normalised(second.substr(0, second.find(','))) == "ticker") {
    problems.error("CSV_HEADER", at, "the header has three rows, as yfinance writes it for several tickers",
                   "keep one: date and the tickers, as in date,AAPL,IBM, with the closes alone");
    return false;
  }
  return true;
}

bool is_long(const std::vector<CsvField>& header, const LayoutOptions& options) {
  if (!options.columns.empty() || find_column(header, "symbol")) return true;
  BarColumns columns = by_meaning(header, options.key);
  const bool has_range = columns.open != no_column || columns.high != no_column || columns.low != no_column;
  if (columns.close == no_column || !has_range) return false;
  // Tickers may be called like fields: OPEN and LOW are.
  const bool all_asked_for = std::all_of(header.begin() + 1, header.end(), [&](const CsvField& field) {
    return meaning_of(field.text, options.key).empty() || is_asked_for_by_name(name_of(field), options);
  });
  return options.instruments.empty() || !all_asked_for;
}

BarColumns find_bar_columns(const std::vector<CsvField>& header, const LayoutOptions& options,
                            base::CappedProblems& problems) {
  const bool is_mapped = !options.columns.empty();
  BarColumns columns =
      is_mapped ? mapped_columns(header, options, problems) : by_meaning(header, options.key);
  if (problems.has_errors()) return columns;
  std::vector<std::string> absent;
  for (const std::string_view field : kFields) {
    const bool is_read = field != "time" || options.key != RowKey::date;
    if (*member(columns, field) == no_column && is_read) absent.emplace_back(field);
  }
  for (size_t i = 0; i < header.size() && !is_mapped; ++i) {
    const std::string name = name_of(header[i]);
    const std::string_view field = meaning_of(name, options.key);
    const base::Place at = place_of(header[i], options.file);
    if (is_passed_over(name)) continue;
    if (find_column(header, name) != i) {
      problems.error("CSV_HEADER", at, "the column " + base::quote(name) + " stands here again");
    } else if (field.empty() || *member(columns, field) != i) {
      problems.error(
          "CSV_HEADER", at,
          "the column " + base::quote(name) + " is none that is read" + base::did_you_mean(name, absent),
          "drop it, or say in data.prices which ones count: " + suggested_map(header, columns));
    } else if (!is_called(header[i], field)) {
      problems.error("CSV_HEADER", at, "the column " + base::quote(name) + " has another name here",
                     "rename it to " + std::string(field) + ", or say in data.prices: " +
                         suggested_map(header, columns) + if_times(name, options));
    }
  }
  refuse_missing(header, columns, options, problems);
  return columns;
}

void refuse_fields_as_instruments(const std::vector<CsvField>& header, const LayoutOptions& options,
                                  base::CappedProblems& problems) {
  const auto is_field = [&](const CsvField& column) {
    const std::string_view field = meaning_of(column.text);
    const bool is_of_bar = !field.empty() && field != "date" && field != "symbol";
    return (is_of_bar || normalised(column.text) == "adjclose") &&
           !is_asked_for_by_name(name_of(column), options);
  };
  const bool all = std::all_of(header.begin() + 1, header.end(), is_field);
  for (size_t i = 1; i < header.size(); ++i) {
    // LOW and OPEN are tickers too, among others; Close and Volume are none.
    const std::string plain = normalised(header[i].text);
    const bool is_surely = plain == "close" || plain == "volume" || plain == "adjclose";
    if (!is_field(header[i]) || !(all || is_surely)) continue;
    problems.error(
        "CSV_HEADER", place_of(header[i], options.file),
        base::quote(name_of(header[i])) + " looks like a field, not an instrument",
        "name the close after its instrument and drop the rest, or use the long layout, "
        "date,symbol,open,high,low,close,volume, or list it in data.prices.instruments if it is one");
  }
}

}  // namespace cadre::market

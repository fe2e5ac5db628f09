// The file of a table of instruments, as the rows that stand in a scenario's document.

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <cmath>

#include "host/base/capped_problems.hpp"
#include "host/base/file.hpp"
#include "host/base/text.hpp"
#include "host/config/instrument_table.hpp"
#include "host/market/csv.hpp"

namespace cadre::config {

namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

#define KEY(name, type, schema) {#name, schema},
constexpr TableColumn columns[] = {
#include "host/config/keys/instrument_row.inc"
};
#undef KEY

std::vector<std::string> column_names() {
  std::vector<std::string> names;
  for (const TableColumn& column : columns)
    names.emplace_back(column.name);
  return names;
}

bool is_number(const TableColumn& column) {
  return column.schema.starts_with("\"type\": \"number\"");
}

/// A number as JSON has it; a text that is none stays one, and the schema says so.
json::value number_in(std::string_view text) {
  const char* const end = text.data() + text.size();
  std::int64_t whole = 0;
  if (const auto read = std::from_chars(text.data(), end, whole); read.ec == std::errc() && read.ptr == end)
    return whole;
  double number = 0;
  if (const auto read = std::from_chars(text.data(), end, number);
      read.ec == std::errc() && read.ptr == end && std::isfinite(number))
    return number;
  return json::string(text);
}

/// "0:0.0001 1:0.01", or one number.
json::value ticks_in(std::string_view text) {
  if (text.find(':') == std::string_view::npos) return number_in(text);
  json::array steps;
  while (!(text = market::trimmed(text)).empty()) {
    const std::string_view step = text.substr(0, text.find_first_of(" \t;"));
    text.remove_prefix(std::min(step.size() + 1, text.size()));
    const std::size_t colon = step.find(':');
    json::object pair{{"from", number_in(step.substr(0, colon))}};
    if (colon != std::string_view::npos) pair["tick"] = number_in(step.substr(colon + 1));
    steps.push_back(std::move(pair));
  }
  return steps;
}

json::value groups_in(std::string_view text) {
  json::array groups;
  while (true) {
    const std::size_t end = std::min(text.find(';'), text.size());
    if (const std::string_view group = market::trimmed(text.substr(0, end)); !group.empty())
      groups.emplace_back(json::string(group));
    if (end == text.size()) return groups;
    text.remove_prefix(end + 1);
  }
}

json::value cell_of(const TableColumn& column, std::string_view text) {
  if (column.name == "tick") return ticks_in(text);
  if (column.name == "groups") return groups_in(text);
  return is_number(column) ? number_in(text) : json::value(json::string(text));
}

/// Reads a table in CSV.
class CsvTable {
 public:
  CsvTable(const std::string& file, std::string_view text) : file_(file), rows_(text), problems_(file) {}

  base::Result<base::JsonDocument> read() {
    if (next_row()) read_header();
    if (!problems_.has_errors()) read_rows();
    if (problems_.has_errors()) return problems_.take();
    base::JsonDocument table = base::JsonDocument::of(file_, std::move(list_));
    table.note_place("", 1, 1);
    for (Noted& place : places_)
      table.note_place(std::move(place.pointer), place.line, place.column);
    return table;
  }

 private:
  struct Noted {
    std::string pointer;
    std::uint32_t line, column;
  };

  /// The next row that is neither blank nor a comment.
  bool next_row() {
    while (rows_.next()) {
      if (!rows_.is_blank() && !rows_.fields().front().text.starts_with('#')) return true;
    }
    return false;
  }

  void read_header() {
    const std::vector<market::CsvField>& header = rows_.fields();
    if (header.size() == 1 && header[0].text.find_first_of(";\t|") != std::string_view::npos)
      return problems_.error("CSV_HEADER", at(1), "the fields are not separated by commas",
                             "write the table with commas between its fields");
    for (const market::CsvField& field : header) {
      const std::string_view name = market::trimmed(field.text);
      const auto* known = std::find_if(std::begin(columns), std::end(columns),
                                       [&](const TableColumn& column) { return column.name == name; });
      if (known == std::end(columns)) {
        const std::string near = base::did_you_mean(name, column_names());
        problems_.error("INSTRUMENT_COLUMN", at(field.column),
                        "a table of instruments has no column " + base::quote(name) + near,
                        near.empty() ? "it may have " + base::join(column_names(), ", ") : "");
      } else if (std::find(header_.begin(), header_.end(), known) != header_.end()) {
        problems_.error("CSV_HEADER", at(field.column),
                        "the column " + base::quote(name) + " stands here again", "keep one");
      }
      header_.push_back(known);
    }
    if (!problems_.has_errors() && std::find(header_.begin(), header_.end(), &columns[0]) == header_.end())
      problems_.error("INSTRUMENT_COLUMN", at(1), "the table has no column \"id\"",
                      "name its columns in the first row, id among them");
  }

  void read_rows() {
    while (next_row() && !problems_.is_enough()) {
      const std::vector<market::CsvField>& fields = rows_.fields();
      if (fields.size() != header_.size()) {
        problems_.error("CSV_RAGGED_ROW", at(1),
                        "the row has " + std::to_string(fields.size()) + " fields, the header has " +
                            std::to_string(header_.size()),
                        "put a name that has a comma in it in quotation marks");
        continue;
      }
      add_row(fields);
    }
  }

  void add_row(const std::vector<market::CsvField>& fields) {
    const std::string row = "/" + std::to_string(list_.size());
    json::object object;
    places_.push_back({row, rows_.line(), 1});
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const std::string_view text = market::trimmed(fields[i].text);
      if (text.empty()) continue;  // left to the defaults
      const TableColumn& column = *header_[i];
      object[column.name] = cell_of(column, text);
      places_.push_back({row + "/" + std::string(column.name), rows_.line(), fields[i].column});
    }
    list_.push_back(std::move(object));
  }

  base::Place at(std::uint32_t column) const {
    return {.file = file_, .line = rows_.line(), .column = column};
  }

  const std::string& file_;
  market::CsvRows rows_;
  base::CappedProblems problems_;
  std::vector<const TableColumn*> header_;
  json::array list_;
  std::vector<Noted> places_;
};

base::Result<base::JsonDocument> read_table_file(const fs::path& file) {
  if (file.extension() == ".json") {
    auto document = base::JsonDocument::load(file);
    if (!document || document->root().is_array()) return document;
    base::Problems problems;
    problems.error("CONFIG_WRONG_TYPE", document->place(""), "expected a list of instruments",
                   R"(write [{"id": "AA"}, {"id": "BB", "lot": 10}])");
    return problems;
  }
  auto text = base::read_file(file);
  if (!text) return text.problems();
  const std::string name = file.string();
  if (base::Problems problems = market::check_text(name, *text); problems.has_errors()) return problems;
  return CsvTable(name, *text).read();
}

}  // namespace

std::span<const TableColumn> table_columns() {
  return columns;
}

std::optional<fs::path> instruments_file(const json::value& scenario, const fs::path& folder) {
  const json::value* file = base::find(scenario, "/instruments/file");
  if (file == nullptr || !file->is_string()) return std::nullopt;
  return (folder / std::string(file->get_string())).lexically_normal();
}

base::Problems embed_instruments(base::JsonDocument& scenario, const fs::path& folder) {
  base::Problems problems;
  const auto file = instruments_file(scenario.root(), folder);
  if (!file) return problems;
  const base::Place asked = scenario.place("/instruments/file");
  if (base::find(scenario.root(), "/instruments/table") != nullptr) {
    problems.error("CONFIG_CONTRADICTION", asked, "the instruments are a file and a list at once",
                   "keep /instruments/file or /instruments/table");
    return problems;
  }
  auto table = read_table_file(*file);
  if (!table) return base::asked_for_at(table.problems(), asked);
  if (table->root().as_array().empty()) {
    problems.error("INSTRUMENT_TABLE_EMPTY", base::Place::of(*file), "the table has no instrument",
                   "write one row for each instrument, or leave the file out");
    return problems;
  }
  json::value whole = scenario.root();
  json::object& instruments = whole.at("instruments").as_object();
  instruments.erase("file");
  instruments["table"] = json::array();
  scenario.fill(std::move(whole));
  scenario.embed("/instruments/table", *table);
  return problems;
}

}  // namespace cadre::config

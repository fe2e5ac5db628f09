#include "host/market/csv.hpp"

#include <algorithm>
#include <utility>

#include "host/base/text.hpp"

namespace cadre::market {
namespace {

bool same_word(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

uint32_t characters(std::string_view text) {
  return static_cast<uint32_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

/// Where the first field of a row ends: at a comma that is in no quotation marks, or with the row.
size_t end_of_field(std::string_view row) {
  size_t from = 0;
  if (row.starts_with('"')) {
    const size_t closing = row.find("\",", 1);
    if (closing != std::string_view::npos)
      from = closing + 1;
    else if (row.size() > 1 && row.ends_with('"'))
      return row.size();
  }
  return std::min(row.find(',', from), row.size());
}

std::string_view without_quotes(std::string_view text) {
  const bool quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
  return quoted ? text.substr(1, text.size() - 2) : text;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  return text;
}

CsvRows::CsvRows(std::string_view text) : rest_(text) {
  if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
  // Programs for tables write the rows of empty cells below the last one too.
  while (!rest_.empty()) {
    const size_t begin = rest_.find_last_of('\n') + 1;  // 0 where there is none
    if (rest_.find_first_not_of(" \t\r,\"", begin) != std::string_view::npos) break;
    rest_.remove_suffix(rest_.size() - (begin == 0 ? 0 : begin - 1));
  }
}

bool CsvRows::is_blank() const {
  return std::all_of(fields_.begin(), fields_.end(),
                     [](const CsvField& field) { return trimmed(field.text).empty(); });
}

std::string_view CsvRows::following() const {
  return rest_.substr(0, rest_.find('\n'));
}

bool CsvRows::next() {
  if (rest_.empty()) return false;
  const size_t end = std::min(rest_.find('\n'), rest_.size());
  std::string_view row = rest_.substr(0, end);
  rest_.remove_prefix(std::min(end + 1, rest_.size()));
  if (row.ends_with('\r')) row.remove_suffix(1);
  ++line_;
  split(row);
  return true;
}

void CsvRows::split(std::string_view row) {
  fields_.clear();
  uint32_t column = 1;
  while (true) {
    const size_t comma = end_of_field(row);
    const std::string_view field = row.substr(0, comma);
    fields_.push_back({without_quotes(field), column});
    if (comma == row.size()) return;
    column += characters(field) + 1;
    row.remove_prefix(comma + 1);
  }
}

base::Problems check_text(const std::string& file, std::string_view text) {
  base::Problems problems;
  const auto line_of = [&](size_t offset) {
    return static_cast<uint32_t>(
        std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n') + 1);
  };
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos || text == "\xEF\xBB\xBF") {
    problems.error("CSV_EMPTY", {.file = file}, "the file is empty");
  } else if (base::is_utf16(text)) {
    problems.error("CSV_NOT_UTF8", {.file = file}, "the text is UTF-16, expected UTF-8",
                   "save the file as UTF-8");
  } else if (const size_t nul = text.find('\0'); nul != std::string_view::npos) {
    problems.error("CSV_BINARY", {.file = file, .line = line_of(nul)},
                   "a zero byte: this is a binary file, expected text");
  } else if (const auto invalid = base::first_invalid_utf8(text)) {
    problems.error("CSV_NOT_UTF8", {.file = file, .line = line_of(*invalid)}, "the text is not valid UTF-8",
                   "save the file as UTF-8");
  } else if (text.find('\n') == std::string_view::npos && text.find('\r') != std::string_view::npos) {
    problems.error("CSV_LINE_ENDS", base::Place::of(file),
                   "the lines end with a carriage return alone, expected a line feed",
                   "save the file with line ends of Unix or Windows");
  }
  return problems;
}

std::optional<size_t> find_column(const std::vector<CsvField>& header, std::string_view name) {
  for (size_t i = 0; i < header.size(); ++i) {
    if (same_word(trimmed(header[i].text), trimmed(name))) return i;
  }
  return std::nullopt;
}

}  // namespace cadre::market

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/problem.hpp"

namespace cadre::market {

/// One field and the column of its first character, counted from 1.
struct CsvField {
  std::string_view text;
  uint32_t column = 1;
};

/// The rows of a comma separated text, one after another. Quotation marks around a field are taken off, and
/// commas inside of them separate nothing; a line break inside of them is not supported. Lines of blanks, or
/// of empty cells, are no rows at the end. The text must outlive the fields.
class CsvRows {
 public:
  explicit CsvRows(std::string_view text);

  /// Reads the next row into fields(); false at the end.
  bool next();
  const std::vector<CsvField>& fields() const { return fields_; }
  /// Whether no cell of the row has anything in it.
  bool is_blank() const;
  /// The line behind the row, as it is written; empty at the end.
  std::string_view following() const;
  uint32_t line() const { return line_; }

 private:
  void split(std::string_view row);

  std::string_view rest_;
  std::vector<CsvField> fields_;
  uint32_t line_ = 0;
};

/// What makes bytes no text at all: CSV_EMPTY, CSV_BINARY, CSV_NOT_UTF8, CSV_LINE_ENDS.
base::Problems check_text(const std::string& file, std::string_view text);

/// Without the blanks and tabs at both ends.
std::string_view trimmed(std::string_view text);

/// The column of that name, without regard to case and blanks around it.
std::optional<size_t> find_column(const std::vector<CsvField>& header, std::string_view name);

}  // namespace cadre::market

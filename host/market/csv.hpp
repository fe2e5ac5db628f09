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

/// The rows of a comma separated text, one after another. Quotation marks around a field are taken off; a
/// comma or line break inside of them is not supported. Blank lines at the end are no rows. The text must
/// outlive the fields.
class CsvRows {
 public:
  explicit CsvRows(std::string_view text);

  /// Reads the next row into fields(); false at the end.
  bool next();
  const std::vector<CsvField>& fields() const { return fields_; }
  uint32_t line() const { return line_; }

 private:
  void split(std::string_view row);

  std::string_view rest_;
  std::vector<CsvField> fields_;
  uint32_t line_ = 0;
};

/// What makes bytes no text at all: CSV_EMPTY, CSV_BINARY, CSV_NOT_UTF8.
base::Problems check_text(const std::string& file, std::string_view text);

/// Without the blanks and tabs at both ends.
std::string_view trimmed(std::string_view text);

/// The column of that name, without regard to case and blanks around it.
std::optional<size_t> find_column(const std::vector<CsvField>& header, std::string_view name);

}  // namespace cadre::market

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/decimal.hpp"

namespace cadre::report {

enum class Align { left, right };

/// Columns a terminal gives to UTF-8 text: combining marks none, East Asian wide characters two.
std::size_t display_width(std::string_view text);

/// Columns of the terminal behind a descriptor: as COLUMNS says, or the terminal; nothing where there is
/// none.
std::optional<std::size_t> terminal_width(int descriptor);
/// Its rows, as LINES says, or the terminal.
std::optional<std::size_t> terminal_rows(int descriptor);

/// Lines of at most `width` columns, broken at blanks; those after the first begin with so many blanks more
/// than the text does. A word that is too long stays whole. The last line has an end too.
std::string wrapped(const std::string& text, std::size_t width, std::size_t indent);

/// Text in aligned columns, two blanks between them, a rule below the headings. No blanks at ends of lines.
class TextTable {
 public:
  struct Column {
    std::string heading;
    Align align = Align::left;
  };

  explicit TextTable(std::vector<Column> columns);

  /// As many cells as columns.
  void add_row(std::vector<std::string> cells);
  /// A line across all columns.
  void add_rule();
  /// Wider than `width`, the cells of its left-aligned columns go on below, broken at blanks. Where that
  /// would make a column too narrow to read, or is not enough, the last columns stand on lines of their own
  /// below each row, with their headings. A word that is longer than a line is left whole.
  std::string to_string(std::size_t width = unlimited) const;
  static constexpr std::size_t unlimited = static_cast<std::size_t>(-1);

 private:
  std::vector<std::size_t> widths_for(std::size_t width, std::size_t count) const;
  std::vector<std::size_t> readable_widths(std::size_t width) const;
  std::string below(const std::vector<std::string>& cells, std::size_t first, std::size_t width) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;  ///< an empty row is a rule
};

// Numbers for people. What is not finite is "-".

/// "1,234,567"
std::string with_thousands(uint64_t value);
/// Separators in the integer part of a decimal text: "-1234567.5" is "-1,234,567.5".
std::string with_thousands(std::string_view decimal);
/// With separators: decimals(1234.5, 2) is "1,234.50".
std::string decimals(double value, int digits);
/// A fraction: percent(0.1234) is "12.34 %".
std::string percent(double fraction, int digits = 2);
/// Two decimals, rounded half to even, with separators.
std::string money(base::Money amount);

}  // namespace cadre::report

#include "host/report/table.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>

#include "host/base/invariant.hpp"

namespace cadre::report {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// Combining marks, joiners and selectors; the blocks that terminals draw two columns wide.
constexpr Range zero_wide[] = {{0x300, 0x36f},   {0x483, 0x489},   {0x591, 0x5bd},   {0x610, 0x61a},
                               {0x64b, 0x65f},   {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x200b, 0x200f},
                               {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xfeff, 0xfeff}};
constexpr Range two_wide[] = {{0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0x33ff},  {0x3400, 0x4dbf},
                              {0x4e00, 0x9fff},   {0xa000, 0xa4cf},   {0xac00, 0xd7a3},  {0xf900, 0xfaff},
                              {0xfe30, 0xfe6f},   {0xff00, 0xff60},   {0xffe0, 0xffe6},  {0x1f300, 0x1f64f},
                              {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};

template <std::size_t N>
bool is_in(const Range (&ranges)[N], char32_t character) {
  return std::any_of(std::begin(ranges), std::end(ranges),
                     [&](const Range& range) { return character >= range.first && character <= range.last; });
}

// The character that starts at `at`, which moves behind it. A stray byte counts as one character.
char32_t next_character(std::string_view text, std::size_t& at) {
  const auto lead = static_cast<unsigned char>(text[at++]);
  const int more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
  char32_t character = more == 0 ? lead : lead & (0x3fu >> more);
  for (int i = 0; i < more && at < text.size() && (text[at] & 0xc0) == 0x80; ++i)
    character = (character << 6) | (static_cast<unsigned char>(text[at++]) & 0x3fu);
  return character;
}

std::string padded(const std::string& text, std::size_t width, Align align) {
  const std::string blanks(width - std::min(width, display_width(text)), ' ');
  return align == Align::left ? text + blanks : blanks + text;
}

}  // namespace

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t character = next_character(text, at);
    width += is_in(zero_wide, character) ? 0 : is_in(two_wide, character) ? 2 : 1;
  }
  return width;
}

TextTable::TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {
  CADRE_INVARIANT(!columns_.empty(), "report.table", "a row has a cell for every column");
}

void TextTable::add_row(std::vector<std::string> cells) {
  CADRE_INVARIANT(cells.size() == columns_.size(), "report.table", "a row has a cell for every column");
  rows_.push_back(std::move(cells));
}

void TextTable::add_rule() {
  rows_.emplace_back();
}

std::string TextTable::to_string() const {
  std::vector<std::size_t> widths;
  std::vector<std::string> headings;
  for (const Column& column : columns_) {
    widths.push_back(display_width(column.heading));
    headings.push_back(column.heading);
  }
  for (const auto& row : rows_)
    for (std::size_t c = 0; c < row.size(); ++c)
      widths[c] = std::max(widths[c], display_width(row[c]));

  std::size_t line_width = 2 * (widths.size() - 1);
  for (const std::size_t width : widths)
    line_width += width;
  const std::string rule = std::string(line_width, '-') + "\n";

  const auto line = [&](const std::vector<std::string>& cells) {
    std::string text;
    for (std::size_t c = 0; c < cells.size(); ++c)
      text += (c == 0 ? "" : "  ") + padded(cells[c], widths[c], columns_[c].align);
    text.erase(text.find_last_not_of(' ') + 1);
    return text + "\n";
  };
  std::string text = line(headings) + rule;
  for (const auto& row : rows_)
    text += row.empty() ? rule : line(row);
  return text;
}

std::string with_thousands(uint64_t value) {
  return with_thousands(std::string_view(std::to_string(value)));
}

std::string with_thousands(std::string_view decimal) {
  std::string text(decimal);
  const std::size_t first_digit = text.find_first_of("0123456789");
  if (first_digit == std::string::npos) return text;
  std::size_t end = std::min(text.find_first_not_of("0123456789", first_digit), text.size());
  while (end > first_digit + 3) {
    end -= 3;
    text.insert(end, ",");
  }
  return text;
}

std::string decimals(double value, int digits) {
  if (!std::isfinite(value)) return "-";
  char text[64];
  // Nobody reads more digits than these, and a table ends somewhere.
  constexpr double longest = 1e12;
  if (std::fabs(value) >= longest) {
    std::snprintf(text, sizeof text, "%.2e", value);
    return text;
  }
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  const bool is_zero = std::string_view(text).find_first_of("123456789") == std::string_view::npos;
  return with_thousands(std::string_view(is_zero && text[0] == '-' ? text + 1 : text));
}

std::string percent(double fraction, int digits) {
  return std::isfinite(fraction) ? decimals(100.0 * fraction, digits) + " %" : "-";
}

std::string money(base::Money amount) {
  // A hundredth of a unit is 10,000 of the millionths that money is counted in.
  const int64_t cents = base::scale(amount, 1, 10'000)->raw();
  const uint64_t size = cents < 0 ? 0 - static_cast<uint64_t>(cents) : static_cast<uint64_t>(cents);
  char fraction[4];
  std::snprintf(fraction, sizeof fraction, ".%02u", static_cast<unsigned>(size % 100));
  return (cents < 0 ? "-" : "") + with_thousands(size / 100) + fraction;
}

}  // namespace cadre::report

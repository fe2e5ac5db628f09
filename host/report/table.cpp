#include "host/report/table.hpp"

#include <sys/ioctl.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iterator>

#include "host/base/invariant.hpp"

namespace cadre::report {
namespace {

/// A column of text that is broken at its blanks is not made narrower.
constexpr std::size_t readable_columns = 24;

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

std::size_t line_width(const std::vector<std::size_t>& widths) {
  std::size_t sum = 2 * (widths.size() - 1);
  for (const std::size_t width : widths)
    sum += width;
  return sum;
}

std::size_t longest_word(const std::string& text) {
  std::size_t longest = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    longest = std::max(longest, display_width(std::string_view(text).substr(at, end - at)));
    at = end + 1;
  }
  return longest;
}

/// Cuts off what fits into a line: all of it, or whole words.
std::string take_line(std::string& rest, std::size_t width) {
  std::string line;
  if (display_width(rest) <= width) {
    line.swap(rest);
    return line;
  }
  std::size_t end = 0;
  for (std::size_t blank = rest.find(' '); blank != std::string::npos; blank = rest.find(' ', blank + 1)) {
    if (display_width(std::string_view(rest).substr(0, blank)) > width) break;
    end = blank;
  }
  if (end == 0) end = std::min(rest.find(' ', 1), rest.size());
  line = rest.substr(0, end);
  rest.erase(0, std::min(end + 1, rest.size()));
  return line;
}

/// A number above 0 that the environment says.
std::optional<std::size_t> said_by(const char* variable) {
  const char* text = std::getenv(variable);
  const long said = text == nullptr ? 0 : std::strtol(text, nullptr, 10);
  return said > 0 ? std::optional(static_cast<std::size_t>(said)) : std::nullopt;
}

}  // namespace

std::optional<std::size_t> terminal_width(int descriptor) {
  if (const auto said = said_by("COLUMNS")) return said;
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return std::nullopt;
  return size.ws_col;
}

std::optional<std::size_t> terminal_rows(int descriptor) {
  if (const auto said = said_by("LINES")) return said;
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_row == 0) return std::nullopt;
  return size.ws_row;
}

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

std::string wrapped(const std::string& text, std::size_t width, std::size_t indent) {
  std::size_t at = std::min(text.find_first_not_of(' '), text.size());
  std::string lines, line = text.substr(0, at);
  const std::string further(at + indent, ' ');
  bool has_word = false;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    at = end + 1;
    if (has_word && display_width(line) + 1 + display_width(word) > width) {
      lines += line + "\n";
      line = further;
      has_word = false;
    }
    line += (has_word ? " " : "") + word;
    has_word = true;
  }
  return lines + line + "\n";
}

/// Of the first `count` columns.
std::vector<std::size_t> TextTable::widths_for(std::size_t width, std::size_t count) const {
  std::vector<std::size_t> widths, least;
  for (std::size_t c = 0; c < count; ++c) {
    widths.push_back(display_width(columns_[c].heading));
    std::size_t longest = widths[c];
    for (const auto& row : rows_) {
      if (row.empty()) continue;
      widths[c] = std::max(widths[c], display_width(row[c]));
      longest = std::max(longest, longest_word(row[c]));
    }
    // What is short is one thing, such as a date with a time, and is not broken at its blank.
    least.push_back(columns_[c].align == Align::right
                        ? widths[c]
                        : std::max(longest, std::min(widths[c], readable_columns)));
  }
  while (line_width(widths) > width) {
    std::size_t widest = count;
    for (std::size_t c = 0; c < count; ++c) {
      const bool is_wider = widest == count || widths[c] > widths[widest];
      if (widths[c] > least[c] && is_wider) widest = c;
    }
    if (widest == count) break;
    --widths[widest];
  }
  return widths;
}

/// Of as many columns as can stand beside each other.
std::vector<std::size_t> TextTable::readable_widths(std::size_t width) const {
  std::size_t count = columns_.size();
  std::vector<std::size_t> widths = widths_for(width, count);
  while (count > 1 && line_width(widths) > width)
    widths = widths_for(width, --count);
  return widths;
}

/// The cells from `first` on, on lines of their own.
std::string TextTable::below(const std::vector<std::string>& cells, std::size_t first,
                             std::size_t width) const {
  std::string text;
  for (std::size_t c = first; c < cells.size(); ++c) {
    if (cells[c].empty() || cells[c] == "-") continue;
    const std::string& heading = columns_[c].heading;
    text += (text.empty() ? "    " : "; ") + (heading.empty() ? "" : heading + ": ") + cells[c];
  }
  return text.empty() ? text : wrapped(text, width, 2);
}

std::string TextTable::to_string(std::size_t width) const {
  const std::vector<std::size_t> widths = readable_widths(width);
  const std::string rule = std::string(line_width(widths), '-') + "\n";
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string text;
    for (std::size_t c = 0; c < widths.size(); ++c)
      text += (c == 0 ? "" : "  ") + padded(cells[c], widths[c], columns_[c].align);
    text.erase(text.find_last_not_of(' ') + 1);
    return text + "\n";
  };
  const auto lines = [&](const std::vector<std::string>& cells) {
    std::vector<std::string> rest(cells.begin(), cells.begin() + static_cast<std::ptrdiff_t>(widths.size()));
    std::string text;
    do {
      std::vector<std::string> first;
      for (std::size_t c = 0; c < rest.size(); ++c)
        first.push_back(take_line(rest[c], widths[c]));
      text += line(first);
    } while (std::any_of(rest.begin(), rest.end(), [](const std::string& cell) { return !cell.empty(); }));
    return text + below(cells, widths.size(), width);
  };
  std::vector<std::string> headings;
  for (const Column& column : columns_)
    headings.push_back(column.heading);
  std::string text = line(headings) + rule;
  for (const auto& row : rows_)
    text += row.empty() ? rule : lines(row);
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

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// What the pages are put together from. Functions that return markup escape the text they are given, unless
/// said otherwise.
namespace cadre::report {

std::string escaped(std::string_view plain);

/// With its sign, as gains and losses are written.
std::string signed_percent(double fraction, int digits = 1);

std::string tile(std::string_view label, const std::string& value, const std::string& below);

/// The place of a plot. All arguments are markup.
std::string plot(std::string_view id, std::string_view title, std::string_view about,
                 std::string_view extra = "");

/// The buttons for the range of dates that all plots of a page show.
std::string range_bar();

/// A row of a table, with one value or two.
std::string row(std::string_view name, const std::string& value);
std::string row(std::string_view name, const std::string& first, const std::string& second);

/// A section with a list; nothing without lines. The title is markup, the kind a class.
std::string list(std::string_view title, std::string_view kind, const std::vector<std::string>& lines);

/// A whole page that needs nothing else: markup of the header and of what is below, data as JSON that may
/// stand inside a script element, and the script that plots them.
std::string page_document(std::string_view title, std::string_view header, std::string_view main,
                          std::string_view data, std::string_view script);

/// As many digits as a plot can show; what is not finite is null.
void append_number(std::string& text, double value, int digits);

/// A JSON string that cannot end a script element.
std::string script_string(const std::string& plain);

/// The JSON array of value(first) .. value(end - 1).
template <class Value>
void append_array(std::string& text, std::size_t first, std::size_t end, int digits, const Value& value) {
  text += '[';
  for (std::size_t t = first; t < end; ++t) {
    if (t != first) text += ',';
    append_number(text, value(t), digits);
  }
  text += ']';
}

}  // namespace cadre::report

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cadre::base {

/// The candidate with the fewest edits to `word`, ignoring case; the first of equals; empty when none is
/// near.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

/// `; did you mean "x"?`, or nothing when no candidate is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

/// 16 lower-case hexadecimal digits.
std::string hexadecimal(std::uint64_t number);

std::string join(const std::vector<std::string>& parts, std::string_view separator);

/// The shortest text that reads back as the same double; "nan", "inf" and "-inf" for what is not finite.
std::string format_double(double value);

/// The offset of the first byte that does not belong to valid UTF-8, or nothing.
std::optional<size_t> first_invalid_utf8(std::string_view text);

/// On one line and without effect on a terminal: control characters but tabs, and bytes that are no UTF-8, as
/// \x1b; what turns the direction of writing, breaks a line or cannot be seen, as \u202e.
std::string printable(std::string_view text);
/// The same, but lines stay lines.
std::string printable_lines(std::string_view text);
/// JSON without effect on a terminal: the same characters as JSON writes them. What it says stays the same.
std::string printable_json(std::string_view json);

/// With spaces in the places of line ends and other control characters.
std::string on_one_line(std::string text);

/// Whether the text begins as UTF-16 does: with its byte order mark.
bool is_utf16(std::string_view text);

}  // namespace cadre::base

#include "host/base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>
#include <utility>

namespace cadre::base {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Optimal string alignment: insert, delete, replace, swap of neighbours cost one each.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1])) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

// The bytes of the sequence that starts at `at`, 0 when it is not valid UTF-8 (RFC 3629).
size_t sequence_length(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : static_cast<unsigned char>(0);
  };
  const auto follows = [&](size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const unsigned first = byte(0), second = byte(1);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    if (!follows(1) || !follows(2)) return 0;
    if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F)) return 0;
    return 3;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if (!follows(1) || !follows(2) || !follows(3)) return 0;
    if ((first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) return 0;
    return 4;
  }
  return 0;
}

// The character of a valid sequence.
char32_t code_point(std::string_view sequence) {
  const auto first = static_cast<unsigned char>(sequence[0]);
  char32_t point = sequence.size() == 1 ? first : first & (0xffu >> (sequence.size() + 1));
  for (const char c : sequence.substr(1))
    point = point << 6 | (static_cast<unsigned char>(c) & 0x3fu);
  return point;
}

bool is_control(char32_t point) {
  return point < 0x20 || (point >= 0x7f && point < 0xa0);
}

// Marks that are not seen themselves and change how what is around them is seen.
bool is_unseen(char32_t point) {
  constexpr std::pair<char32_t, char32_t> ranges[] = {{0x61c, 0x61c},   {0x180e, 0x180e},  {0x200b, 0x200f},
                                                      {0x2028, 0x202e}, {0x2060, 0x206f},  {0xfeff, 0xfeff},
                                                      {0xfff9, 0xfffb}, {0xe0000, 0xe007f}};
  return std::any_of(std::begin(ranges), std::end(ranges),
                     [&](const auto& range) { return point >= range.first && point <= range.second; });
}

void append_hex(std::string& text, char32_t number, int digits) {
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4)
    text += "0123456789abcdef"[number >> shift & 15];
}

enum class Escape { as_bytes, as_json };

// One character that is not sent as it is; `bytes` that are no UTF-8 have no code point.
void append_shown(std::string& text, std::string_view bytes, std::optional<char32_t> point, Escape escape) {
  if (escape == Escape::as_json && !point) {
    text += "\\ufffd";
  } else if (escape == Escape::as_json && *point > 0xffff) {
    text += "\\u";
    append_hex(text, 0xd800 + ((*point - 0x10000) >> 10), 4);
    text += "\\u";
    append_hex(text, 0xdc00 + ((*point - 0x10000) & 0x3ff), 4);
  } else if (point && (escape == Escape::as_json || is_unseen(*point))) {
    text += "\\u";
    append_hex(text, *point, *point > 0xffff ? 6 : 4);
  } else {
    for (const char c : bytes) {
      text += "\\x";
      append_hex(text, static_cast<unsigned char>(c), 2);
    }
  }
}

std::string with_shown(std::string_view text, Escape escape, std::string_view kept) {
  std::string shown;
  shown.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = sequence_length(text, at);
    const std::string_view bytes = text.substr(at, std::max<std::size_t>(length, 1));
    const std::optional<char32_t> point =
        length == 0 ? std::nullopt : std::optional<char32_t>(code_point(bytes));
    const bool is_kept = length == 1 && kept.find(bytes[0]) != std::string_view::npos;
    if (is_kept || (point && !is_control(*point) && !is_unseen(*point)))
      shown += bytes;
    else
      append_shown(shown, bytes, point, escape);
    at += bytes.size();
  }
  return shown;
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  // A third of the letters may differ: more than that is another word, not a slip.
  size_t best_distance = std::max<size_t>(1, word.size() / 3) + 1;
  std::string best;
  for (const std::string& candidate : candidates) {
    const size_t longer = std::max(word.size(), candidate.size());
    if (longer - std::min(word.size(), candidate.size()) >= best_distance) continue;
    const size_t distance = edit_distance(word, candidate);
    if (distance < best_distance && distance < longer) {
      best_distance = distance;
      best = candidate;
    }
  }
  if (!best.empty() || word.size() < 4) return best;
  // A name without what stands before it: "momentum" of "cadre.momentum".
  for (const std::string& candidate : candidates) {
    if (candidate.size() > word.size() && candidate.ends_with(word) &&
        candidate[candidate.size() - word.size() - 1] == '.')
      return candidate;
  }
  // A word that was cut short, or one with something added.
  for (const std::string& candidate : candidates) {
    const bool related =
        candidate.starts_with(word) || (candidate.size() >= 4 && word.starts_with(candidate));
    if (related && (best.empty() || candidate.size() < best.size())) best = candidate;
  }
  return best;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  const std::string found = nearest(word, candidates);
  return found.empty() ? std::string() : "; did you mean \"" + found + "\"?";
}

std::string hexadecimal(std::uint64_t number) {
  std::string text(16, '0');
  for (auto digit = text.rbegin(); number != 0; ++digit, number >>= 4)
    *digit = "0123456789abcdef"[number & 15];
  return text;
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string joined;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) joined += separator;
    joined += parts[i];
  }
  return joined;
}

std::string format_double(double value) {
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return std::string(buffer.data(), end);
}

std::optional<size_t> first_invalid_utf8(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    const size_t length = sequence_length(text, at);
    if (length == 0) return at;
    at += length;
  }
  return std::nullopt;
}

std::string printable(std::string_view text) {
  return with_shown(text, Escape::as_bytes, "\t");
}

std::string printable_lines(std::string_view text) {
  return with_shown(text, Escape::as_bytes, "\t\n");
}

std::string printable_json(std::string_view json) {
  return with_shown(json, Escape::as_json, "\t\n\r");
}

std::string on_one_line(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return text;
}

bool is_utf16(std::string_view text) {
  return text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF");
}

}  // namespace cadre::base

#include "host/base/json_scanner.hpp"

#include <boost/json/parse.hpp>
#include <charconv>
#include <utility>

namespace cadre::base {

namespace js = boost::json;

namespace {

/// Of so many values the places are kept: a document of megabytes of small values would else need a hundred
/// times its size. What stands behind them has the place of the nearest value around it.
constexpr std::size_t places_most = 100'000;

bool fits_64_bits(std::string_view token) {
  int64_t as_signed = 0;
  uint64_t as_unsigned = 0;
  return std::from_chars(token.data(), token.data() + token.size(), as_signed).ec == std::errc() ||
         std::from_chars(token.data(), token.data() + token.size(), as_unsigned).ec == std::errc();
}

// Of a number that no double can hold: too small rather than too large.
bool is_tiny(std::string_view token) {
  const size_t exponent = token.find_first_of("eE");
  if (exponent != std::string_view::npos) return token[exponent + 1] == '-';
  return token.starts_with("0.") || token.starts_with("-0.");
}

}  // namespace

Problems JsonScanner::run() {
  skip_blanks();
  scan_value("", &document_.root_);
  return problems_.take();
}

void JsonScanner::scan_value(const std::string& pointer, js::value* value) {
  if (document_.positions_.size() < places_most)
    document_.positions_.try_emplace(pointer, JsonDocument::Position{document_.file_, line_, column_});
  switch (current()) {
    case '{':
      scan_object(pointer, value);
      break;
    case '[':
      scan_array(pointer, value);
      break;
    case '"':
      scan_string();
      break;
    case 't':
    case 'f':
    case 'n':
      scan_word();
      break;
    default:
      scan_number(pointer, value);
  }
  skip_blanks();
}

void JsonScanner::scan_object(const std::string& pointer, js::value* value) {
  js::object* object = value != nullptr ? value->if_object() : nullptr;
  std::map<std::string, std::pair<std::uint32_t, std::uint32_t>> seen;  // line and column
  advance();
  skip_blanks();
  while (current() == '"') {
    const Place place = here("");
    const std::string key = scan_key();
    const std::string inner = pointer + "/" + pointer_token(key);
    const auto [first, is_new] = seen.try_emplace(key, place.line, place.column);
    if (!is_new) {
      Place again = place;
      again.pointer = inner;
      problems_.error("JSON_DUPLICATE_KEY", std::move(again),
                      "the key " + quote(key) + " stands here again, first at line " +
                          std::to_string(first->second.first) + ", column " +
                          std::to_string(first->second.second),
                      "keep one of them");
    }
    skip_blanks();
    advance();  // the colon
    skip_blanks();
    scan_value(inner, is_new && object != nullptr ? object->if_contains(key) : nullptr);
    if (current() == ',') advance();
    skip_blanks();
  }
  advance();
}

void JsonScanner::scan_array(const std::string& pointer, js::value* value) {
  js::array* array = value != nullptr ? value->if_array() : nullptr;
  advance();
  skip_blanks();
  for (size_t i = 0; current() != ']' && at_ < text_.size(); ++i) {
    scan_value(pointer + "/" + std::to_string(i),
               array != nullptr && i < array->size() ? &(*array)[i] : nullptr);
    if (current() == ',') advance();
    skip_blanks();
  }
  advance();
}

void JsonScanner::scan_number(const std::string& pointer, js::value* value) {
  const Place place = here(pointer);
  const size_t start = at_;
  while (at_ < text_.size() && std::string_view("+-.0123456789eE").find(current()) != std::string_view::npos)
    advance();
  const std::string_view token = text_.substr(start, at_ - start);
  // Judged by the text, not by the value: of duplicate keys the parser keeps only the last.
  if (token.find_first_of(".eE") == std::string_view::npos) {
    if (!fits_64_bits(token)) {
      problems_.error("JSON_NUMBER_OVERFLOW", place, std::string(token) + " does not fit 64 bits",
                      "write it with an exponent if it need not be exact");
    }
    return;
  }
  double exact = 0;
  const auto failure = std::from_chars(token.data(), token.data() + token.size(), exact).ec;
  if (failure != std::errc() && !is_tiny(token)) {
    problems_.error("JSON_NUMBER_OVERFLOW", place,
                    std::string(token) + " is larger than any number of 64 bits");
  } else if (value != nullptr && value->is_double()) {
    value->get_double() = failure == std::errc() ? exact : 0.0;
  }
}

std::string_view JsonScanner::scan_string() {
  const size_t start = at_;
  advance();
  while (at_ < text_.size() && current() != '"') {
    if (current() == '\\') advance();
    advance();
  }
  advance();
  return text_.substr(start, at_ - start);
}

std::string JsonScanner::scan_key() {
  const std::string_view token = scan_string();
  if (token.find('\\') == std::string_view::npos) return std::string(token.substr(1, token.size() - 2));
  js::error_code ignored;
  const js::value key = js::parse(js::string_view(token.data(), token.size()), ignored);
  return key.is_string() ? std::string(key.get_string()) : std::string(token);
}

void JsonScanner::scan_word() {
  while (current() >= 'a' && current() <= 'z')
    advance();
}

void JsonScanner::skip_blanks() {
  while (current() == ' ' || current() == '\t' || current() == '\n' || current() == '\r')
    advance();
}

void JsonScanner::advance() {
  if (at_ >= text_.size()) return;
  const auto byte = static_cast<unsigned char>(text_[at_++]);
  if (byte == '\n') {
    ++line_;
    column_ = 1;
  } else if ((static_cast<unsigned char>(current()) & 0xC0) != 0x80) {
    // A character ends where the next byte is no continuation.
    ++column_;
  }
}

Place JsonScanner::here(std::string pointer) const {
  return {.file = document_.file_, .line = line_, .column = column_, .pointer = std::move(pointer)};
}

}  // namespace cadre::base

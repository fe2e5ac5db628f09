#include "host/base/json.hpp"

#include <algorithm>
#include <boost/json/parser.hpp>
#include <charconv>
#include <cmath>
#include <utility>

#include "host/base/file.hpp"
#include "host/base/json_scanner.hpp"
#include "host/base/text.hpp"

namespace cadre::base {
namespace {

namespace js = boost::json;

constexpr size_t kMaxDepth = 64;

Place place_at(const std::string& file, std::string_view text, size_t offset) {
  Place place{.file = file, .line = 1, .column = 1, .pointer = {}};
  for (const char c : text.substr(0, offset)) {
    if (c == '\n') {
      ++place.line;
      place.column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
      ++place.column;
    }
  }
  return place;
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

char last_solid_before(std::string_view text, size_t offset) {
  while (offset > 0 && is_blank(text[offset - 1]))
    --offset;
  return offset > 0 ? text[offset - 1] : '\0';
}

// What a person most likely did at a place that the parser does not accept.
std::string explain_syntax(std::string_view text, size_t offset) {
  const char found = text[offset];
  const char before = last_solid_before(text, offset);
  if ((found == '}' || found == ']') && before == ',') return "a comma before the closing bracket";
  if (found == '/' || found == '#') return "comments are not part of JSON";
  if (found == '\'') return "single quotes; strings stand in double quotes";
  if (static_cast<unsigned char>(found) < 0x20) return "a line break or control character inside a value";
  const bool after_value =
      before == '"' || before == '}' || before == ']' || (before >= '0' && before <= '9');
  if ((found == '"' || found == '{' || found == '[') && after_value) {
    return "unexpected " + std::string(1, found) + "; a comma or a colon is missing before it";
  }
  size_t length = 1;
  while (offset + length < text.size() && (static_cast<unsigned char>(text[offset + length]) & 0xC0) == 0x80)
    ++length;
  return "unexpected " + std::string(text.substr(offset, length));
}

Problems refuse(const std::string& file, std::string_view text, size_t offset, js::error_code reason) {
  Problems problems;
  const auto at = [&](size_t where) { return place_at(file, text, where); };
  if (reason == js::error::incomplete) {
    problems.error("JSON_TRUNCATED", at(text.size()), "the text ends before the document does",
                   "close what is open, or copy the file again");
  } else if (reason == js::error::extra_data) {
    while (offset < text.size() && is_blank(text[offset]))
      ++offset;
    problems.error("JSON_TRAILING_DATA", at(offset), "something follows the end of the document",
                   "a file holds one JSON value");
  } else if (reason == js::error::too_deep) {
    problems.error("JSON_TOO_DEEP", at(offset),
                   "nested deeper than " + std::to_string(kMaxDepth) + " levels");
  } else if (reason == js::error::exponent_overflow) {
    problems.error("JSON_NUMBER_OVERFLOW", at(offset), "the number is too large");
  } else if (reason == js::error::syntax && offset < text.size()) {
    problems.error("JSON_SYNTAX", at(offset), "not JSON: " + explain_syntax(text, offset));
  } else {
    problems.error("JSON_SYNTAX", at(std::min(offset, text.size())), "not JSON: " + reason.message());
  }
  return problems;
}

// What makes the text no JSON text at all, before its grammar.
Problems check_bytes(const std::string& file, std::string_view text) {
  Problems problems;
  if (std::all_of(text.begin(), text.end(), is_blank)) {
    problems.error("JSON_EMPTY", {.file = file}, "the file is empty, expected a JSON value");
  } else if (is_utf16(text)) {
    problems.error("JSON_NOT_UTF8", {.file = file}, "the text is UTF-16, expected UTF-8",
                   "save the file as UTF-8");
  } else if (const size_t nul = text.find('\0'); nul != std::string_view::npos) {
    problems.error("JSON_BINARY", place_at(file, text, nul),
                   "a zero byte: this is a binary file, expected JSON text");
  } else if (const auto invalid = first_invalid_utf8(text)) {
    problems.error("JSON_NOT_UTF8", place_at(file, text, *invalid), "the text is not valid UTF-8",
                   "save the file as UTF-8");
  } else if (text.starts_with("\xEF\xBB\xBF")) {
    problems.error("JSON_SYNTAX", {.file = file, .line = 1, .column = 1},
                   "the file starts with a byte order mark", "save it as UTF-8 without one");
  }
  return problems;
}

std::string parent_of(std::string_view pointer) {
  const size_t slash = pointer.rfind('/');
  return std::string(slash == std::string_view::npos ? std::string_view() : pointer.substr(0, slash));
}

// The last reference token, unescaped.
std::string key_of(std::string_view pointer) {
  const std::string_view token = pointer.substr(pointer.rfind('/') + 1);
  std::string key;
  for (size_t i = 0; i < token.size(); ++i) {
    const bool escape =
        token[i] == '~' && i + 1 < token.size() && (token[i + 1] == '0' || token[i + 1] == '1');
    key += escape ? (token[++i] == '0' ? '~' : '/') : token[i];
  }
  return key;
}

bool is_well_formed(std::string_view pointer) {
  if (!pointer.empty() && pointer[0] != '/') return false;
  for (size_t i = 0; i < pointer.size(); ++i) {
    if (pointer[i] != '~') continue;
    if (i + 1 == pointer.size() || (pointer[i + 1] != '0' && pointer[i + 1] != '1')) return false;
  }
  return true;
}

js::value* find_mutable(js::value& root, std::string_view pointer) {
  js::error_code ignored;
  return root.find_pointer(js::string_view(pointer.data(), pointer.size()), ignored);
}

}  // namespace

Result<JsonDocument> JsonDocument::parse(std::string file, std::string text) {
  if (Problems problems = check_bytes(file, text); problems.has_errors()) return problems;
  js::parse_options options;
  options.max_depth = kMaxDepth;
  js::parser parser({}, options);
  js::error_code reason;
  const size_t consumed = parser.write_some(text.data(), text.size(), reason);
  if (!reason && text.find_first_not_of(" \t\r\n", consumed) != std::string::npos)
    reason = js::error::extra_data;
  if (reason) return refuse(file, text, consumed, reason);

  JsonDocument document;
  document.file_ = std::move(file);
  document.root_ = parser.release();
  Problems problems = JsonScanner(text, document).run();
  if (problems.has_errors()) return problems;
  return document;
}

Result<JsonDocument> JsonDocument::load(const std::filesystem::path& path, std::uint64_t bytes_most) {
  Result<std::string> text = read_file(path, bytes_most);
  if (!text) return text.problems();
  return parse(path.string(), std::move(text).take());
}

JsonDocument JsonDocument::of(std::string name, boost::json::value root) {
  JsonDocument document;
  document.file_ = std::move(name);
  document.root_ = std::move(root);
  return document;
}

void JsonDocument::note_place(std::string pointer, uint32_t line, uint32_t column) {
  positions_[std::move(pointer)] = {file_, line, column};
}

Place JsonDocument::place(std::string_view json_pointer) const {
  std::string existing(json_pointer);
  auto found = positions_.find(existing);
  while (found == positions_.end() && !existing.empty()) {
    existing = parent_of(existing);
    found = positions_.find(existing);
  }
  Place place{.file = file_, .pointer = std::string(json_pointer)};
  if (found == positions_.end()) return place;
  place.file = found->second.file;
  for (const auto& [pointer, file] : embedded_) {
    const bool inside = place.pointer == pointer || place.pointer.starts_with(pointer + "/");
    if (inside && place.file == file)
      return {file, found->second.line, found->second.column, place.pointer.substr(pointer.size())};
  }
  place.line = found->second.line;
  place.column = found->second.column;
  return place;
}

Problems JsonDocument::set(std::string_view pointer, std::string_view json_text, const std::string& origin) {
  Problems problems;
  const Place asked{.file = origin, .pointer = std::string(pointer)};
  if (!is_well_formed(pointer)) {
    problems.error("JSON_POINTER_INVALID", asked, "this is not a JSON pointer", "write it like /risk/limit");
    return problems;
  }
  std::vector<std::string> missing;  // the pointers to what is not there yet, the innermost first
  std::string there(pointer);
  while (find_mutable(root_, there) == nullptr) {
    missing.push_back(there);
    there = parent_of(there);
  }
  js::value* target = find_mutable(root_, there);
  if (!missing.empty() && !target->is_object()) {
    const std::string what = target->is_array() ? "an array of " + std::to_string(target->get_array().size())
                                                : "which is no object";
    problems.error("JSON_POINTER_UNKNOWN", asked,
                   quote(key_of(missing.back())) + " does not exist in " + there + ", " + what);
    return problems;
  }

  JsonDocument replacement;
  if (auto parsed = parse(origin, std::string(json_text)); parsed) {
    replacement = std::move(parsed).take();
  } else {
    for (const Problem& problem : parsed.problems()) {
      const bool is_json = problem.code == "JSON_DUPLICATE_KEY" || problem.code == "JSON_NUMBER_OVERFLOW" ||
                           problem.code == "JSON_NOT_UTF8" || problem.code == "JSON_BINARY";
      if (is_json) problems.error(problem.code, asked, problem.message, problem.next_step);
    }
    if (problems.has_errors()) return problems;
    replacement.root_ = js::string_view(json_text.data(), json_text.size());
    replacement.positions_[""] = {};
  }
  // Lines of a command-line argument help nobody: only the origin is kept.
  for (auto& [key, position] : replacement.positions_)
    position = {origin, 0, 0};
  for (auto next = missing.rbegin(); next != missing.rend(); ++next) {
    const std::string key = key_of(*next);
    if (!target->is_object()) target->emplace_object();
    target = &target->get_object()[js::string_view(key.data(), key.size())];
    positions_[*next] = {origin, 0, 0};
  }
  *target = replacement.root_;
  replace_positions(pointer, replacement);
  return problems;
}

void JsonDocument::embed(std::string_view pointer, const JsonDocument& other) {
  js::value* target = find_mutable(root_, pointer);
  if (target == nullptr) return;
  const JsonDocument copy = other;  // `other` may be this very document
  *target = copy.root_;
  embedded_.emplace_back(pointer, copy.file_);
  replace_positions(pointer, copy);
}

void JsonDocument::replace_positions(std::string_view pointer, const JsonDocument& other) {
  const std::string prefix(pointer);
  positions_.erase(prefix);
  const std::string inside = prefix + "/";
  auto last = positions_.lower_bound(inside);
  while (last != positions_.end() && last->first.starts_with(inside))
    last = positions_.erase(last);
  for (const auto& [key, position] : other.positions_)
    positions_[prefix + key] = position;
}

}  // namespace cadre::base

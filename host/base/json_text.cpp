#include <algorithm>
#include <cmath>
#include <vector>

#include "host/base/json.hpp"
#include "host/base/text.hpp"

namespace cadre::base {
namespace {

namespace js = boost::json;

// Integers up to here are exact as doubles, so that 3.0 and 3 are one value.
constexpr double kExactIntegers = 9007199254740992.0;

std::string number_text(double value, bool keeps_double) {
  if (!std::isfinite(value)) return "null";
  if (value == 0 && std::signbit(value)) return "-0.0";
  if (value == std::floor(value) && std::fabs(value) <= kExactIntegers) {
    return std::to_string(static_cast<int64_t>(value)) + (keeps_double ? ".0" : "");
  }
  return format_double(value);
}

std::string scalar_text(const js::value& value, bool keeps_double) {
  switch (value.kind()) {
    case js::kind::null:
      return "null";
    case js::kind::bool_:
      return value.get_bool() ? "true" : "false";
    case js::kind::int64:
      return std::to_string(value.get_int64());
    case js::kind::uint64:
      return std::to_string(value.get_uint64());
    case js::kind::double_:
      return number_text(value.get_double(), keeps_double);
    case js::kind::string:
      return quote(std::string_view(value.get_string().data(), value.get_string().size()));
    case js::kind::array:
      return "[]";
    case js::kind::object:
      return "{}";
  }
  return "null";
}

void write_canonical(const js::value& value, std::string& out) {
  if (const js::object* object = value.if_object()) {
    std::vector<const js::key_value_pair*> members;
    for (const auto& member : *object)
      members.push_back(&member);
    std::sort(members.begin(), members.end(),
              [](const auto* a, const auto* b) { return a->key() < b->key(); });
    out += '{';
    for (size_t i = 0; i < members.size(); ++i) {
      if (i > 0) out += ',';
      out += quote(std::string_view(members[i]->key().data(), members[i]->key().size())) + ":";
      write_canonical(members[i]->value(), out);
    }
    out += '}';
  } else if (const js::array* array = value.if_array()) {
    out += '[';
    for (size_t i = 0; i < array->size(); ++i) {
      if (i > 0) out += ',';
      write_canonical((*array)[i], out);
    }
    out += ']';
  } else {
    out += scalar_text(value, false);
  }
}

// An array of scalars on one line, or nothing when it is no such array or too long to read.
std::string one_line(const js::array& array) {
  constexpr size_t kMaxWidth = 100;
  std::string line = "[";
  for (size_t i = 0; i < array.size(); ++i) {
    const bool is_nested = (array[i].is_object() && !array[i].get_object().empty()) ||
                           (array[i].is_array() && !array[i].get_array().empty());
    if (is_nested || line.size() > kMaxWidth) return {};
    line += (i > 0 ? ", " : "") + scalar_text(array[i], true);
  }
  return line + "]";
}

void write_pretty(const js::value& value, size_t depth, std::string& out) {
  const std::string indent(2 * (depth + 1), ' '), outer(2 * depth, ' ');
  if (const js::object* object = value.if_object(); object != nullptr && !object->empty()) {
    out += "{\n";
    size_t left = object->size();
    for (const auto& member : *object) {
      out += indent + quote(std::string_view(member.key().data(), member.key().size())) + ": ";
      write_pretty(member.value(), depth + 1, out);
      out += --left > 0 ? ",\n" : "\n";
    }
    out += outer + "}";
  } else if (const js::array* array = value.if_array(); array != nullptr && !array->empty()) {
    if (const std::string line = one_line(*array); !line.empty()) {
      out += line;
      return;
    }
    out += "[\n";
    for (size_t i = 0; i < array->size(); ++i) {
      out += indent;
      write_pretty((*array)[i], depth + 1, out);
      out += i + 1 < array->size() ? ",\n" : "\n";
    }
    out += outer + "]";
  } else {
    out += scalar_text(value, true);
  }
}

}  // namespace

std::string canonical(const js::value& value) {
  std::string text;
  write_canonical(value, text);
  return text;
}

std::string pretty(const js::value& value) {
  std::string text;
  write_pretty(value, 0, text);
  return text;
}

std::string quote(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string quoted = "\"";
  while (!text.empty()) {
    const size_t valid = first_invalid_utf8(text).value_or(text.size());
    for (const char c : text.substr(0, valid)) {
      switch (c) {
        case '"':
          quoted += "\\\"";
          break;
        case '\\':
          quoted += "\\\\";
          break;
        case '\n':
          quoted += "\\n";
          break;
        case '\r':
          quoted += "\\r";
          break;
        case '\t':
          quoted += "\\t";
          break;
        default:
          if (static_cast<unsigned char>(c) < 0x20) {
            quoted += "\\u00";
            quoted += kDigits[static_cast<unsigned char>(c) >> 4];
            quoted += kDigits[static_cast<unsigned char>(c) & 15];
          } else {
            quoted += c;
          }
      }
    }
    if (valid < text.size()) quoted += "\xEF\xBF\xBD";
    text.remove_prefix(std::min(valid + 1, text.size()));
  }
  return quoted + "\"";
}

std::string pointer_token(std::string_view key) {
  std::string token;
  for (const char c : key) {
    if (c == '~') {
      token += "~0";
    } else if (c == '/') {
      token += "~1";
    } else {
      token += c;
    }
  }
  return token;
}

const js::value* find(const js::value& root, std::string_view pointer) {
  js::error_code ignored;
  return root.find_pointer(js::string_view(pointer.data(), pointer.size()), ignored);
}

}  // namespace cadre::base

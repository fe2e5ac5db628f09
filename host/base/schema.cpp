#include "host/base/schema.hpp"

#include <boost/json/value.hpp>
#include <cmath>
#include <optional>
#include <regex>
#include <set>
#include <utility>
#include <vector>

#include "host/base/capped_problems.hpp"
#include "host/base/json.hpp"
#include "host/base/text.hpp"

namespace cadre::base {
namespace {

namespace js = boost::json;

std::string_view view(js::string_view text) {
  return {text.data(), text.size()};
}

const js::value* keyword(const js::object& schema, const char* name) {
  return schema.if_contains(name);
}

bool is_integer(const js::value& value) {
  if (value.is_int64() || value.is_uint64()) return true;
  constexpr double most = 9.0e18;  // what fits 64 bits; no reader takes more
  return value.is_double() && std::fabs(value.get_double()) <= most &&
         value.get_double() == std::floor(value.get_double());
}

std::string type_name(const js::value& value) {
  switch (value.kind()) {
    case js::kind::null:
      return "null";
    case js::kind::bool_:
      return "boolean";
    case js::kind::string:
      return "string";
    case js::kind::array:
      return "array";
    case js::kind::object:
      return "object";
    default:
      return is_integer(value) ? "integer" : "number";
  }
}

std::string with_article(const std::string& type) {
  if (type == "null") return type;
  const bool vowel = std::string_view("aeiou").find(type[0]) != std::string_view::npos;
  return (vowel ? "an " : "a ") + type;
}

// The value as a person wrote it, cut where it would fill the line.
std::string shown(const js::value& value) {
  constexpr size_t kMaxShown = 60;
  std::string text = canonical(value);
  if (text.size() <= kMaxShown) return text;
  size_t end = kMaxShown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
    --end;
  return text.substr(0, end) + "...";
}

bool has_type(const js::value& value, std::string_view type) {
  if (type == "number") return value.is_number();
  return type_name(value) == type;
}

std::vector<std::string> types_of(const js::object& schema) {
  std::vector<std::string> types;
  const js::value* type = keyword(schema, "type");
  if (type == nullptr) return types;
  if (type->is_string()) types.emplace_back(view(type->get_string()));
  if (type->is_array()) {
    for (const auto& one : type->get_array()) {
      if (one.is_string()) types.emplace_back(view(one.get_string()));
    }
  }
  return types;
}

// The order of two numbers, without the rounding of large integers to doubles where both are integers.
int compare(const js::value& a, const js::value& b) {
  if (a.is_int64() && b.is_int64()) {
    return a.get_int64() < b.get_int64() ? -1 : (a.get_int64() > b.get_int64() ? 1 : 0);
  }
  const auto as_double = [](const js::value& v) {
    if (v.is_int64()) return static_cast<double>(v.get_int64());
    if (v.is_uint64()) return static_cast<double>(v.get_uint64());
    return v.get_double();
  };
  return as_double(a) < as_double(b) ? -1 : (as_double(a) > as_double(b) ? 1 : 0);
}

const js::value* number(const js::object& schema, const char* name) {
  const js::value* found = keyword(schema, name);
  return found != nullptr && found->is_number() ? found : nullptr;
}

// "an integer from 1 to 1000"
std::string expectation(const js::object& schema) {
  std::vector<std::string> types;
  for (const std::string& type : types_of(schema))
    types.push_back(with_article(type));
  std::string text = join(types, " or ");
  const bool is_numeric =
      text.find("integer") != std::string::npos || text.find("number") != std::string::npos;
  if (!is_numeric) return text;
  const js::value *low = number(schema, "minimum"), *high = number(schema, "maximum");
  const js::value *above = number(schema, "exclusiveMinimum"), *below = number(schema, "exclusiveMaximum");
  if (low != nullptr && high != nullptr) return text + " from " + shown(*low) + " to " + shown(*high);
  if (low != nullptr) text += " of at least " + shown(*low);
  if (above != nullptr) text += " above " + shown(*above);
  if (high != nullptr) text += std::string(low || above ? " and" : " of") + " at most " + shown(*high);
  if (below != nullptr) text += std::string(low || above ? " and" : "") + " below " + shown(*below);
  return text;
}

std::optional<std::regex> compiled(const js::value& pattern) {
  try {
    return std::regex(std::string(view(pattern.get_string())), std::regex::ECMAScript);
  } catch (const std::regex_error&) {
    return std::nullopt;
  }
}

size_t characters(std::string_view text) {
  size_t count = 0;
  for (const char c : text)
    count += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
  return count;
}

class Validator {
 public:
  Validator(const PlaceOf& place, CappedProblems& out) : place_(place), out_(out) {}

  void check(const js::value& value, const js::value& schema_value, const std::string& pointer) {
    const js::object* schema = schema_value.if_object();
    if (schema == nullptr || !check_type(value, *schema, pointer)) return;
    if (!check_words(value, *schema, pointer)) return;
    if (value.is_number()) check_range(value, *schema, pointer);
    if (value.is_string()) check_text(view(value.get_string()), *schema, pointer);
    if (value.is_array()) check_array(value.get_array(), *schema, pointer);
    if (value.is_object()) check_object(value.get_object(), *schema, pointer);
  }

 private:
  void error(std::string code, const std::string& pointer, std::string message, std::string next_step = {}) {
    out_.error(std::move(code), place_(pointer), std::move(message), std::move(next_step));
  }

  bool check_type(const js::value& value, const js::object& schema, const std::string& pointer) {
    const auto types = types_of(schema);
    if (types.empty()) return true;
    for (const std::string& type : types) {
      if (has_type(value, type)) return true;
    }
    const std::string name = with_article(type_name(value));
    const bool is_container = value.is_object() || value.is_array();
    const std::string subject = is_container ? "this is " + name : shown(value) + " is " + name;
    error("CONFIG_WRONG_TYPE", pointer,
          (value.is_null() ? "null is not allowed" : subject) + ", expected " + expectation(schema));
    return false;
  }

  // enum and const: words for choices.
  bool check_words(const js::value& value, const js::object& schema, const std::string& pointer) {
    if (const js::value* only = keyword(schema, "const");
        only != nullptr && canonical(*only) != canonical(value)) {
      error("CONFIG_UNKNOWN_WORD", pointer, shown(value) + " is not " + shown(*only));
      return false;
    }
    const js::value* choices = keyword(schema, "enum");
    if (choices == nullptr || !choices->is_array()) return true;
    std::vector<std::string> texts, words;
    for (const auto& choice : choices->get_array()) {
      if (canonical(choice) == canonical(value)) return true;
      texts.push_back(shown(choice));
      if (choice.is_string()) words.emplace_back(view(choice.get_string()));
    }
    const std::string hint = value.is_string() ? did_you_mean(view(value.get_string()), words) : "";
    error("CONFIG_UNKNOWN_WORD", pointer, shown(value) + " is not one of " + join(texts, ", ") + hint);
    return false;
  }

  void check_range(const js::value& value, const js::object& schema, const std::string& pointer) {
    const auto bound = [&](const char* name, auto holds, const char* words) {
      const js::value* limit = number(schema, name);
      if (limit == nullptr || holds(compare(value, *limit))) return;
      error("CONFIG_OUT_OF_RANGE", pointer, shown(value) + words + shown(*limit));
    };
    bound(
        "minimum", [](int order) { return order >= 0; }, " is below the minimum ");
    bound(
        "maximum", [](int order) { return order <= 0; }, " is above the maximum ");
    bound(
        "exclusiveMinimum", [](int order) { return order > 0; }, " is not above ");
    bound(
        "exclusiveMaximum", [](int order) { return order < 0; }, " is not below ");
  }

  void check_text(std::string_view text, const js::object& schema, const std::string& pointer) {
    check_count(characters(text), schema, "minLength", "maxLength", {"character", "characters"}, pointer);
    const js::value* pattern = keyword(schema, "pattern");
    if (pattern == nullptr || !pattern->is_string()) return;
    // The matcher recurses once a character: a text of megabytes would end the process.
    constexpr size_t kMaxMatched = 4096;
    if (text.size() > kMaxMatched) {
      error("CONFIG_WRONG_LENGTH", pointer,
            "the text is longer than " + std::to_string(kMaxMatched) + " bytes");
      return;
    }
    const auto expression = compiled(*pattern);
    if (!expression || std::regex_search(text.begin(), text.end(), *expression)) return;
    const js::value* description = keyword(schema, "description");
    error("CONFIG_WRONG_FORM", pointer,
          shown(js::string(text.data(), text.size())) + " does not have the form " +
              std::string(view(pattern->get_string())),
          description != nullptr && description->is_string() ? std::string(view(description->get_string()))
                                                             : "");
  }

  void check_count(size_t count, const js::object& schema, const char* least_name, const char* most_name,
                   std::pair<const char*, const char*> one_and_many, const std::string& pointer) {
    const std::string unit = count == 1 ? one_and_many.first : one_and_many.second;
    const js::value *least = number(schema, least_name), *most = number(schema, most_name);
    const js::value counted(static_cast<int64_t>(count));
    if (least != nullptr && compare(counted, *least) < 0) {
      error("CONFIG_WRONG_LENGTH", pointer,
            "has " + shown(counted) + " " + unit + ", at least " + shown(*least) +
                (compare(*least, 1) == 0 ? " is" : " are") + " needed");
    }
    if (most != nullptr && compare(counted, *most) > 0) {
      error("CONFIG_WRONG_LENGTH", pointer,
            "has " + shown(counted) + " " + unit + ", at most " + shown(*most) +
                (compare(*most, 1) == 0 ? " is" : " are") + " allowed");
    }
  }

  void check_array(const js::array& array, const js::object& schema, const std::string& pointer) {
    check_count(array.size(), schema, "minItems", "maxItems", {"entry", "entries"}, pointer);
    const js::value* unique = keyword(schema, "uniqueItems");
    const js::value* items = keyword(schema, "items");
    std::set<std::string> seen;
    for (size_t i = 0; i < array.size() && !out_.is_enough(); ++i) {
      const std::string inner = pointer + "/" + std::to_string(i);
      if (items != nullptr) check(array[i], *items, inner);
      if (unique != nullptr && unique->is_bool() && unique->get_bool() &&
          !seen.insert(canonical(array[i])).second) {
        error("CONFIG_NOT_UNIQUE", inner, shown(array[i]) + " stands in the list twice");
      }
    }
  }

  void check_object(const js::object& object, const js::object& schema, const std::string& pointer) {
    const js::value* properties_value = keyword(schema, "properties");
    const js::object* properties = properties_value != nullptr ? properties_value->if_object() : nullptr;
    const js::value* open = keyword(schema, "additionalProperties");
    const bool is_open = open != nullptr && open->is_bool() && open->get_bool();
    std::vector<std::string> known;
    if (properties != nullptr) {
      for (const auto& member : *properties)
        known.emplace_back(view(member.key()));
    }
    for (const auto& member : object) {
      if (out_.is_enough()) return;
      const std::string_view key = view(member.key());
      const js::value* inner = properties != nullptr ? properties->if_contains(member.key()) : nullptr;
      const std::string inner_pointer = pointer + "/" + pointer_token(key);
      if (inner != nullptr) {
        check(member.value(), *inner, inner_pointer);
      } else if (key == "$schema" && member.value().is_string()) {
        continue;  // what an editor checks the file with
      } else if (!key.starts_with("x-") && !is_open) {
        error("CONFIG_UNKNOWN_KEY", inner_pointer,
              "unknown key " + quote(key) + suggestion(key, known, object));
      }
    }
    const js::value* required = keyword(schema, "required");
    if (required == nullptr || !required->is_array()) return;
    for (const auto& name : required->get_array()) {
      if (!name.is_string() || object.contains(name.get_string())) continue;
      error("CONFIG_MISSING_KEY", pointer, quote(view(name.get_string())) + " is missing");
    }
  }

  static std::string suggestion(std::string_view key, const std::vector<std::string>& known,
                                const js::object& object) {
    const std::string near = nearest(key, known);
    if (near.empty() || !object.contains(near)) return did_you_mean(key, known);
    return "; did you mean " + quote(near) + ", which is there already?";
  }

  const PlaceOf& place_;
  CappedProblems& out_;
};

}  // namespace

void validate(const js::value& value, const js::value& schema, const std::string& pointer,
              const PlaceOf& place, Problems& out) {
  CappedProblems found(place(pointer).file);
  Validator(place, found).check(value, schema, pointer);
  out.append(found.take());
}

js::value with_defaults(const js::value& value, const js::value& schema) {
  const js::object* rules = schema.if_object();
  js::value filled = value;
  if (rules == nullptr) return filled;
  if (js::object* object = filled.if_object()) {
    const js::value* properties = keyword(*rules, "properties");
    if (properties == nullptr || !properties->is_object()) return filled;
    for (const auto& member : properties->get_object()) {
      js::value* present = object->if_contains(member.key());
      const js::object* inner = member.value().if_object();
      const js::value* fallback = inner != nullptr ? keyword(*inner, "default") : nullptr;
      if (present == nullptr && fallback != nullptr) {
        object->emplace(member.key(), with_defaults(*fallback, member.value()));
      } else if (present != nullptr) {
        *present = with_defaults(*present, member.value());
      }
    }
  } else if (js::array* array = filled.if_array()) {
    const js::value* items = keyword(*rules, "items");
    if (items == nullptr) return filled;
    for (auto& item : *array)
      item = with_defaults(item, *items);
  }
  return filled;
}

}  // namespace cadre::base

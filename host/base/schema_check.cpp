#include <algorithm>
#include <array>
#include <boost/json/value.hpp>
#include <cmath>
#include <regex>
#include <string>
#include <vector>

#include "host/base/json.hpp"
#include "host/base/schema.hpp"
#include "host/base/text.hpp"

namespace cadre::base {
namespace {

namespace js = boost::json;

enum class Form {
  type,
  properties,
  names,
  flag,
  patterns,
  number,
  choices,
  anything,
  schema,
  count,
  pattern,
  text
};

struct Keyword {
  const char* name;
  Form form;
  const char* expected;
};

constexpr std::array kKeywords = {
    Keyword{"type", Form::type, "a type or a list of types"},
    Keyword{"properties", Form::properties, "an object of schemas"},
    Keyword{"required", Form::names, "a list of keys"},
    Keyword{"additionalProperties", Form::flag, "true or false"},
    Keyword{"patternProperties", Form::patterns, "an object with the one key \"^x-\""},
    Keyword{"minimum", Form::number, "a number"},
    Keyword{"maximum", Form::number, "a number"},
    Keyword{"exclusiveMinimum", Form::number, "a number"},
    Keyword{"exclusiveMaximum", Form::number, "a number"},
    Keyword{"enum", Form::choices, "a list of at least one value"},
    Keyword{"const", Form::anything, "a value"},
    Keyword{"items", Form::schema, "a schema"},
    Keyword{"minItems", Form::count, "a count"},
    Keyword{"maxItems", Form::count, "a count"},
    Keyword{"uniqueItems", Form::flag, "true or false"},
    Keyword{"minLength", Form::count, "a count"},
    Keyword{"maxLength", Form::count, "a count"},
    Keyword{"pattern", Form::pattern, "a regular expression (ECMAScript)"},
    Keyword{"format", Form::text, "a string"},
    Keyword{"default", Form::anything, "a value"},
    Keyword{"title", Form::text, "a string"},
    Keyword{"description", Form::text, "a string"},
};

const std::vector<std::string> kTypes = {"object", "array", "string", "number", "integer", "boolean", "null"};

std::string_view view(js::string_view text) {
  return {text.data(), text.size()};
}

bool is_pattern(const js::value& value) {
  if (!value.is_string()) return false;
  try {
    const std::regex expression(std::string(view(value.get_string())), std::regex::ECMAScript);
    return true;
  } catch (const std::regex_error&) {
    return false;
  }
}

bool is_list_of_strings(const js::value& value) {
  if (!value.is_array()) return false;
  const auto& array = value.get_array();
  return std::all_of(array.begin(), array.end(), [](const js::value& entry) { return entry.is_string(); });
}

bool has_form(const js::value& value, Form form) {
  switch (form) {
    case Form::type:
      return value.is_string() || (is_list_of_strings(value) && !value.get_array().empty());
    case Form::properties:
    case Form::schema:
      return value.is_object();
    case Form::names:
      return is_list_of_strings(value);
    case Form::flag:
      return value.is_bool();
    case Form::patterns:
      return value.is_object() && value.get_object().size() == 1 && value.get_object().contains("^x-");
    case Form::number:
      return value.is_number();
    case Form::choices:
      return value.is_array() && !value.get_array().empty();
    case Form::count:
      return value.is_int64() && value.get_int64() >= 0;
    case Form::pattern:
      return is_pattern(value);
    case Form::text:
      return value.is_string();
    case Form::anything:
      return true;
  }
  return false;
}

class SchemaChecker {
 public:
  SchemaChecker(const PlaceOf& place, Problems& out) : place_(place), out_(out) {}

  void check(const js::value& value, const std::string& pointer) {
    const js::object* schema = value.if_object();
    if (schema == nullptr) {
      out_.error("SCHEMA_WRONG_TYPE", place_(pointer), "a schema is an object");
      return;
    }
    const size_t before = out_.size();
    for (const auto& member : *schema)
      check_keyword(view(member.key()), member.value(), pointer);
    check_inner(*schema, pointer);
    check_required(*schema, pointer);
    check_order(*schema, "minimum", "maximum", pointer);
    check_order(*schema, "exclusiveMinimum", "exclusiveMaximum", pointer);
    check_order(*schema, "minItems", "maxItems", pointer);
    check_order(*schema, "minLength", "maxLength", pointer);
    // A default under a faulty schema would only repeat the fault.
    if (out_.size() == before) check_default(*schema, value, pointer);
  }

 private:
  void check_keyword(std::string_view name, const js::value& value, const std::string& pointer) {
    if (name.starts_with("x-")) return;
    const std::string inner = pointer + "/" + pointer_token(name);
    const auto* known =
        std::find_if(kKeywords.begin(), kKeywords.end(), [&](const Keyword& k) { return k.name == name; });
    if (known == kKeywords.end()) {
      std::vector<std::string> names;
      names.reserve(kKeywords.size());
      for (const Keyword& one : kKeywords)
        names.emplace_back(one.name);
      out_.error("SCHEMA_UNKNOWN_KEYWORD", place_(inner),
                 "unknown keyword " + quote(name) + did_you_mean(name, names));
    } else if (!has_form(value, known->form)) {
      out_.error("SCHEMA_WRONG_TYPE", place_(inner), quote(name) + " has to be " + known->expected);
    } else if (known->form == Form::type) {
      check_type(value, inner);
    }
  }

  void check_type(const js::value& value, const std::string& pointer) {
    const auto check_one = [&](const js::value& type, const std::string& at) {
      const std::string name(view(type.get_string()));
      if (std::find(kTypes.begin(), kTypes.end(), name) != kTypes.end()) return;
      out_.error("SCHEMA_WRONG_TYPE", place_(at),
                 quote(name) + " is not one of " + join(kTypes, ", ") + did_you_mean(name, kTypes));
    };
    if (value.is_string()) return check_one(value, pointer);
    const auto& types = value.get_array();
    for (size_t i = 0; i < types.size(); ++i)
      check_one(types[i], pointer + "/" + std::to_string(i));
  }

  void check_inner(const js::object& schema, const std::string& pointer) {
    if (const js::value* properties = schema.if_contains("properties");
        properties && properties->is_object()) {
      for (const auto& member : properties->get_object()) {
        check(member.value(), pointer + "/properties/" + pointer_token(view(member.key())));
      }
    }
    if (const js::value* items = schema.if_contains("items"); items && items->is_object()) {
      check(*items, pointer + "/items");
    }
  }

  // A required key that no property describes could never be given.
  void check_required(const js::object& schema, const std::string& pointer) {
    const js::value *required = schema.if_contains("required"),
                    *properties = schema.if_contains("properties");
    const js::value* open = schema.if_contains("additionalProperties");
    if (!required || !is_list_of_strings(*required) || (open && open->is_bool() && open->get_bool())) return;
    for (size_t i = 0; i < required->get_array().size(); ++i) {
      const auto& name = required->get_array()[i].get_string();
      if (properties && properties->is_object() && properties->get_object().contains(name)) continue;
      out_.error("SCHEMA_CONTRADICTION", place_(pointer + "/required/" + std::to_string(i)),
                 quote(view(name)) + " is required but is not among the properties");
    }
  }

  void check_order(const js::object& schema, const char* low_name, const char* high_name,
                   const std::string& pointer) {
    const js::value *low = schema.if_contains(low_name), *high = schema.if_contains(high_name);
    if (!low || !high || !low->is_number() || !high->is_number()) return;
    if (low->to_number<double>() <= high->to_number<double>()) return;
    out_.error(
        "SCHEMA_CONTRADICTION", place_(pointer + "/" + low_name),
        std::string(low_name) + " " + canonical(*low) + " is above " + high_name + " " + canonical(*high));
  }

  void check_default(const js::object& schema, const js::value& value, const std::string& pointer) {
    const js::value* fallback = schema.if_contains("default");
    if (fallback == nullptr) return;
    Problems found;
    validate(with_defaults(*fallback, value), value, pointer + "/default", place_, found);
    for (const Problem& problem : found) {
      out_.error("SCHEMA_BAD_DEFAULT", problem.place,
                 "the default does not satisfy its own schema: " + problem.message);
    }
  }

  const PlaceOf& place_;
  Problems& out_;
};

}  // namespace

Problems check_schema(const js::value& schema, const PlaceOf& place) {
  Problems problems;
  SchemaChecker(place, problems).check(schema, "");
  return problems;
}

}  // namespace cadre::base

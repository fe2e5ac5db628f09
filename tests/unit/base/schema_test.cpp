#include "host/base/schema.hpp"

#include <gtest/gtest.h>

#include <utility>

#include "host/base/json.hpp"

using namespace cadre::base;

namespace {

JsonDocument document(std::string text) {
  auto parsed = JsonDocument::parse("c.json", std::move(text));
  for (const auto& problem : parsed.problems())
    ADD_FAILURE() << to_line(problem);
  return std::move(parsed).take();
}

std::string lines(const Problems& problems) {
  std::string text;
  for (auto problem : problems) {
    const std::string code = std::exchange(problem.code, {});
    text += code + " " + to_line(problem) + "\n";
  }
  return text;
}

std::string faults(std::string value, std::string schema) {
  const auto checked = document(std::move(value));
  Problems problems;
  validate(
      checked.root(), document(std::move(schema)).root(), "",
      [&](auto pointer) { return checked.place(pointer); }, problems);
  return lines(problems);
}

std::string schema_faults(std::string schema) {
  const auto checked = document(std::move(schema));
  return lines(check_schema(checked.root(), [&](auto pointer) { return checked.place(pointer); }));
}

const char* const kLoop = R"({"type": "object", "required": ["cash"], "properties": {
  "max_iterations": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 5},
  "cash": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 10},
  "policy": {"enum": ["hold", "bypass"], "default": "hold"}}})";

}  // namespace

TEST(Validate, accepts_what_the_schema_describes) {
  EXPECT_EQ(faults(R"({"max_iterations": 3.0, "cash": 0.5, "policy": "hold", "x-note": {"any": 1}})", kLoop),
            "");
}

TEST(Validate, names_the_nearest_known_key) {
  EXPECT_EQ(faults("{\n \"max_iteration\": 3, \"cash\": 1}", kLoop),
            "CONFIG_UNKNOWN_KEY c.json:2:19 /max_iteration: unknown key \"max_iteration\"; did you mean "
            "\"max_iterations\"?\n");
  EXPECT_EQ(faults(R"({"max_iteration": 3, "max_iterations": 3, "cash": 1})", kLoop),
            "CONFIG_UNKNOWN_KEY c.json:1:19 /max_iteration: unknown key \"max_iteration\"; did you mean "
            "\"max_iterations\", which is "
            "there already?\n");
  EXPECT_EQ(faults(R"({"qqq": 3, "cash": 1})", kLoop),
            "CONFIG_UNKNOWN_KEY c.json:1:9 /qqq: unknown key \"qqq\"\n");
}

TEST(Validate, says_what_was_expected_instead_of_a_wrong_type) {
  EXPECT_EQ(
      faults(R"({"max_iterations": "abc", "cash": true})", kLoop),
      "CONFIG_WRONG_TYPE c.json:1:20 /max_iterations: \"abc\" is a string, expected an integer from 1 to "
      "1000\n"
      "CONFIG_WRONG_TYPE c.json:1:35 /cash: true is a boolean, expected a number above 0 and below 10\n");
  EXPECT_EQ(
      faults(R"({"max_iterations": 2.5, "cash": null})", kLoop),
      "CONFIG_WRONG_TYPE c.json:1:20 /max_iterations: 2.5 is a number, expected an integer from 1 to 1000\n"
      "CONFIG_WRONG_TYPE c.json:1:33 /cash: null is not allowed, expected a number above 0 and below 10\n");
  EXPECT_EQ(faults("[]", R"({"type": ["object", "null"]})"),
            "CONFIG_WRONG_TYPE c.json:1:1: this is an array, expected an object or null\n");
}

TEST(Validate, says_which_bound_was_passed) {
  EXPECT_EQ(faults(R"({"max_iterations": 0, "cash": 0})", kLoop),
            "CONFIG_OUT_OF_RANGE c.json:1:20 /max_iterations: 0 is below the minimum 1\n"
            "CONFIG_OUT_OF_RANGE c.json:1:31 /cash: 0 is not above 0\n");
  EXPECT_EQ(faults(R"({"max_iterations": 1001, "cash": 10})", kLoop),
            "CONFIG_OUT_OF_RANGE c.json:1:20 /max_iterations: 1001 is above the maximum 1000\n"
            "CONFIG_OUT_OF_RANGE c.json:1:34 /cash: 10 is not below 10\n");
}

TEST(Validate, names_the_choices_and_the_nearest) {
  EXPECT_EQ(
      faults(R"({"policy": "bypas", "cash": 1})", kLoop),
      "CONFIG_UNKNOWN_WORD c.json:1:12 /policy: \"bypas\" is not one of \"hold\", \"bypass\"; did you mean "
      "\"bypass\"?\n");
  EXPECT_EQ(faults("2", R"({"const": 1})"), "CONFIG_UNKNOWN_WORD c.json:1:1: 2 is not 1\n");
  EXPECT_EQ(faults("1.0", R"({"enum": [1]})"), "");
}

TEST(Validate, names_what_is_missing) {
  EXPECT_EQ(faults("{}", kLoop), "CONFIG_MISSING_KEY c.json:1:1: \"cash\" is missing\n");
}

TEST(Validate, checks_lists_and_their_entries) {
  const char* const schema = R"({"type": "array", "minItems": 1, "maxItems": 2, "uniqueItems": true,
    "items": {"type": "string", "minLength": 2, "maxLength": 3, "pattern": "^[a-z]+$"}})";
  EXPECT_EQ(faults(R"(["ab", "abc"])", schema), "");
  EXPECT_EQ(faults("[]", schema), "CONFIG_WRONG_LENGTH c.json:1:1: has 0 entries, at least 1 is needed\n");
  EXPECT_EQ(faults(R"(["ab", "ab", "a"])", schema),
            "CONFIG_WRONG_LENGTH c.json:1:1: has 3 entries, at most 2 are allowed\n"
            "CONFIG_NOT_UNIQUE c.json:1:8 /1: \"ab\" stands in the list twice\n"
            "CONFIG_WRONG_LENGTH c.json:1:14 /2: has 1 character, at least 2 are needed\n");
  EXPECT_EQ(faults(R"(["AB", "abcd"])", schema),
            "CONFIG_WRONG_FORM c.json:1:2 /0: \"AB\" does not have the form ^[a-z]+$\n"
            "CONFIG_WRONG_LENGTH c.json:1:8 /1: has 4 characters, at most 3 are allowed\n");
}

TEST(Validate, leaves_open_objects_alone) {
  EXPECT_EQ(faults(R"({"any": {"thing": 1}})", R"({"type": "object", "additionalProperties": true})"), "");
  EXPECT_NE(faults(R"({"any": 1})", R"({"type": "object", "additionalProperties": false})"), "");
}

TEST(Defaults, fill_what_is_missing_at_every_depth) {
  const auto schema = document(R"({"properties": {
    "a": {"type": "integer", "default": 1},
    "inner": {"type": "object", "default": {}, "properties": {"b": {"default": [2]}}},
    "list": {"items": {"properties": {"c": {"default": 3}}}},
    "absent": {"type": "object", "properties": {"d": {"default": 4}}}}})");
  EXPECT_EQ(canonical(with_defaults(document(R"({"list": [{}, {"c": 9}]})").root(), schema.root())),
            R"({"a":1,"inner":{"b":[2]},"list":[{"c":3},{"c":9}]})");
  EXPECT_EQ(canonical(with_defaults(document(R"({"a": null, "x-y": 1})").root(), schema.root())),
            R"({"a":null,"inner":{"b":[2]},"x-y":1})");
}

TEST(CheckSchema, accepts_the_whole_subset) {
  EXPECT_EQ(schema_faults(kLoop), "");
  EXPECT_EQ(schema_faults(
                R"({"title": "t", "description": "d", "x-unit": "bp", "type": ["string", "null"], "const": 1,
    "pattern": "^a", "patternProperties": {"^x-": {}}, "items": {}, "additionalProperties": true})"),
            "");
}

TEST(CheckSchema, reports_every_fault_at_its_place) {
  EXPECT_EQ(
      schema_faults(R"({"minimun": 1,
 "type": "integr",
 "properties": {"a": {"minimum": "1"}, "b": 3},
 "required": ["c"], "pattern": "(", "additionalProperties": {}})"),
      "SCHEMA_UNKNOWN_KEYWORD c.json:1:13 /minimun: unknown keyword \"minimun\"; did you mean \"minimum\"?\n"
      "SCHEMA_WRONG_TYPE c.json:2:10 /type: \"integr\" is not one of object, array, string, number, integer, "
      "boolean, null; did you mean \"integer\"?\n"
      "SCHEMA_WRONG_TYPE c.json:4:32 /pattern: \"pattern\" has to be a regular expression (ECMAScript)\n"
      "SCHEMA_WRONG_TYPE c.json:4:61 /additionalProperties: \"additionalProperties\" has to be true or "
      "false\n"
      "SCHEMA_WRONG_TYPE c.json:3:34 /properties/a/minimum: \"minimum\" has to be a number\n"
      "SCHEMA_WRONG_TYPE c.json:3:45 /properties/b: a schema is an object\n"
      "SCHEMA_CONTRADICTION c.json:4:15 /required/0: \"c\" is required but is not among the properties\n");
}

TEST(CheckSchema, refuses_bounds_that_cross_and_defaults_outside_of_them) {
  EXPECT_EQ(schema_faults(R"({"minimum": 2, "maximum": 1})"),
            "SCHEMA_CONTRADICTION c.json:1:13 /minimum: minimum 2 is above maximum 1\n");
  EXPECT_EQ(
      schema_faults(R"({"type": "integer", "minimum": 1, "default": 0})"),
      "SCHEMA_BAD_DEFAULT c.json:1:46 /default: the default does not satisfy its own schema: 0 is below the "
      "minimum 1\n");
}

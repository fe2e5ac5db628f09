#include "host/base/json.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <utility>

using namespace cadre::base;

namespace {

JsonDocument parsed(std::string text) {
  auto document = JsonDocument::parse("a.json", std::move(text));
  for (const auto& problem : document.problems())
    ADD_FAILURE() << to_line(problem);
  return std::move(document).take();
}

// The lines of all problems, each after its code; empty for success.
std::string lines(const Problems& problems) {
  std::string text;
  for (auto problem : problems) {
    const std::string code = std::exchange(problem.code, {});
    text += code + " " + to_line(problem) + "\n";
  }
  return text;
}

std::string refused(std::string text) {
  return lines(JsonDocument::parse("a.json", std::move(text)).problems());
}

std::string where(const JsonDocument& document, std::string_view pointer) {
  return to_line({.place = document.place(pointer), .message = "x"});
}

}  // namespace

TEST(JsonDocument, knows_where_values_stand) {
  const auto document = parsed("{\n  \"a\": [1,\n    {\"b/c~\": \"\xC3\xA9\", \"d\": 2}]\n}\n");
  EXPECT_EQ(where(document, ""), "a.json:1:1: x");
  EXPECT_EQ(where(document, "/a"), "a.json:2:8 /a: x");
  EXPECT_EQ(where(document, "/a/0"), "a.json:2:9 /a/0: x");
  EXPECT_EQ(where(document, "/a/1/b~1c~0"), "a.json:3:14 /a/1/b~1c~0: x");
  EXPECT_EQ(where(document, "/a/1/d"), "a.json:3:24 /a/1/d: x");
}

TEST(JsonDocument, places_what_is_missing_at_the_nearest_parent) {
  const auto document = parsed("{\n  \"a\": {\"b\": 1}}");
  EXPECT_EQ(where(document, "/a/c/d"), "a.json:2:8 /a/c/d: x");
  EXPECT_EQ(where(document, "/z"), "a.json:1:1 /z: x");
}

TEST(JsonDocument, decodes_keys_before_it_compares_them) {
  EXPECT_EQ(where(parsed(R"({"\u0061": 1})"), "/a"), "a.json:1:12 /a: x");
  EXPECT_EQ(refused(R"({"a": 1, "\u0061": 2})"),
            "JSON_DUPLICATE_KEY a.json:1:10 /a: the key \"a\" stands here again, first at line 1, column 2; "
            "keep one of them\n");
}

TEST(JsonDocument, refuses_every_duplicate_key_and_large_number_at_once) {
  const std::string found =
      refused("{\"a\": 1, \"b\": {\"x\": 1,\n\"x\": {\"y\": [2]}},\n\"a\": [], \"a\": 1e400}");
  EXPECT_EQ(
      found,
      "JSON_DUPLICATE_KEY a.json:2:1 /b/x: the key \"x\" stands here again, first at line 1, column 16; "
      "keep one of them\n"
      "JSON_DUPLICATE_KEY a.json:3:1 /a: the key \"a\" stands here again, first at line 1, column 2; "
      "keep one of them\n"
      "JSON_DUPLICATE_KEY a.json:3:10 /a: the key \"a\" stands here again, first at line 1, column 2; "
      "keep one of them\n"
      "JSON_NUMBER_OVERFLOW a.json:3:15 /a: 1e400 is larger than any number of 64 bits\n");
  EXPECT_EQ(refused("[1e400,\n 123456789012345678901]"),
            "JSON_NUMBER_OVERFLOW a.json:1:2 /0: 1e400 is larger than any number of 64 bits\n"
            "JSON_NUMBER_OVERFLOW a.json:2:2 /1: 123456789012345678901 does not fit 64 bits; "
            "write it with an exponent if it need not be exact\n");
}

TEST(JsonDocument, refuses_what_is_no_text) {
  EXPECT_EQ(refused(""), "JSON_EMPTY a.json: the file is empty, expected a JSON value\n");
  EXPECT_EQ(refused(" \n"), "JSON_EMPTY a.json: the file is empty, expected a JSON value\n");
  EXPECT_EQ(refused(std::string("{\n\0}", 4)),
            "JSON_BINARY a.json:2:1: a zero byte: this is a binary file, expected JSON text\n");
  EXPECT_EQ(refused("{\"a\": \"\xE9\"}"),
            "JSON_NOT_UTF8 a.json:1:8: the text is not valid UTF-8; save the file as UTF-8\n");
}

TEST(JsonDocument, refuses_bad_grammar_at_its_place) {
  EXPECT_EQ(refused("{\"a\": [1,\n"),
            "JSON_TRUNCATED a.json:2:1: the text ends before the document does; close what is open, or copy "
            "the file "
            "again\n");
  EXPECT_EQ(refused("{}\n {}"),
            "JSON_TRAILING_DATA a.json:2:2: something follows the end of the document; a file holds one JSON "
            "value\n");
  EXPECT_EQ(refused("{\"a\": 1,\n}"),
            "JSON_SYNTAX a.json:2:1: not JSON: a comma before the closing bracket\n");
  EXPECT_EQ(refused("{\"a\": 1\n \"b\": 2}"),
            "JSON_SYNTAX a.json:2:2: not JSON: unexpected \"; a comma or a colon is missing before it\n");
  EXPECT_EQ(refused("{\n // hello\n}"), "JSON_SYNTAX a.json:2:2: not JSON: comments are not part of JSON\n");
  EXPECT_EQ(refused("{'a': 1}"),
            "JSON_SYNTAX a.json:1:2: not JSON: single quotes; strings stand in double quotes\n");
  EXPECT_EQ(refused("{\"a\": NaN}"), "JSON_SYNTAX a.json:1:7: not JSON: unexpected N\n");
}

TEST(JsonDocument, goes_64_levels_deep_and_no_deeper) {
  EXPECT_EQ(refused(std::string(64, '[') + std::string(64, ']')), "");
  EXPECT_EQ(refused(std::string(65, '[') + std::string(65, ']')),
            "JSON_TOO_DEEP a.json:1:65: nested deeper than 64 levels\n");
}

TEST(JsonDocument, refuses_missing_files_and_folders) {
  EXPECT_EQ(JsonDocument::load("/no/such.json").problems()[0].code, "FILE_NOT_FOUND");
  EXPECT_EQ(JsonDocument::load(std::filesystem::temp_directory_path()).problems()[0].code,
            "FILE_IS_DIRECTORY");
}

TEST(JsonDocument, reads_doubles_as_the_nearest) {
  const std::vector<std::pair<std::string, double>> cases = {
      {"0.1", 0.1},
      {"1.7976931348623157e+308", 1.7976931348623157e+308},
      {"2.2250738585072014e-308", 2.2250738585072014e-308},
      {"5e-324", 5e-324},
      {"123456.789012345", 123456.789012345},
      {"7.2057594037927933e+16", 7.2057594037927933e+16},
      {"0.30000000000000004", 0.30000000000000004},
      {"1e-400", 0.0}};
  for (const auto& [text, value] : cases)
    EXPECT_EQ(parsed(text).root().as_double(), value) << text;
}

TEST(JsonDocument, sets_members_and_names_their_origin) {
  auto document = parsed("{\"a\": {\"b\": {\"deep\": 1}}}");
  EXPECT_EQ(lines(document.set("/a/b", "{\"c\": [2]}", "--set a.b")), "");
  EXPECT_EQ(lines(document.set("/a/new", "not json", "--set a.new")), "");
  EXPECT_EQ(canonical(document.root()), R"({"a":{"b":{"c":[2]},"new":"not json"}})");
  EXPECT_EQ(where(document, "/a/b/c/0"), "--set a.b /a/b/c/0: x");
  EXPECT_EQ(where(document, "/a/b/deep"), "--set a.b /a/b/deep: x");
  EXPECT_EQ(where(document, "/a"), "a.json:1:7 /a: x");
}

TEST(JsonDocument, set_adds_the_objects_around_a_new_value) {
  auto document = parsed("{\"a\": 1}");
  EXPECT_EQ(lines(document.set("/checks/price/collar", "2", "--set")), "");
  EXPECT_EQ(canonical(document.root()), R"({"a":1,"checks":{"price":{"collar":2}}})");
  EXPECT_EQ(where(document, "/checks"), "--set /checks: x");
  EXPECT_EQ(where(document, "/checks/price/collar"), "--set /checks/price/collar: x");
}

TEST(JsonDocument, set_refuses_members_of_what_is_no_object) {
  auto document = parsed("{\"risk_feedback\": {\"n\": 1}, \"list\": [1]}");
  EXPECT_EQ(document.set("/list/7", "2", "--set")[0].code, "JSON_POINTER_UNKNOWN");
  EXPECT_EQ(document.set("/risk_feedback/n/x", "2", "--set")[0].code, "JSON_POINTER_UNKNOWN");
  EXPECT_EQ(document.set("n", "2", "--set")[0].code, "JSON_POINTER_INVALID");
  EXPECT_EQ(document.set("/list", "{\"a\":1,\"a\":2}", "--set")[0].code, "JSON_DUPLICATE_KEY");
  EXPECT_EQ(canonical(document.root()), R"({"list":[1],"risk_feedback":{"n":1}})");
}

TEST(JsonDocument, embedded_documents_keep_their_places) {
  auto document = parsed("{\"chain\": \"chain.json\", \"chain2\": 1}");
  const auto other = JsonDocument::parse("chain.json", "{\n \"stages\": []}");
  document.embed("/chain", *other);
  EXPECT_EQ(where(document, "/chain/stages"), "chain.json:2:12 /stages: x");
  EXPECT_EQ(where(document, "/chain/stages/7"), "chain.json:2:12 /stages/7: x");
  EXPECT_EQ(where(document, "/chain"), "chain.json:1:1: x");
  EXPECT_EQ(where(document, "/chain2"), "a.json:1:35 /chain2: x");
  EXPECT_TRUE(document.set("/chain/stages", "[1]", "--set").empty());
  EXPECT_EQ(where(document, "/chain/stages"), "--set /chain/stages: x");
  document.embed("/chain", *other);
  document.embed("/none", *other);
  EXPECT_EQ(canonical(document.root()), R"({"chain":{"stages":[]},"chain2":1})");
}

TEST(Canonical, is_one_text_for_equal_values) {
  EXPECT_EQ(
      canonical(
          parsed("{\"b\": [1.0, 0.1, 1e22, -0.0, null], \"B\": {}, \"a\": \"\\u00e9\\u0001\\/\"}").root()),
      "{\"B\":{},\"a\":\"\xC3\xA9\\u0001/\",\"b\":[1,0.1,1e+22,-0.0,null]}");
  EXPECT_EQ(canonical(parsed("18446744073709551615").root()), "18446744073709551615");
}

TEST(Pretty, reads_back_as_the_same_document) {
  const std::string text =
      "{\n  \"b\": [1, 2.0, \"x\"],\n  \"a\": {},\n  \"c\": [\n    {\n      \"d\": true\n    }\n  ]\n}";
  EXPECT_EQ(pretty(parsed(text).root()), text);
}

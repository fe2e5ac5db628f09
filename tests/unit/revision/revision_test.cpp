#include "host/revision/revision.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "host/base/json.hpp"

using namespace cadre::revision;
using testing::ElementsAre;
using testing::IsEmpty;

namespace js = boost::json;

namespace {

std::vector<Change> between(const char* a, const char* b) {
  return difference(js::parse(a), js::parse(b));
}

Revision sample() {
  return {
      .number = 7,
      .based_on = 6,
      .line = 2,
      .time_ns = 1'700'000'000'123'456'789,
      .actor = "an operator",
      .reason = "a \"new\" limit\nfor risk",
      .restores = 3,
      .config = js::parse(
          R"({"books": [{"name": "main", "cash": 1e6, "shares": [0.1, 3.0]}], "big": 18446744073709551615})"),
      .plugins = {{"cadre.risk", "1.0.0", std::string(64, 'a')}}};
}

}  // namespace

TEST(Difference, of_equal_documents_is_empty_whatever_their_form) {
  EXPECT_THAT(between(R"({"a": 3, "b": [1, {"c": null}]})", R"({"b": [1.0, {"c": null}], "a": 3.0})"),
              IsEmpty());
}

TEST(Difference, names_values_by_pointer_with_both_texts) {
  EXPECT_THAT(between(R"({"risk": {"limit": 0.1, "a/b": "x"}})", R"({"risk": {"limit": 0.2, "a/b": "y"}})"),
              ElementsAre(Change{"/risk/limit", "0.1", "0.2"}, Change{"/risk/a~1b", "\"x\"", "\"y\""}));
}

TEST(Difference, tells_absent_from_null) {
  EXPECT_THAT(between(R"({"a": null})", R"({"b": null})"),
              ElementsAre(Change{"/a", "null", std::nullopt}, Change{"/b", std::nullopt, "null"}));
}

TEST(Difference, goes_through_arrays_by_index) {
  EXPECT_THAT(
      between(R"({"x": [1, 2, {"y": 1}]})", R"({"x": [1, 3, {"y": 2}, 4]})"),
      ElementsAre(Change{"/x/1", "2", "3"}, Change{"/x/2/y", "1", "2"}, Change{"/x/3", std::nullopt, "4"}));
}

TEST(Difference, finds_the_rows_of_a_table_of_instruments_by_their_ids) {
  const auto rows = [](const char* text) {
    return boost::json::object{{"instruments", boost::json::object{{"table", boost::json::parse(text)}}}};
  };
  const auto before = rows(R"([{"id": "A", "lot": 1}, {"id": "B", "lot": 1}])");
  EXPECT_TRUE(difference(before, rows(R"([{"id": "B", "lot": 1}, {"id": "A", "lot": 1}])")).empty());
  const auto changes =
      difference(before, rows(R"([{"id": "0"}, {"id": "A", "lot": 1}, {"id": "B", "lot": 10}])"));
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[0].pointer, "/instruments/table/1/lot");
  EXPECT_EQ(changes[0].after, "10");
  EXPECT_EQ(changes[1].pointer, "/instruments/table/0");
  EXPECT_FALSE(changes[1].before);
}

TEST(Difference, takes_a_value_of_another_type_as_a_whole) {
  EXPECT_THAT(between(R"({"x": {"y": 1}})", R"({"x": [1]})"), ElementsAre(Change{"/x", R"({"y":1})", "[1]"}));
  EXPECT_THAT(between("1", "2"), ElementsAre(Change{"", "1", "2"}));
}

TEST(Difference, lists_plugins_that_came_went_and_changed) {
  Revision a, b;
  a.plugins = {{"kept", "1.0.0", "0123456789abcdef"}, {"went", "1.0.0", "aa"}, {"changed", "1.0.0", "bb"}};
  b.plugins = {{"changed", "1.0.0", "cc"},
               {"kept", "1.0.0", "0123456789abcdef"},
               {"came", "2.0.0", "dd"},
               {"changed", "0.9.0", "ee"}};
  const Difference found = difference(a, b);
  EXPECT_THAT(found.plugins, ElementsAre(PluginChange{"came", "", "2.0.0 dd"},
                                         PluginChange{"changed", "1.0.0 bb", "0.9.0 ee, 1.0.0 cc"},
                                         PluginChange{"went", "1.0.0 aa", ""}));
  EXPECT_EQ(cadre::base::canonical(to_json(found)),
            R"({"changes":[],"plugins":[{"after":"2.0.0 dd","before":null,"id":"came"},)"
            R"({"after":"0.9.0 ee, 1.0.0 cc","before":"1.0.0 bb","id":"changed"},)"
            R"({"after":null,"before":"1.0.0 aa","id":"went"}]})");
}

TEST(RevisionFile, reads_back_what_was_written) {
  const Revision written = sample();
  const auto read = parse_file("f", file_text(written));
  ASSERT_TRUE(read) << to_line(read.problems()[0]);
  EXPECT_EQ(read->time_ns, written.time_ns);
  EXPECT_EQ(file_text(*read), file_text(written));
  EXPECT_TRUE(difference(*read, written).empty());
}

TEST(RevisionFile, refuses_every_truncation) {
  const std::string text = file_text(sample());
  for (std::size_t length = 0; length + 2 < text.size(); ++length) {
    const auto read = parse_file("f", text.substr(0, length));
    ASSERT_FALSE(read) << length;
    EXPECT_EQ(read.problems()[0].code, "REVISION_DAMAGED");
  }
}

TEST(RevisionFile, refuses_a_changed_value_and_says_where_the_hash_stands) {
  std::string text = file_text(sample());
  text.replace(text.find("an operator"), 2, "no");
  const auto read = parse_file("f", text);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.problems()[0].place.pointer, "/sha256");
}

TEST(RevisionFile, names_all_faults_at_once) {
  const auto read = parse_file("f", R"({"revision": -1, "time": "noon", "plugins": 3})");
  ASSERT_FALSE(read);
  EXPECT_GE(read.problems().size(), 6u);
}

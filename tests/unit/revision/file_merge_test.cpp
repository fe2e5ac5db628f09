#include "host/revision/file_merge.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "host/base/json.hpp"

using namespace cadre::revision;
using testing::ElementsAre;
using testing::IsEmpty;

namespace js = boost::json;

namespace {

/// What a merge comes to: the document, or the pointers that are in conflict.
std::string merged(const char* taken, const char* file, const char* running) {
  const FileMerge merge = merge_files(js::parse(taken), js::parse(file), js::parse(running));
  if (merge.conflicts.empty()) return cadre::base::canonical(merge.config);
  std::string pointers;
  for (const FileConflict& conflict : merge.conflicts)
    pointers += conflict.pointer + " ";
  return "conflict " + pointers;
}

}  // namespace

TEST(FileMerge, lets_an_edit_take_effect_for_what_it_changed_and_nothing_else) {
  EXPECT_EQ(merged(R"({"a": 1, "b": 1})", R"({"a": 2, "b": 1})", R"({"a": 1, "b": 9})"), R"({"a":2,"b":9})");
  EXPECT_EQ(merged(R"({"a": 1, "b": 1})", R"({"a": 1, "c": 3})", R"({"a": 9, "b": 1})"), R"({"a":9,"c":3})");
  EXPECT_EQ(
      merged(R"({"x": {"a/b": 1, "c": 1}})", R"({"x": {"a/b": 2, "c": 1}})", R"({"x": {"a/b": 1, "c": 9}})"),
      R"({"x":{"a/b":2,"c":9}})");
  EXPECT_EQ(merged(R"({"x~1": 1})", R"({})", R"({"x~1": 1, "y": 1})"), R"({"y":1})");
}

TEST(FileMerge, of_no_edit_keeps_all_that_came_by_other_means) {
  EXPECT_EQ(merged(R"({"a": 1})", R"({"a": 1.0})", R"({"a": 2, "b": [1]})"), R"({"a":2,"b":[1]})");
}

TEST(FileMerge, refuses_an_edit_of_what_came_by_other_means) {
  EXPECT_EQ(merged(R"({"a": 1})", R"({"a": 2})", R"({"a": 3})"), "conflict /a ");
  EXPECT_EQ(merged(R"({"a": 1})", R"({})", R"({"a": 3})"), "conflict /a ");
  EXPECT_EQ(merged(R"({"x": {"a": 1, "b": 1}})", R"({"x": {"a": 2, "b": 1}})", R"({"x": 7})"),
            "conflict /x/a ");
  EXPECT_EQ(merged(R"({"x": {"a": 1}})", R"({"x": 7})", R"({"x": {"a": 2}})"), "conflict /x ");
}

TEST(FileMerge, names_every_conflict_with_its_three_values) {
  const FileMerge merge = merge_files(js::parse(R"({"a": 1, "b": 1})"), js::parse(R"({"a": 2})"),
                                      js::parse(R"({"a": 3, "b": "x"})"));
  ASSERT_EQ(merge.conflicts.size(), 2u);
  EXPECT_EQ(merge.conflicts[0].taken, "1");
  EXPECT_EQ(merge.conflicts[0].file, "2");
  EXPECT_EQ(merge.conflicts[0].running, "3");
  EXPECT_EQ(merge.conflicts[1].file, std::nullopt);
  EXPECT_EQ(merge.conflicts[1].running, "\"x\"");
}

TEST(FileMerge, of_what_both_say_alike_is_no_conflict) {
  EXPECT_EQ(merged(R"({"a": 1})", R"({"a": 2})", R"({"a": 2})"), R"({"a":2})");
  EXPECT_EQ(merged(R"({"x": [1]})", R"({"x": [1, 2]})", R"({"x": [1, 2]})"), R"({"x":[1,2]})");
}

TEST(FileMerge, matches_books_by_their_ids) {
  const auto book = [](const char* id, int seed) {
    return R"({"scenario":{"book":{"id":")" + std::string(id) + R"("},"seed":)" + std::to_string(seed) + "}}";
  };
  const auto host = [](const std::string& books) { return R"({"books":[)" + books + "]}"; };
  const std::string a = book("a", 1), other_a = book("a", 2), b = book("b", 1), other_b = book("b", 3);
  // One that comes or goes leaves alone what another one was given.
  EXPECT_EQ(merged(host(a).c_str(), host(b + "," + a).c_str(), host(other_a).c_str()),
            host(other_a + "," + b));
  EXPECT_EQ(merged(host(a + "," + b).c_str(), host(b).c_str(), host(a + "," + other_b).c_str()),
            host(other_b));
  // One that was given something is not taken out unasked, and is named by its place in what runs.
  EXPECT_EQ(merged(host(a + "," + b).c_str(), host(a).c_str(), host(a + "," + other_b).c_str()),
            "conflict /books/1 ");
}

TEST(FileMerge, takes_an_array_of_another_length_as_one_value) {
  EXPECT_EQ(merged(R"({"x": [1, 2]})", R"({"x": [0, 1, 2]})", R"({"x": [1, 2], "y": 1})"),
            R"({"x":[0,1,2],"y":1})");
  EXPECT_EQ(merged(R"({"x": [1, 2]})", R"({"x": [0, 1, 2]})", R"({"x": [1, 3]})"), "conflict /x ");
  EXPECT_EQ(merged(R"({"x": [1, 2]})", R"({"x": [1, 3]})", R"({"x": [1]})"), "conflict /x/1 ");
  EXPECT_EQ(merged(R"({"x": [{"a": 1}, {"a": 2}]})", R"({"x": [{"a": 1}, {"a": 9}]})",
                   R"({"x": [{"a": 7}, {"a": 2}]})"),
            R"({"x":[{"a":7},{"a":9}]})");
}

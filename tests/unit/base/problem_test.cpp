#include "host/base/problem.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>

#include "host/base/capped_problems.hpp"
#include "host/base/json.hpp"
#include "host/base/problem_codes.hpp"
#include "host/base/result.hpp"

using namespace cadre::base;

TEST(Problem, reads_as_one_line_with_place_next_step_and_code) {
  const Problem problem{Severity::error,
                        "CONFIG_OUT_OF_RANGE",
                        {"manifests/chains/demo.json", 14, 22, "/risk_feedback/max_iterations"},
                        "0 is below the minimum 1",
                        "give 1 or more"};
  EXPECT_EQ(to_line(problem),
            "manifests/chains/demo.json:14:22 /risk_feedback/max_iterations: 0 is below the minimum 1; give "
            "1 or more [CONFIG_OUT_OF_RANGE]");
}

TEST(Problem, leaves_out_what_is_missing) {
  EXPECT_EQ(to_line({.message = "no"}), "no");
  EXPECT_EQ(to_line({.place = {.file = "a.json"}, .message = "no"}), "a.json: no");
  EXPECT_EQ(to_line({.place = {.file = "a.csv", .line = 3}, .message = "no"}), "a.csv:3: no");
  EXPECT_EQ(to_line({.place = {.pointer = "/a"}, .message = "no"}), "/a: no");
  EXPECT_EQ(to_line({.code = "A_B", .message = "no"}), "no [A_B]");
}

TEST(Problem, a_warning_begins_its_message_with_that_word) {
  EXPECT_EQ(to_line({.severity = Severity::warning, .place = {.file = "a", .line = 1}, .message = "odd"}),
            "a:1: warning: odd");
}

TEST(ProblemCodes, are_sorted_and_none_stands_there_twice) {
  const auto rows = problem_codes();
  const auto falls = [](const ProblemCode& a, const ProblemCode& b) { return a.code >= b.code; };
  EXPECT_EQ(std::adjacent_find(rows.begin(), rows.end(), falls), rows.end());
}

TEST(ProblemCodes, each_say_what_they_mean_and_what_to_do_without_a_full_stop) {
  for (const ProblemCode& row : problem_codes()) {
    for (const std::string_view sentence : {row.meaning, row.what_to_do}) {
      EXPECT_FALSE(sentence.empty()) << row.code;
      EXPECT_FALSE(sentence.ends_with('.') && !sentence.ends_with("..")) << row.code;
    }
  }
}

TEST(Problems, keep_their_order_and_only_errors_are_errors) {
  Problems first, second;
  first.warning("W", {}, "one");
  EXPECT_FALSE(first.has_errors());
  second.error("E", {}, "two", "step");
  first.append(second);
  EXPECT_TRUE(first.has_errors());
  ASSERT_EQ(first.size(), 2u);
  EXPECT_EQ(first[0].message, "one");
  EXPECT_EQ(first[1].next_step, "step");
}

TEST(Problems, can_be_appended_to_themselves) {
  Problems problems;
  problems.error("E", {}, "once");
  problems.append(problems);
  EXPECT_EQ(problems.size(), 2u);
}

TEST(Problems, of_a_missing_file_are_placed_where_it_was_asked_for) {
  Problems problems;
  problems.error("FILE_NOT_FOUND", Place::of("p.csv"), "no such file", "check the name");
  problems.error("CSV_EMPTY", Place::of("p.csv"), "the file is empty");
  const Problems placed = asked_for_at(problems, {"s.json", 3, 4, "/prices"});
  ASSERT_EQ(placed.size(), 2u);
  EXPECT_EQ(to_line(placed[0]), "s.json:3:4 /prices: p.csv: no such file; check the name [FILE_NOT_FOUND]");
  EXPECT_EQ(to_line(placed[1]), "p.csv: the file is empty [CSV_EMPTY]");
}

TEST(Result, holds_a_value_and_its_warnings) {
  Problems warnings;
  warnings.warning("W", {}, "odd");
  Result<std::string> result("value", warnings);
  ASSERT_TRUE(result);
  EXPECT_EQ(*result, "value");
  EXPECT_EQ(result->size(), 5u);
  EXPECT_EQ(result.problems().size(), 1u);
  EXPECT_EQ(std::move(result).take(), "value");
}

TEST(Result, holds_problems_instead_of_a_value) {
  Problems problems;
  problems.error("E", {}, "bad");
  const Result<int> result = problems;
  EXPECT_FALSE(result);
  EXPECT_TRUE(result.problems().has_errors());
}

TEST(CappedProblems, whoever_stops_looking_says_that_there_may_be_more) {
  CappedProblems problems("a.json");
  std::size_t looked_at = 0;
  for (; looked_at < 1'000'000 && !problems.is_enough(); ++looked_at)
    problems.error("JSON_SYNTAX", {}, "a fault");
  EXPECT_LT(looked_at, 100u);
  const Problems said = problems.take();
  EXPECT_EQ(said.size(), looked_at + 1);
  EXPECT_EQ(said[looked_at].code, "AND_MORE");
  EXPECT_EQ(said[looked_at].message, "and more: what follows was not looked at");
}

TEST(CappedProblems, what_is_left_out_is_counted_where_all_was_looked_at) {
  CappedProblems problems("a.json");
  for (int i = 0; i < 60; ++i)
    problems.error("JSON_SYNTAX", {}, "a fault");
  const Problems said = problems.take();
  EXPECT_EQ(said.size(), 51u);
  EXPECT_EQ(said[50].message, "and 10 more");
}

TEST(CappedProblems, a_document_of_nothing_but_repeated_keys_has_a_short_list_of_problems) {
  std::string text = "{\"a\":0";
  for (int i = 0; i < 100'000; ++i)
    text += ",\"a\":0";
  const auto document = JsonDocument::parse("a.json", text + "}");
  ASSERT_FALSE(document);
  EXPECT_EQ(document.problems().size(), 51u);
}

TEST(CappedProblems, behind_the_first_values_of_a_large_document_a_value_has_the_place_of_what_is_around_it) {
  std::string text = "[";
  for (int i = 0; i < 200'000; ++i)
    text += "0,\n";
  const auto document = JsonDocument::parse("a.json", text + "0]");
  ASSERT_TRUE(document);
  EXPECT_EQ(document->place("/7").line, 8u);
  EXPECT_EQ(document->place("/199999").line, 1u);
  EXPECT_EQ(document->place("/199999").pointer, "/199999");
}

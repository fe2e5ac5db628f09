#include "host/report/experiment_page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "host/base/json.hpp"
#include "host/report/page_assets.hpp"

namespace {

using namespace cadre;
using namespace cadre::report;
using testing::HasSubstr;
using testing::Not;

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

ExperimentPageInput synthetic_experiment() {
  ExperimentPageInput input;
  input.title = "smaller positions";
  input.verdict = "worse";
  input.verdict_words = "worse: the candidate returns less than the control";
  input.reason = "the confidence sequence excluded zero after 70 periods";
  input.tests = {{"95 % confidence sequence", -2.489, -0.243, 0.0042, true},
                 {"95 % Newey-West interval", -1.996, -0.737, 0.00001, false}};
  input.mean_bp = -1.366;
  input.detectable_bp = 1.434;
  input.margin_bp = 0.5;
  input.periods_needed = 4677;
  input.needed_for_bp = 0.5;
  input.n = input.horizon = 3;
  input.dates = {19920103, 19920106, 19920107};
  input.cumulative = {-1.0, -3.0, -4.098};
  input.low = {nan_value, nan_value, -7.467};
  input.high = {nan_value, nan_value, -0.729};
  input.control_equity = {100.0, 101.0, 102.0};
  input.candidate_equity = {100.0, 100.5, 101.0};
  input.decisions = 30;
  for (int32_t day = 1; day <= 25; ++day)
    input.differences.push_back({19920100 + day, day == 1 ? "position_sizer" : "portfolio", 13});
  input.first_stages = {{"portfolio", 24}, {"position_sizer", 1}};
  input.candidate_changes = {"/chain/position_sizer/config/max_position_size = 0.05"};
  return input;
}

std::string data_of(const std::string& page) {
  const std::string open = "<script type=\"application/json\" id=\"data\">";
  const std::size_t begin = page.find(open) + open.size();
  return page.substr(begin, page.find("</script>", begin) - begin);
}

TEST(ExperimentPage, says_the_verdict_first_with_its_reason_and_interval) {
  const std::string page = experiment_page(synthetic_experiment());
  EXPECT_THAT(page, HasSubstr("<header><h1 class=\"ruling worse\">Worse: the candidate returns less"));
  EXPECT_THAT(page,
              HasSubstr("The confidence sequence excluded zero after 70 periods. Candidate minus "
                        "control: -1.366 basis points per period, 95 % confidence sequence from -2.489 to "
                        "-0.243."));
  EXPECT_THAT(page, HasSubstr("to find 0.5 basis points with power 80 %"));
  EXPECT_THAT(page, HasSubstr("below 0.0001"));
}

TEST(ExperimentPage, asks_for_nothing_from_elsewhere) {
  const std::string page = experiment_page(synthetic_experiment());
  EXPECT_THAT(page, HasSubstr(std::string(chart_script())));
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  EXPECT_THAT(page, Not(testing::ContainsRegex("src=|href=|@import")));
}

TEST(ExperimentPage, carries_the_series_and_no_band_before_it_decides) {
  const auto document = base::JsonDocument::parse("data", data_of(experiment_page(synthetic_experiment())));
  ASSERT_TRUE(document) << to_line(document.problems()[0]);
  const auto& root = document->root();
  EXPECT_EQ(root.at("dates").at(2).as_int64(), 19920107);
  EXPECT_DOUBLE_EQ(root.at("cumulative").at(2).as_double(), -4.098);
  EXPECT_TRUE(root.at("low").at(1).is_null());
  EXPECT_DOUBLE_EQ(root.at("high").at(2).as_double(), -0.729);
  EXPECT_DOUBLE_EQ(root.at("candidate").at(1).to_number<double>(), 100.5);
}

TEST(ExperimentPage, lists_the_first_decisions_that_differ) {
  const std::string page = experiment_page(synthetic_experiment());
  EXPECT_THAT(page, HasSubstr("25 of 30 decisions differ, first on 1992-01-01 in position_sizer."));
  EXPECT_THAT(page, HasSubstr("<th scope=\"row\">1992-01-20</th><td>portfolio</td><td>13</td>"));
  EXPECT_THAT(page, Not(HasSubstr("1992-01-21")));
}

TEST(ExperimentPage, text_of_users_cannot_become_markup) {
  ExperimentPageInput input = synthetic_experiment();
  const std::string evil = "</script><script>alert(1)</script><b x='\"'>&";
  input.title = input.subtitle = input.verdict = input.verdict_words = input.reason = input.band = evil;
  input.tests[0].name = input.differences[0].stage = input.first_stages[0].first = evil;
  input.control_changes = input.candidate_changes = input.warnings = {evil};
  input.control.counts.order_hash = evil;
  const std::string page = experiment_page(input);
  EXPECT_THAT(page, Not(HasSubstr("alert(1)</script>")));
  EXPECT_THAT(page, Not(HasSubstr("<b x=")));
  EXPECT_THAT(page, HasSubstr("&lt;/script&gt;&lt;script&gt;alert(1)"));
  const auto document = base::JsonDocument::parse("data", data_of(page));
  ASSERT_TRUE(document) << to_line(document.problems()[0]);
  EXPECT_EQ(document->root().at("band").as_string(), evil);
}

TEST(ExperimentPage, what_could_not_be_compared_has_a_page_too) {
  ExperimentPageInput input;
  input.verdict = "invalid";
  input.verdict_words = "invalid: the two cannot be compared";
  input.reason = "3 pairs of returns, fewer than 20";
  const std::string page = experiment_page(input);
  EXPECT_THAT(page, HasSubstr("Invalid: the two cannot be compared"));
  EXPECT_THAT(page, Not(HasSubstr("<canvas")));
  EXPECT_THAT(page, Not(HasSubstr("nan")));
}

}  // namespace

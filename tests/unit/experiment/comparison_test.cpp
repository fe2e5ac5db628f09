#include "host/experiment/comparison.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cmath>
#include <limits>

#include "host/experiment/comparison_text.hpp"
#include "two_series.hpp"

namespace {

using namespace cadre::experiment;
using testing::HasSubstr;

constexpr double bp = 1e-4;

/// The control earns noise; so does the candidate, with noise of its own of about 9 basis points and `mean`
/// more.
Series control(int n = 250, SeriesKind kind = SeriesKind::returns) {
  return series_of("control.csv", kind, n, [](int i) { return 5 * bp * noise(3 * i + 1); });
}
Series candidate(double mean_bp, int n = 250) {
  return series_of("candidate.csv", SeriesKind::returns, n,
                   [=](int i) { return 5 * bp * noise(3 * i + 1) + bp * (noise(i) + mean_bp); });
}
ComparisonOptions with_margin(double margin, DecidingTest test = DecidingTest::sequential) {
  return {.test = test, .margin_bp = margin};
}
constexpr ComparisonOptions newey_west_rule{.test = DecidingTest::newey_west};

TEST(Compare, says_better_and_worse_by_the_first_exclusion) {
  const Comparison better = compare(control(), candidate(10), {});
  EXPECT_EQ(better.verdict, Verdict::better) << better.reason;
  EXPECT_GE(better.first_exclusion, 60);
  EXPECT_LE(better.sequential.p, 0.05);
  EXPECT_GT(better.sequential.mean, better.sequential.half_width);
  const Comparison worse = compare(control(), candidate(-10), {});
  EXPECT_EQ(worse.verdict, Verdict::worse) << worse.reason;
}

TEST(Compare, stays_decided_when_the_interval_covers_zero_again) {
  Series turned = candidate(10, 400);
  for (size_t i = 100; i < turned.values.size(); ++i)
    turned.values[i] -= 14 * bp;
  const Comparison c = compare(control(400), turned, {});
  EXPECT_EQ(c.verdict, Verdict::better) << c.reason;
  EXPECT_LT(c.first_exclusion, 100);
  EXPECT_LT(std::fabs(c.sequential.mean), c.sequential.half_width);
  EXPECT_THAT(c.reason, HasSubstr("covers zero again"));
}

TEST(Compare, is_inconclusive_without_a_difference_to_see) {
  const Comparison c = compare(control(), candidate(0), {});
  EXPECT_EQ(c.verdict, Verdict::inconclusive);
  EXPECT_EQ(c.first_exclusion, 0);
  EXPECT_EQ(c.rule.horizon, 250);
  EXPECT_EQ(compare(control(), candidate(0), newey_west_rule).verdict, Verdict::inconclusive);
}

TEST(Compare, decides_nothing_by_the_sequence_before_the_60th_period) {
  EXPECT_EQ(compare(control(60), candidate(30, 60), {}).verdict, Verdict::better);
  const Comparison early = compare(control(59), candidate(30, 59), {});
  EXPECT_GT(early.sequential.mean, early.sequential.half_width);
  EXPECT_EQ(early.sequential.p, 1.0);
  EXPECT_EQ(early.verdict, Verdict::inconclusive);
  EXPECT_EQ(early.reason, "the confidence sequence decides from 60 periods on: there are 59");
  EXPECT_EQ(compare(control(59), candidate(0, 59), with_margin(1000)).verdict, Verdict::inconclusive);
}

TEST(Compare, is_equivalent_only_inside_a_declared_margin) {
  for (const DecidingTest test : {DecidingTest::sequential, DecidingTest::newey_west}) {
    EXPECT_EQ(compare(control(2000), candidate(0, 2000), with_margin(3, test)).verdict, Verdict::equivalent);
    EXPECT_EQ(compare(control(2000), candidate(0, 2000), with_margin(0.1, test)).verdict,
              Verdict::inconclusive);
    // A difference that is there, and does not matter.
    EXPECT_EQ(compare(control(2000), candidate(3, 2000), with_margin(6, test)).verdict, Verdict::equivalent);
    EXPECT_EQ(compare(control(2000), candidate(3, 2000), with_margin(2, test)).verdict, Verdict::better);
  }
}

TEST(Compare, decides_by_newey_west_once_and_at_the_horizon) {
  ComparisonOptions rule = newey_west_rule;
  EXPECT_EQ(compare(control(), candidate(10), rule).verdict, Verdict::better);
  EXPECT_EQ(compare(control(), candidate(-10), rule).verdict, Verdict::worse);
  rule.horizon = 251;
  rule.margin_bp = 1000;
  const Comparison early = compare(control(), candidate(10), rule);
  EXPECT_EQ(early.verdict, Verdict::inconclusive);
  EXPECT_THAT(early.reason, HasSubstr("after 251 periods: there are 250"));

  // What comes after the horizon changes nothing.
  rule = {.test = DecidingTest::newey_west, .horizon = 100};
  Series later = candidate(10);
  for (size_t i = 100; i < later.values.size(); ++i)
    later.values[i] = -0.5;
  const Comparison c = compare(control(), later, rule);
  EXPECT_EQ(c.n, 100);
  EXPECT_EQ(c.mean_difference, compare(control(100), candidate(10, 100), rule).mean_difference);
}

TEST(Compare, of_a_series_with_itself_is_exactly_zero) {
  const Comparison plain = compare(control(), control(), {});
  EXPECT_EQ(plain.mean_difference, 0.0);
  EXPECT_EQ(plain.newey_west.variance, 0.0);
  EXPECT_EQ(plain.sequential.half_width, 0.0);
  EXPECT_EQ(plain.verdict, Verdict::inconclusive);
  EXPECT_THAT(plain.reason, HasSubstr("identical"));
  for (const DecidingTest test : {DecidingTest::sequential, DecidingTest::newey_west})
    EXPECT_EQ(compare(control(), control(), with_margin(1, test)).verdict, Verdict::equivalent);
}

TEST(Compare, takes_returns_of_equity_after_the_warm_up) {
  // Both flat for five days; then the control alternates +1 % and -1 %, the candidate earns 0.5 % more at
  // each rise and 0.1 % less at each fall: the mean difference is 0.2 %.
  double a = 100, b = 250;
  const auto equity = [](double& value, double up, double down) {
    return [&value, up, down](int i) { return i > 5 ? value *= (i % 2 == 0 ? 1 + up : 1 + down) : value; };
  };
  const Series control = series_of("a", SeriesKind::equity, 46, equity(a, 0.01, -0.01));
  const Series candidate = series_of("b", SeriesKind::equity, 46, equity(b, 0.015, -0.011));
  const Comparison c = compare(control, candidate, {});
  EXPECT_EQ(c.warm_up, 5);
  EXPECT_EQ(c.n, 40);
  EXPECT_EQ(c.from, 19910108);
  EXPECT_EQ(c.to, 19910216);
  EXPECT_NEAR(c.mean_difference, 0.002, 1e-14);
  EXPECT_NEAR(c.sequential.variance, 0.003 * 0.003, 1e-14);  // +-0.3 % about the mean
}

TEST(Compare, says_what_the_deciding_test_could_have_seen) {
  const Comparison sequential = compare(control(), candidate(0), {});
  const Comparison once = compare(control(), candidate(0), newey_west_rule);
  EXPECT_EQ(sequential.effect_bp, 1.0);
  // Both formulas of the header, from the variances that are printed: (1.959964 + 0.841621)^2 = 7.848879 and,
  // at the sequence's own horizon, (3.035209 + 0.841621)^2 = 15.029813 (50-digit decimals).
  EXPECT_NEAR(once.minimum_detectable_effect, std::sqrt(7.848879 * once.newey_west.variance / 250), 1e-9);
  EXPECT_NEAR(once.periods_needed, 7.848879 * once.newey_west.variance / 1e-8, 1.0);
  EXPECT_NEAR(sequential.minimum_detectable_effect,
              std::sqrt(15.029813 * sequential.sequential.variance / 250), 1e-9);
  EXPECT_NEAR(sequential.periods_needed, 15.029813 * sequential.sequential.variance / 1e-8, 1.0);
  const Comparison margin = compare(control(), candidate(0), with_margin(2));
  EXPECT_EQ(margin.effect_bp, 2.0);
  EXPECT_NEAR(margin.periods_needed, sequential.periods_needed / 4, 1.0);
}

/// The reason for which it is invalid.
std::string refusal(const Series& a, const Series& b, const ComparisonOptions& options = {}) {
  const Comparison c = compare(a, b, options);
  EXPECT_EQ(c.verdict, Verdict::invalid) << c.reason;
  return c.reason;
}

TEST(Compare, is_invalid_when_the_dates_differ) {
  Series other = candidate(10);
  other.dates.erase(other.dates.begin() + 3);
  other.values.erase(other.values.begin() + 3);
  other.dates.back() = 20000101;
  const Comparison c = compare(control(), other, {});
  EXPECT_EQ(c.verdict, Verdict::invalid);
  EXPECT_EQ(c.reason, "the dates differ: 3 dates are in one series only");
  EXPECT_EQ(c.n, 248);
  ASSERT_EQ(c.problems.size(), 3U);
  EXPECT_EQ(to_line(c.problems[0]),
            "control.csv: 1991-01-05 is not in candidate.csv [EXPERIMENT_DATE_MISSING]");
  EXPECT_EQ(to_line(c.problems[1]),
            "control.csv: 1991-09-08 is not in candidate.csv [EXPERIMENT_DATE_MISSING]");
  EXPECT_EQ(to_line(c.problems[2]),
            "candidate.csv: 2000-01-01 is not in control.csv [EXPERIMENT_DATE_MISSING]");
}

TEST(Compare, is_invalid_with_fewer_than_twenty_pairs) {
  EXPECT_EQ(refusal(control(19), candidate(0, 19)), "19 pairs of returns, fewer than 20");
  EXPECT_EQ(refusal(control(0), candidate(0, 0)), "0 pairs of returns, fewer than 20");
  EXPECT_NE(compare(control(20), candidate(0, 20), {}).verdict, Verdict::invalid);
  const auto flat = [](int) { return 100.0; };
  EXPECT_EQ(
      refusal(series_of("a", SeriesKind::equity, 99, flat), series_of("b", SeriesKind::equity, 99, flat)),
      "0 pairs of returns, fewer than 20");
}

TEST(Compare, is_invalid_without_usable_numbers) {
  Series bad = candidate(0);
  bad.values[2] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(refusal(control(), bad), "candidate.csv has no usable number on 1991-01-04");
  const auto lost = [](int i) { return 100.0 - i; };
  EXPECT_EQ(
      refusal(series_of("a", SeriesKind::equity, 120, lost), series_of("b", SeriesKind::equity, 90, lost)),
      "a has no usable number on 1991-04-12");
  bad = candidate(0);
  bad.dates[1] = bad.dates[0];
  EXPECT_EQ(refusal(control(), bad), "candidate.csv has the date 1991-01-02 after 1991-01-02");
  bad = candidate(0);
  bad.values.pop_back();
  EXPECT_EQ(refusal(control(), bad), "candidate.csv has not one number a date");
  EXPECT_THAT(refusal(control(250, SeriesKind::equity), candidate(0)),
              HasSubstr("one series is equity, the other returns"));
}

TEST(Compare, is_invalid_when_a_difference_never_varies) {
  Series shifted = control();
  for (double& value : shifted.values)
    value += bp;
  EXPECT_THAT(refusal(control(), shifted), HasSubstr("every difference is the same, "));
}

TEST(Compare, is_invalid_by_a_rule_that_is_none) {
  const Series a = control(), b = candidate(0);
  EXPECT_EQ(refusal(a, b, {.alpha = 0}), "alpha is not above 0 and at most 0.5");
  EXPECT_EQ(refusal(a, b, {.power = 1}), "the power is not between 0 and 1");
  EXPECT_EQ(refusal(a, b, {.margin_bp = -1.0}), "the margin is not above zero");
  EXPECT_EQ(refusal(a, b, {.horizon = 19}), "the horizon is below 20 periods");
}

TEST(ComparisonText, json_has_every_figure_and_null_where_there_is_none) {
  const auto parsed = boost::json::parse(to_json(compare(control(), candidate(10), {})));
  EXPECT_EQ(parsed.at("verdict").as_string(), "better");
  EXPECT_EQ(parsed.at("n").as_int64(), 250);
  EXPECT_EQ(parsed.at("newey_west").at("lag").as_int64(), 4);
  EXPECT_TRUE(parsed.at("equivalence_p").is_null());
  EXPECT_NEAR(
      parsed.at("sequential").at("ci_high").as_double() - parsed.at("sequential").at("ci_low").as_double(),
      2 * parsed.at("sequential").at("half_width").as_double(), 1e-15);
  const auto invalid = boost::json::parse(to_json(compare(control(0), candidate(0, 0), {})));
  EXPECT_TRUE(invalid.at("mean_difference").is_null());
  EXPECT_TRUE(invalid.at("periods_needed").is_null());
}

TEST(ComparisonText, summary_begins_with_the_verdict_in_words) {
  EXPECT_THAT(summary(compare(control(), candidate(-10), {})), testing::StartsWith("worse: "));
  EXPECT_EQ(summary(compare(control(2), candidate(0, 2), {})),
            "invalid: the two cannot be compared\n2 pairs of returns, fewer than 20\n");
}

}  // namespace

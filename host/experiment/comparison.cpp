#include "host/experiment/comparison.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "cadre/quant/inference.hpp"
#include "cadre/quant/normal.hpp"
#include "host/base/capped_problems.hpp"
#include "host/base/date.hpp"
#include "host/base/text.hpp"
#include "host/market/csv.hpp"
#include "host/report/table.hpp"

namespace cadre::experiment {
namespace {

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();
constexpr double basis_point = 1e-4;
// A difference of two rounded returns that "never varies" still has the noise of the last bits.
constexpr double rounding = 1e-9;

using Reasons = std::vector<std::string>;

std::string count(size_t n, const std::string& one, const std::string& many) {
  return std::to_string(n) + " " + (n == 1 ? one : many);
}

Reasons check_rule(const ComparisonOptions& rule) {
  Reasons reasons;
  if (!(rule.alpha > 0 && rule.alpha <= 0.5)) reasons.push_back("alpha is not above 0 and at most 0.5");
  if (!(rule.power > 0 && rule.power < 1)) reasons.push_back("the power is not between 0 and 1");
  if (rule.margin_bp && !(*rule.margin_bp > 0 && std::isfinite(*rule.margin_bp)))
    reasons.push_back("the margin is not above zero");
  if (rule.horizon != 0 && rule.horizon < minimum_pairs)
    reasons.push_back("the horizon is below " + std::to_string(minimum_pairs) + " periods");
  return reasons;
}

void check_series(const Series& series, Reasons& reasons) {
  if (series.dates.size() != series.values.size()) {
    reasons.push_back(series.name + " has not one number a date");
    return;
  }
  for (size_t i = 1; i < series.dates.size(); ++i) {
    if (series.dates[i] > series.dates[i - 1]) continue;
    reasons.push_back(series.name + " has the date " + base::format_date(series.dates[i]) + " after " +
                      base::format_date(series.dates[i - 1]));
    break;
  }
  for (size_t i = 0; i < series.values.size(); ++i) {
    const double value = series.values[i];
    const bool has_return = std::isfinite(value) && (series.kind == SeriesKind::returns || value > 0);
    if (has_return) continue;
    reasons.push_back(series.name + " has no usable number on " + base::format_date(series.dates[i]));
    break;
  }
}

// What both series have, date by date.
struct Pairs {
  std::vector<int32_t> dates;
  std::vector<double> control, candidate;
};

Pairs join(const Series& control, const Series& candidate, Comparison& comparison, Reasons& reasons) {
  Pairs pairs;
  base::CappedProblems problems(candidate.name);
  size_t alone = 0;
  const auto only_in = [&](const Series& series, size_t i, const Series& other) {
    ++alone;
    problems.error("EXPERIMENT_DATE_MISSING",
                   {.file = series.name, .line = series.lines.empty() ? 0 : series.lines[i]},
                   base::format_date(series.dates[i]) + " is not in " + other.name);
  };
  size_t i = 0, k = 0;
  while (i < control.dates.size() || k < candidate.dates.size()) {
    if (k == candidate.dates.size() || (i < control.dates.size() && control.dates[i] < candidate.dates[k])) {
      only_in(control, i++, candidate);
    } else if (i == control.dates.size() || candidate.dates[k] < control.dates[i]) {
      only_in(candidate, k++, control);
    } else {
      pairs.dates.push_back(control.dates[i]);
      pairs.control.push_back(control.values[i++]);
      pairs.candidate.push_back(candidate.values[k++]);
    }
  }
  comparison.problems = problems.take();
  if (alone > 0)
    reasons.push_back("the dates differ: " +
                      count(alone, "date is in one series only", "dates are in one series only"));
  return pairs;
}

std::vector<double> returns_of(const std::vector<double>& equity) {
  std::vector<double> returns;
  for (size_t i = 1; i < equity.size(); ++i)
    returns.push_back(equity[i] / equity[i - 1] - 1.0);
  return returns;
}

// Candidate minus control, from the first period on in which one of them moved.
Eigen::VectorXd differences(Pairs pairs, SeriesKind kind, Comparison& comparison) {
  if (kind == SeriesKind::equity && !pairs.dates.empty()) {
    pairs.control = returns_of(pairs.control);
    pairs.candidate = returns_of(pairs.candidate);
    pairs.dates.erase(pairs.dates.begin());
  }
  size_t first = 0;
  while (first < pairs.dates.size() && pairs.control[first] == 0 && pairs.candidate[first] == 0)
    ++first;
  comparison.warm_up = static_cast<int64_t>(first);
  size_t n = pairs.dates.size() - first;
  // A test of a fixed horizon that grows with the data is no such test.
  if (comparison.rule.test == DecidingTest::newey_west && comparison.rule.horizon > 0)
    n = std::min(n, static_cast<size_t>(comparison.rule.horizon));
  comparison.n = static_cast<int64_t>(n);
  if (n > 0) {
    comparison.from = pairs.dates[first];
    comparison.to = pairs.dates[first + n - 1];
  }
  Eigen::VectorXd d(comparison.n);
  for (size_t i = 0; i < n; ++i)
    d(static_cast<Eigen::Index>(i)) = pairs.candidate[first + i] - pairs.control[first + i];
  const auto begin = pairs.dates.begin() + static_cast<std::ptrdiff_t>(first);
  comparison.dates.assign(begin, begin + comparison.n);
  comparison.differences.assign(d.data(), d.data() + d.size());
  return d;
}

void measure(const Eigen::VectorXd& d, Comparison& c) {
  const double n = static_cast<double>(c.n);
  if (c.rule.horizon == 0) c.rule.horizon = c.n;
  const double horizon = static_cast<double>(c.rule.horizon);
  c.newey_west = quant::newey_west(d);
  c.mean_difference = c.newey_west.mean;
  c.newey_west_half_width =
      quant::normal_quantile(1 - c.rule.alpha / 2) * std::sqrt(c.newey_west.variance / n);
  if (c.rule.margin_bp) c.equivalence_p = quant::equivalence_p(d, *c.rule.margin_bp * basis_point);
  c.sequence = quant::confidence_sequence(d, c.rule.alpha, horizon);
  if (c.sequence.empty()) return;
  c.sequential = c.sequence.back();
  const auto excludes = [](const quant::SequencePoint& p) {
    return p.n >= quant::decides_from && std::fabs(p.mean) > p.half_width;
  };
  const auto first = std::find_if(c.sequence.begin(), c.sequence.end(), excludes);
  if (first != c.sequence.end()) c.first_exclusion = first->n;

  const double effect = c.effect_bp * basis_point;
  const bool once = c.rule.test == DecidingTest::newey_west;
  const double variance = once ? c.newey_west.variance : c.sequential.variance;
  if (!(variance > 0)) return;
  c.minimum_detectable_effect =
      once ? quant::minimum_detectable_effect(variance, n, c.rule.alpha, c.rule.power)
           : quant::sequence_minimum_detectable_effect(variance, n, c.rule.alpha, horizon, c.rule.power);
  c.periods_needed =
      std::ceil(once ? quant::periods_needed(variance, effect, c.rule.alpha, c.rule.power)
                     : quant::sequence_periods_needed(variance, effect, c.rule.alpha, c.rule.power));
}

void check_differences(const Eigen::VectorXd& d, const Comparison& c, Reasons& reasons) {
  if (c.n < minimum_pairs) {
    reasons.push_back(count(static_cast<size_t>(c.n), "pair", "pairs") + " of returns, fewer than " +
                      std::to_string(minimum_pairs));
    return;
  }
  const double gamma_0 = quant::autocovariance(d, 0);
  if (c.mean_difference != 0 && std::sqrt(gamma_0) <= rounding * std::fabs(c.mean_difference))
    reasons.push_back("every difference is the same, " + base::format_double(c.mean_difference) +
                      ": without variance there is nothing to test");
}

bool is_equivalent(const Comparison& c) {
  if (!c.rule.margin_bp) return false;
  const double margin = *c.rule.margin_bp * basis_point;
  if (c.rule.test == DecidingTest::newey_west) return c.equivalence_p <= c.rule.alpha;
  return std::fabs(c.sequential.mean) + c.sequential.half_width < margin;
}

void decide_sequential(const Eigen::VectorXd& d, Comparison& c) {
  if (c.first_exclusion == 0) {
    c.verdict = Verdict::inconclusive;
    c.reason = c.n < quant::decides_from
                   ? "the confidence sequence decides from " + std::to_string(quant::decides_from) +
                         " periods on: there are " + report::with_thousands(static_cast<uint64_t>(c.n))
                   : "the confidence sequence never excluded zero";
    return;
  }
  const double mean = d.head(c.first_exclusion).mean();
  c.verdict = mean > 0 ? Verdict::better : Verdict::worse;
  c.reason = "the confidence sequence excluded zero after " +
             report::with_thousands(static_cast<uint64_t>(c.first_exclusion)) + " periods";
  if (std::fabs(c.sequential.mean) <= c.sequential.half_width)
    c.reason += ", though its last interval covers zero again";
}

void decide_newey_west(Comparison& c) {
  if (c.n < c.rule.horizon) {
    c.verdict = Verdict::inconclusive;
    c.reason = "the test decides once, after " +
               report::with_thousands(static_cast<uint64_t>(c.rule.horizon)) + " periods: there are " +
               report::with_thousands(static_cast<uint64_t>(c.n));
  } else if (c.newey_west.p <= c.rule.alpha) {
    c.verdict = c.mean_difference > 0 ? Verdict::better : Verdict::worse;
    c.reason = "the interval of the Newey-West test excludes zero";
  } else {
    c.verdict = Verdict::inconclusive;
    c.reason = "the interval of the Newey-West test covers zero";
  }
}

void decide(const Eigen::VectorXd& d, Comparison& c) {
  const bool once = c.rule.test == DecidingTest::newey_west;
  const bool is_early = c.n < (once ? c.rule.horizon : quant::decides_from);
  if ((d.array() == 0).all()) {
    c.verdict = c.rule.margin_bp ? Verdict::equivalent : Verdict::inconclusive;
    c.reason = "the two are identical in every period";
  } else if (!is_early && is_equivalent(c)) {
    c.verdict = Verdict::equivalent;
    c.reason = "the mean difference lies inside the margin";
  } else if (c.rule.test == DecidingTest::sequential) {
    decide_sequential(d, c);
  } else {
    decide_newey_west(c);
  }
}

}  // namespace

std::string_view verdict_name(Verdict verdict) {
  constexpr std::string_view names[] = {"better", "worse", "equivalent", "inconclusive", "invalid"};
  return names[static_cast<size_t>(verdict)];
}

std::string_view test_name(DecidingTest test) {
  return test == DecidingTest::sequential ? "sequential" : "newey_west";
}

Comparison compare(const Series& control, const Series& candidate, const ComparisonOptions& options) {
  Comparison c;
  c.rule = options;
  c.effect_bp = options.margin_bp.value_or(1.0);
  for (double* figure :
       {&c.mean_difference, &c.newey_west.mean, &c.newey_west.variance, &c.newey_west.t, &c.newey_west.p,
        &c.newey_west_half_width, &c.equivalence_p, &c.sequential.mean, &c.sequential.variance,
        &c.sequential.half_width, &c.sequential.p, &c.minimum_detectable_effect, &c.periods_needed})
    *figure = nan_value;

  Reasons reasons = check_rule(options);
  if (control.kind != candidate.kind) reasons.push_back("one series is equity, the other returns");
  check_series(control, reasons);
  check_series(candidate, reasons);
  if (reasons.empty()) {
    const Eigen::VectorXd d = differences(join(control, candidate, c, reasons), control.kind, c);
    measure(d, c);
    check_differences(d, c, reasons);
    if (reasons.empty()) decide(d, c);
  }
  if (!reasons.empty()) c.reason = base::join(reasons, "; ");
  return c;
}

}  // namespace cadre::experiment

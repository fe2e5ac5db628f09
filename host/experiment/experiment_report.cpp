#include "host/experiment/experiment_report.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <limits>

#include "host/base/date.hpp"
#include "host/base/text.hpp"
#include "host/experiment/comparison_text.hpp"

namespace cadre::experiment {

namespace {

/// Of a series, the values on these dates; NaN where it has none.
std::vector<double> values_on(const std::vector<std::int32_t>& dates, const Series& series) {
  std::vector<double> values;
  std::size_t i = 0;
  for (const std::int32_t date : dates) {
    while (i < series.dates.size() && series.dates[i] < date)
      ++i;
    const bool found = i < series.dates.size() && series.dates[i] == date;
    values.push_back(found ? series.values[i] : std::numeric_limits<double>::quiet_NaN());
  }
  return values;
}

/// The sum of the differences so far, and its confidence sequence: n times that of the mean.
void add_sums(const Comparison& c, report::ExperimentPageInput& page) {
  page.dates = c.dates;
  double sum = 0;
  for (const double difference : c.differences)
    page.cumulative.push_back(1e4 * (sum += difference));
  page.low.assign(c.dates.size(), std::numeric_limits<double>::quiet_NaN());
  page.high = page.low;
  for (const quant::SequencePoint& point : c.sequence) {
    if (point.n < quant::decides_from) continue;
    const double n = static_cast<double>(point.n);
    page.low[static_cast<std::size_t>(point.n) - 1] = 1e4 * n * (point.mean - point.half_width);
    page.high[static_cast<std::size_t>(point.n) - 1] = 1e4 * n * (point.mean + point.half_width);
  }
}

}  // namespace

report::ExperimentPageInput experiment_page_input(const ExperimentFile& experiment,
                                                  const ExperimentOutcome& outcome, const Series& control,
                                                  const Series& candidate) {
  const Comparison& c = outcome.comparison;
  const bool once = c.rule.test == DecidingTest::newey_west;
  const std::string level = base::format_double(100 * (1 - c.rule.alpha)) + " % ";
  const double mean = 1e4 * c.mean_difference;
  const auto test = [&](const char* name, double half_width, double p, bool decides) {
    return report::ExperimentTest{level + name, mean - 1e4 * half_width, mean + 1e4 * half_width, p, decides};
  };
  report::ExperimentPageInput page;
  page.title = experiment.name;
  page.subtitle = experiment.description;
  page.verdict = experiment::verdict_name(c.verdict);
  page.verdict_words = experiment::verdict_words(c.verdict);
  page.reason = c.reason;
  page.tests = {test("confidence sequence", c.sequential.half_width, c.sequential.p, !once),
                test("Newey-West interval", c.newey_west_half_width, c.newey_west.p, once)};
  page.mean_bp = mean;
  page.detectable_bp = 1e4 * c.minimum_detectable_effect;
  if (c.rule.margin_bp) page.margin_bp = *c.rule.margin_bp;
  page.periods_needed = c.periods_needed;
  page.needed_for_bp = c.effect_bp;
  page.power = c.rule.power;
  page.n = static_cast<std::uint64_t>(c.n);
  page.horizon = static_cast<std::uint64_t>(c.rule.horizon);
  page.band = level + "confidence sequence";
  add_sums(c, page);
  page.control_equity = values_on(c.dates, control);
  page.candidate_equity = values_on(c.dates, candidate);
  page.control = outcome.control;
  page.candidate = outcome.candidate;
  page.decisions = outcome.decisions;
  for (const DecisionDifference& difference : outcome.differences)
    page.differences.push_back({difference.date, difference.stage, difference.instruments});
  page.first_stages = first_stages(outcome.differences);
  page.control_changes = lines_of(experiment.control);
  page.candidate_changes = lines_of(experiment.candidate);
  std::vector<std::string>& warnings = page.warnings;
  for (const base::Problem& warning : outcome.warnings) {
    std::string line = base::to_line(warning);  // both arms mostly give the same
    if (std::find(warnings.begin(), warnings.end(), line) == warnings.end())
      warnings.push_back(std::move(line));
  }
  return page;
}

void describe_differences(const std::vector<DecisionDifference>& differences, boost::json::object& to) {
  to["differing_decisions"] = differences.size();
  boost::json::array stages;
  for (const auto& [stage, count] : first_stages(differences))
    stages.push_back({{"stage", stage}, {"count", count}});
  to["first_to_differ"] = std::move(stages);
  if (differences.empty()) return;
  const DecisionDifference& first = differences.front();
  to["first_difference"] = {
      {"date", base::format_date(first.date)}, {"stage", first.stage}, {"instruments", first.instruments}};
}

}  // namespace cadre::experiment

#include "host/scenario/experiment_run.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <limits>
#include <map>

#include "host/base/file.hpp"
#include "host/base/json.hpp"
#include "host/base/schema.hpp"
#include "host/base/text.hpp"
#include "host/experiment/comparison_text.hpp"
#include "host/experiment/series.hpp"
#include "host/journal/journal.hpp"
#include "host/journal/records.hpp"
#include "host/report/experiment_page.hpp"
#include "host/scenario/prepared_run.hpp"

namespace cadre::scenario {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

constexpr std::string_view schema_text = R"json({
  "type": "object",
  "required": ["scenario", "candidate"],
  "properties": {
    "name": {"type": "string", "default": "experiment"},
    "description": {"type": "string"},
    "mode": {"const": "backtest", "default": "backtest", "description": "both arms over the same history"},
    "scenario": {"type": "string", "description": "the scenario file both arms run, relative to this file"},
    "control": {"type": "object", "default": {}, "properties": {
      "set": {"type": "object", "additionalProperties": true, "default": {}, "description": "JSON pointer to value: what this arm changes in the scenario"}}},
    "candidate": {"type": "object", "properties": {
      "set": {"type": "object", "additionalProperties": true, "default": {}, "description": "JSON pointer to value: another agent, version or setting of any stage"}}},
    "rule": {"type": "object", "default": {}, "description": "declared before the data are looked at", "properties": {
      "test": {"type": "string", "enum": ["sequential", "newey_west"], "default": "sequential", "description": "the one test that decides"},
      "alpha": {"type": "number", "exclusiveMinimum": 0, "maximum": 0.5, "default": 0.05, "description": "how often two equal versions may be called different"},
      "power": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1, "default": 0.8, "description": "of the minimum detectable effect"},
      "margin_bp": {"type": "number", "exclusiveMinimum": 0, "description": "basis points per period that do not matter; without it nothing is equivalent"},
      "horizon": {"type": "integer", "minimum": 20, "description": "periods; left out: as many as there are"}}}
  }
})json";

/// An experiment as its file says it.
struct Experiment {
  std::string name, description;
  BacktestOptions control, candidate;
  experiment::ComparisonOptions rule;
};

std::vector<config::Override> overrides_of(const json::value& arm, const base::JsonDocument& document,
                                           const std::string& pointer) {
  std::vector<config::Override> overrides;
  for (const auto& [key, value] : arm.at("set").as_object()) {
    overrides.push_back({std::string(key), base::canonical(value), document.place(pointer + "/set").file});
  }
  return overrides;
}

base::Result<Experiment> read_experiment(const ExperimentOptions& options) {
  auto document = base::JsonDocument::load(options.file);
  if (!document) return document.problems();
  base::Problems problems;
  static const json::value schema = json::parse(schema_text);
  base::validate(
      document->root(), schema, "", [&](std::string_view pointer) { return document->place(pointer); },
      problems);
  if (problems.has_errors()) return problems;
  const json::value root = base::with_defaults(document->root(), schema);
  Experiment experiment;
  experiment.name = std::string(root.at("name").as_string());
  if (const json::value* description = root.as_object().if_contains("description"))
    experiment.description = std::string(description->as_string());
  const fs::path scenario =
      (options.file.parent_path() / std::string(root.at("scenario").as_string())).lexically_normal();
  experiment.control = {
      scenario, overrides_of(root.at("control"), *document, "/control"), options.agent_folders, {}};
  experiment.candidate = {
      scenario, overrides_of(root.at("candidate"), *document, "/candidate"), options.agent_folders, {}};
  const json::object& rule = root.at("rule").as_object();
  experiment.rule.test = rule.at("test").as_string() == "newey_west" ? experiment::DecidingTest::newey_west
                                                                     : experiment::DecidingTest::sequential;
  experiment.rule.alpha = rule.at("alpha").to_number<double>();
  experiment.rule.power = rule.at("power").to_number<double>();
  if (const json::value* margin = rule.if_contains("margin_bp"))
    experiment.rule.margin_bp = margin->to_number<double>();
  if (const json::value* horizon = rule.if_contains("horizon"))
    experiment.rule.horizon = horizon->to_number<std::int64_t>();
  return experiment;
}

/// The decisions of a run, with the names of the stages they were made by.
struct RunDecisions {
  std::map<std::int32_t, journal::DecisionRecord> by_date;
  std::map<std::uint64_t, std::vector<std::string>> stages;  ///< per revision
};

base::Result<RunDecisions> read_decisions(const fs::path& run) {
  auto reader = journal::JournalReader::open(run / "journal");
  if (!reader) return reader.problems();
  RunDecisions decisions;
  while (const auto record = reader->next()) {
    journal::Decoder from(record->payload);
    if (record->type == journal::RecordType::decision) {
      journal::DecisionRecord decision;
      if (decode(from, decision)) decisions.by_date[decision.date] = std::move(decision);
    } else if (record->type == journal::RecordType::revision) {
      journal::RevisionRecord revision;
      if (decode(from, revision)) decisions.stages[revision.revision] = revision.stages;
    }
  }
  if (reader->problems().has_errors()) return reader->problems();
  return decisions;
}

/// Where two decisions on one date part: nothing when they do not.
std::optional<DecisionDifference> difference_of(const journal::DecisionRecord& a,
                                                const journal::DecisionRecord& b,
                                                const std::vector<std::string>& names) {
  const auto differing = [](const std::vector<double>& x, const std::vector<double>& y) {
    std::size_t count = x.size() == y.size() ? 0 : std::max(x.size(), y.size());
    for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i)
      count += x[i] != y[i] ? 1 : 0;
    return count;
  };
  if (a.position_e9 != b.position_e9 || a.equity != b.equity) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < std::min(a.position_e9.size(), b.position_e9.size()); ++i)
      count += a.position_e9[i] != b.position_e9[i] ? 1 : 0;
    return DecisionDifference{a.date, "portfolio", count};
  }
  for (std::size_t k = 0; k < std::min(a.stages.size(), b.stages.size()); ++k) {
    const std::size_t count = differing(a.stages[k].target, b.stages[k].target);
    if (count != 0)
      return DecisionDifference{a.date, k < names.size() ? names[k] : "stage " + std::to_string(k), count};
  }
  if (a.stages.size() != b.stages.size()) return DecisionDifference{a.date, "chain", 0};
  return std::nullopt;
}

base::Problems compare_decisions(const fs::path& control, const fs::path& candidate,
                                 ExperimentOutcome& outcome) {
  auto a = read_decisions(control);
  if (!a) return a.problems();
  auto b = read_decisions(candidate);
  if (!b) return b.problems();
  for (const auto& [date, decision] : b->by_date) {
    const auto found = a->by_date.find(date);
    if (found == a->by_date.end()) continue;
    ++outcome.decisions;
    const auto difference = difference_of(found->second, decision, b->stages[decision.revision]);
    if (difference) outcome.differences.push_back(*difference);
  }
  return {};
}

/// Of a series, the values on these dates; NaN where it has none.
std::vector<double> values_on(const std::vector<std::int32_t>& dates, const experiment::Series& series) {
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
void add_sums(const experiment::Comparison& c, report::ExperimentPageInput& page) {
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

std::vector<std::string> changes_of(const BacktestOptions& arm) {
  std::vector<std::string> lines;
  for (const config::Override& change : arm.overrides)
    lines.push_back(change.pointer + " = " + change.value);
  return lines;
}

report::ExperimentPageInput page_input(const Experiment& experiment, const ExperimentOutcome& outcome,
                                       const experiment::Series& control,
                                       const experiment::Series& candidate) {
  const experiment::Comparison& c = outcome.comparison;
  const bool once = c.rule.test == experiment::DecidingTest::newey_west;
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
  page.control_changes = changes_of(experiment.control);
  page.candidate_changes = changes_of(experiment.candidate);
  std::vector<std::string>& warnings = page.warnings;
  for (const base::Problem& warning : outcome.warnings) {
    std::string line = base::to_line(warning);  // both arms mostly give the same
    if (std::find(warnings.begin(), warnings.end(), line) == warnings.end())
      warnings.push_back(std::move(line));
  }
  return page;
}

/// Both arms before either: an experiment with a bad candidate is refused at once.
base::Problems check_arms(const Experiment& experiment) {
  base::Problems problems;
  for (const auto& [name, arm] :
       {std::pair<const char*, const BacktestOptions*>{"control", &experiment.control},
        {"candidate", &experiment.candidate}}) {
    for (base::Problem problem : check_backtest(*arm)) {
      if (problem.severity != base::Severity::error) continue;
      problem.message = std::string(name) + ": " + problem.message;
      problems.add(std::move(problem));
    }
  }
  return problems;
}

}  // namespace

std::vector<std::pair<std::string, std::uint64_t>> first_stages(
    const std::vector<DecisionDifference>& differences) {
  std::vector<std::pair<std::string, std::uint64_t>> counts;
  for (const DecisionDifference& difference : differences) {
    const auto found = std::find_if(counts.begin(), counts.end(),
                                    [&](const auto& c) { return c.first == difference.stage; });
    if (found != counts.end())
      ++found->second;
    else
      counts.emplace_back(difference.stage, 1);
  }
  std::stable_sort(counts.begin(), counts.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  return counts;
}

std::string_view experiment_schema() {
  return schema_text;
}

base::Problems check_experiment(const ExperimentOptions& options) {
  auto read = read_experiment(options);
  return read ? check_arms(*read) : read.problems();
}

base::Result<ExperimentOutcome> run_experiment(const ExperimentOptions& options,
                                               const ProgressReport& progress) {
  auto read = read_experiment(options);
  if (!read) return read.problems();
  Experiment& experiment = *read;
  base::Problems problems = check_arms(experiment);
  if (problems.has_errors()) return problems;

  TemporaryFolder temporary;
  const fs::path folder = options.out.empty() ? temporary.path() : options.out;
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    problems.error("OUT_NOT_WRITABLE", {folder.string(), 0, 0, ""},
                   "cannot make this folder: " + error.message());
    return problems;
  }
  ExperimentOutcome outcome;
  outcome.name = experiment.name;
  const auto run_arm = [&](BacktestOptions& arm, const char* name, report::RunResult& result,
                           std::size_t arms_done) {
    arm.out = folder / name;
    auto ran = run_backtest(arm, [&](std::size_t done, std::size_t total) {
      if (progress) progress(arms_done * total + done, 2 * total);
    });
    problems.append(ran.problems());
    if (!ran) return;
    result = ran->result;
    outcome.warnings.append(ran->warnings);
  };
  run_arm(experiment.control, "control", outcome.control, 0);
  if (!problems.has_errors()) run_arm(experiment.candidate, "candidate", outcome.candidate, 1);
  if (problems.has_errors()) return problems;

  auto control = experiment::read_series(folder / "control" / "equity.csv");
  auto candidate = experiment::read_series(folder / "candidate" / "equity.csv");
  problems.append(control.problems());
  problems.append(candidate.problems());
  if (problems.has_errors()) return problems;
  outcome.comparison = experiment::compare(*control, *candidate, experiment.rule);
  problems.append(compare_decisions(folder / "control", folder / "candidate", outcome));
  if (problems.has_errors()) return problems;
  if (!options.out.empty()) {
    problems.append(base::write_file_atomically(folder / "comparison.json",
                                                experiment::to_json(outcome.comparison) + "\n"));
    problems.append(base::write_file_atomically(
        folder / "report.html",
        report::experiment_page(page_input(experiment, outcome, *control, *candidate))));
    if (problems.has_errors()) return problems;
  }
  return outcome;
}

}  // namespace cadre::scenario

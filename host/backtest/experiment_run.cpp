#include "host/backtest/experiment_run.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <map>

#include "host/backtest/prepared_run.hpp"
#include "host/base/file.hpp"
#include "host/base/json.hpp"
#include "host/base/temporary_folder.hpp"
#include "host/experiment/comparison_text.hpp"
#include "host/experiment/experiment_report.hpp"
#include "host/experiment/series.hpp"
#include "host/journal/journal.hpp"
#include "host/journal/records.hpp"
#include "host/report/experiment_page.hpp"

namespace cadre::backtest {

namespace fs = std::filesystem;

namespace {

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
    base::Decoder from(record->payload);
    if (record->type == journal::RecordType::decision) {
      journal::DecisionRecord decision;
      if (decode(from, decision, record->format)) decisions.by_date[decision.date] = std::move(decision);
    } else if (record->type == journal::RecordType::revision) {
      journal::RevisionRecord revision;
      if (decode(from, revision, record->format)) decisions.stages[revision.revision] = revision.stages;
    }
  }
  if (reader->problems().has_errors()) return reader->problems();
  return decisions;
}

base::Problems compare_decisions(const fs::path& control, const fs::path& candidate,
                                 experiment::ExperimentOutcome& outcome) {
  auto a = read_decisions(control);
  if (!a) return a.problems();
  auto b = read_decisions(candidate);
  if (!b) return b.problems();
  for (const auto& [date, decision] : b->by_date) {
    const auto found = a->by_date.find(date);
    if (found == a->by_date.end()) continue;
    ++outcome.decisions;
    const auto difference = experiment::difference_of(found->second, decision, b->stages[decision.revision]);
    if (difference) outcome.differences.push_back(*difference);
  }
  return {};
}

/// The two backtests of an experiment. Errors: EXPERIMENT_NO_SCENARIO.
struct Arms {
  BacktestOptions control, candidate;
};

base::Result<experiment::ExperimentFile> load_experiment(const ExperimentOptions& options) {
  auto document = base::JsonDocument::load(options.file);
  if (!document) return document.problems();
  auto experiment = experiment::read_experiment(*document, options.file.parent_path());
  if (!experiment || !experiment->scenario.empty()) return experiment;
  base::Problems problems;
  problems.error("EXPERIMENT_NO_SCENARIO", document->place(""), "a backtest needs a \"scenario\"",
                 "name the file that both arms run");
  return problems;
}

Arms arms_of(const experiment::ExperimentFile& experiment, const ExperimentOptions& options) {
  return {{experiment.scenario, experiment.control, options.agent_folders, {}},
          {experiment.scenario, experiment.candidate, options.agent_folders, {}}};
}

/// Both arms before either: an experiment with a bad candidate is refused at once.
base::Problems check_arms(const Arms& arms) {
  base::Problems problems;
  for (const auto& [name, arm] : {std::pair<const char*, const BacktestOptions*>{"control", &arms.control},
                                  {"candidate", &arms.candidate}}) {
    for (base::Problem problem : check_backtest(*arm)) {
      if (problem.severity != base::Severity::error) continue;
      problem.message = std::string(name) + ": " + problem.message;
      problems.add(std::move(problem));
    }
  }
  return problems;
}

}  // namespace

base::Problems check_experiment(const ExperimentOptions& options) {
  auto read = load_experiment(options);
  return read ? check_arms(arms_of(*read, options)) : read.problems();
}

base::Result<experiment::ExperimentOutcome> run_experiment(const ExperimentOptions& options,
                                                           const ProgressReport& progress) {
  auto read = load_experiment(options);
  if (!read) return read.problems();
  const experiment::ExperimentFile& experiment = *read;
  Arms arms = arms_of(experiment, options);
  base::Problems problems = check_arms(arms);
  if (problems.has_errors()) return problems;

  base::TemporaryFolder temporary;
  const fs::path folder = options.out.empty() ? temporary.path() : options.out;
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    problems.error("OUT_NOT_WRITABLE", base::Place::of(folder),
                   "cannot make this folder: " + error.message());
    return problems;
  }
  experiment::ExperimentOutcome outcome;
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
  run_arm(arms.control, "control", outcome.control, 0);
  if (!problems.has_errors()) run_arm(arms.candidate, "candidate", outcome.candidate, 1);
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
    problems.append(base::write_file_atomically(folder / "report.html",
                                                report::experiment_page(experiment::experiment_page_input(
                                                    experiment, outcome, *control, *candidate))));
    if (problems.has_errors()) return problems;
  }
  return outcome;
}

}  // namespace cadre::backtest

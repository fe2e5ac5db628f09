#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "host/base/result.hpp"
#include "host/experiment/comparison.hpp"
#include "host/scenario/backtest.hpp"
#include "host/scenario/decision_difference.hpp"
#include "host/scenario/experiment_file.hpp"

namespace cadre::scenario {

struct ExperimentOptions {
  std::filesystem::path file;
  std::vector<std::filesystem::path> agent_folders;
  std::filesystem::path
      out;  ///< two run folders, control and candidate, comparison.json and report.html; empty: temporary
};

struct ExperimentOutcome {
  std::string name;
  experiment::Comparison comparison;
  report::RunResult control, candidate;
  std::uint64_t decisions = 0;                  ///< on which both arms decided
  std::vector<DecisionDifference> differences;  ///< in order of date
  base::Problems warnings;
};

/// Runs both arms of an experiment over one history, under the rule its file declares, and compares them.
/// Everything is checked before the first bar of the first arm. Errors: those of the file and of either arm.
base::Result<ExperimentOutcome> run_experiment(const ExperimentOptions& options,
                                               const ProgressReport& progress);

/// All that run_experiment checks before it runs.
base::Problems check_experiment(const ExperimentOptions& options);

}  // namespace cadre::scenario

#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "host/backtest/backtest.hpp"
#include "host/base/result.hpp"
#include "host/experiment/experiment_report.hpp"

namespace cadre::backtest {

struct ExperimentOptions {
  std::filesystem::path file;
  std::vector<std::filesystem::path> agent_folders;
  std::filesystem::path
      out;  ///< two run folders, control and candidate, comparison.json and report.html; empty: temporary
};

/// Runs both arms of an experiment over one history, under the rule its file declares, and compares them.
/// Everything is checked before the first bar of the first arm. Errors: those of the file and of either arm.
base::Result<experiment::ExperimentOutcome> run_experiment(const ExperimentOptions& options,
                                                           const ProgressReport& progress);

/// All that run_experiment checks before it runs.
base::Problems check_experiment(const ExperimentOptions& options);

}  // namespace cadre::backtest

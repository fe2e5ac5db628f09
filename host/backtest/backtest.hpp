#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "host/agent/probe_terms.hpp"
#include "host/base/result.hpp"
#include "host/config/scenario_config.hpp"
#include "host/report/performance.hpp"

namespace cadre::backtest {

struct BacktestOptions {
  std::filesystem::path config;
  std::vector<config::Override> overrides;
  std::vector<std::filesystem::path> agent_folders;
  std::filesystem::path out;  ///< run folder; empty: none is written
};

struct BacktestOutcome {
  report::RunResult result;
  std::filesystem::path folder;  ///< empty: none was written
  base::Problems warnings;
};

/// Told how many of how many bars are done.
using ProgressReport = std::function<void(std::size_t done, std::size_t total)>;

/// Runs a backtest. Everything is checked before the first bar; with problems nothing is written. A run
/// folder that exists is replaced as a whole, and only when it is one.
base::Result<BacktestOutcome> run_backtest(const BacktestOptions& options, const ProgressReport& progress);

/// All that run_backtest checks before it runs: configuration, data, agents and their settings, every dated
/// change. Every agent is tried in a process of its own, all of them in this time. Warnings too.
base::Problems check_backtest(const BacktestOptions& options,
                              std::uint64_t probe_timeout_ms = agent::probe_timeout_ms_default);

}  // namespace cadre::backtest

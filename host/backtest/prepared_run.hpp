#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "host/agent/catalog.hpp"
#include "host/backtest/backtest.hpp"
#include "host/backtest/scenario_run.hpp"
#include "host/config/scenario_config.hpp"
#include "host/market/price_history.hpp"
#include "host/market/price_reader.hpp"
#include "host/market/signal_reader.hpp"
#include "host/model/signal.hpp"

namespace cadre::backtest {

/// A run that has passed every check and has not begun.
struct PreparedRun {
  std::unique_ptr<config::ScenarioConfig> config;
  std::filesystem::path folder;  ///< relative paths of the configuration are resolved against it
  agent::Catalog catalog;
  market::PriceHistory prices;
  std::vector<model::ExternalSignal> signals;
  book::RevisionPlan revisions;
  base::Problems warnings;
};

/// Reads and checks configuration, prices, signals, agents and changes. All problems of all of them at once.
base::Result<PreparedRun> prepare_run(const BacktestOptions& options);

}  // namespace cadre::backtest

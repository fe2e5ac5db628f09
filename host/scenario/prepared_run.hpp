#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "host/agent/catalog.hpp"
#include "host/config/scenario_config.hpp"
#include "host/market/price_history.hpp"
#include "host/market/price_reader.hpp"
#include "host/market/signal_reader.hpp"
#include "host/scenario/backtest.hpp"
#include "host/scenario/session.hpp"

namespace cadre::scenario {

/// A run that has passed every check and has not begun.
struct PreparedRun {
  std::unique_ptr<config::ScenarioConfig> config;
  std::filesystem::path folder;  ///< relative paths of the configuration are resolved against it
  agent::Catalog catalog;
  market::PriceHistory prices;
  std::vector<market::ExternalSignal> signals;
  RevisionPlan revisions;
  base::Problems warnings;
};

/// Reads and checks configuration, prices, signals, agents and changes. All problems of all of them at once.
base::Result<PreparedRun> prepare_run(const BacktestOptions& options);

/// The JSON text of a journal's head: what is needed to run this again.
std::string head_text(const config::ScenarioConfig& config, const std::filesystem::path& folder,
                      const std::vector<std::string>& instruments,
                      const std::vector<std::shared_ptr<const agent::Manifest>>& plugins);

/// How the data of a scenario want their prices read.
market::PriceOptions price_options(const config::DataConfig& data);

/// A folder for plugin copies that goes away with it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace cadre::scenario

#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "host/agent/manifest.hpp"
#include "host/base/json.hpp"
#include "host/base/result.hpp"
#include "host/config/scenario_config.hpp"
#include "host/journal/stream_head.hpp"

namespace cadre::book {

/// The JSON text of a journal's head: what is needed to run this again, and where in a stream it stands; a
/// backtest's is none of a host's.
std::string head_text(const config::ScenarioConfig& config, const std::filesystem::path& folder,
                      const std::vector<std::string>& instruments,
                      const std::vector<std::shared_ptr<const agent::Manifest>>& plugins,
                      const journal::StreamHead& stream = {});

/// What a head says.
struct RunHead {
  base::JsonDocument config;             ///< of the scenario, complete
  std::filesystem::path folder;          ///< relative paths of the configuration begin there
  std::vector<std::string> instruments;  ///< of every bar, sorted
  std::vector<std::string> universe;     ///< those of them that are traded: orders and decisions count these
};

/// Reads the text of a head. `file`: what problems name. Errors: JOURNAL_BAD_RECORD.
base::Result<RunHead> read_head(const std::filesystem::path& file, const std::string& text);

}  // namespace cadre::book

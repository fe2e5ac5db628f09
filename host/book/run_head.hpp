#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "host/agent/manifest.hpp"
#include "host/config/scenario_config.hpp"

namespace cadre::book {

/// The JSON text of a journal's head: what is needed to run this again.
std::string head_text(const config::ScenarioConfig& config, const std::filesystem::path& folder,
                      const std::vector<std::string>& instruments,
                      const std::vector<std::shared_ptr<const agent::Manifest>>& plugins);

}  // namespace cadre::book

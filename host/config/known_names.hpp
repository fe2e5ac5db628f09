#pragma once

#include <string>
#include <vector>

#include "host/base/problem.hpp"
#include "host/config/scenario_config.hpp"

namespace cadre::config {

/// Instruments and groups that a scenario names and its data do not have. `known`: those of the data, sorted.
/// INSTRUMENT_UNKNOWN, GROUP_UNKNOWN.
base::Problems check_names(const ScenarioConfig& config, const std::vector<std::string>& known);

}  // namespace cadre::config

#pragma once

#include <string>
#include <vector>

#include "host/base/problem.hpp"
#include "host/chain/builder.hpp"

namespace cadre::chain {

/// Instruments that the settings of agents name and the data do not have: texts that a manifest's schema says
/// are instruments ("format": "instrument"). `known`: those of the data, sorted. INSTRUMENT_UNKNOWN.
base::Problems check_named_instruments(const config::ScenarioConfig& config, const ChainPlan& plan,
                                       const std::vector<std::string>& known);

}  // namespace cadre::chain

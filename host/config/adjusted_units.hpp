#pragma once

#include "host/base/json.hpp"
#include "host/config/scenario_config.hpp"

namespace cadre::config {

/// Money per share on prices that are adjusted: their shares are not those that were traded. Problems for
/// each setting of the execution environment that names some (`per_share`, or a name that ends so), unless
/// the data say that it is meant.
void check_per_share_fees(const base::JsonDocument& document, const PricesConfig& prices,
                          base::Problems& problems);

/// Ticks coarser than a hundredth, steps of ticks, and lots above one on prices that are adjusted: neither
/// are those of the exchange then. A problem for each, unless the data say that it is meant.
void check_ticks_and_lots(const ScenarioConfig& config, base::Problems& problems);

}  // namespace cadre::config

#pragma once

#include "host/base/json.hpp"
#include "host/config/scenario_config.hpp"

namespace cadre::config {

/// Money per share on prices that are adjusted: their shares are not those that were traded. Problems for
/// each setting of the execution environment that names some (`per_share`, or a name that ends so), unless
/// the data say that it is meant.
void check_per_share_fees(const base::JsonDocument& document, const PricesConfig& prices,
                          base::Problems& problems);

}  // namespace cadre::config

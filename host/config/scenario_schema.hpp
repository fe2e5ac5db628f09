#pragma once

#include <boost/json/fwd.hpp>
#include <string_view>

namespace cadre::config {

/// The one table of configuration keys, as a JSON Schema with defaults and descriptions: parser, `cadre
/// check` and the reference page are made from it. A scenario file is checked with its chain file embedded at
/// /chain.
const boost::json::value& scenario_schema();
/// The part for a chain file alone.
const boost::json::value& chain_schema();

}  // namespace cadre::config

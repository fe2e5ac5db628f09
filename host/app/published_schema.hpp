#pragma once

#include <boost/json/value.hpp>
#include <string_view>

namespace cadre::app {

/// A schema of ours as editors and validators of JSON Schema (draft 7) read it: with `$schema` and `$id`,
/// with what our validator does of itself said out loud (keys that are not listed are refused, `x-` and
/// `$schema` are let in), and with what may also be the name of a file: a scenario's chain.
boost::json::value published_schema(const boost::json::value& schema, std::string_view name);

}  // namespace cadre::app

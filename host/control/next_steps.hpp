#pragma once

#include <boost/json/array.hpp>
#include <string>
#include <vector>

#include "host/control/host_parts.hpp"

namespace cadre::control {

/// What an operator can do about what is wrong with a host, a sentence each. `refused`: what changes were, as
/// status shows them; `waiting`: some library is not what its manifest says. [any-thread]
std::vector<std::string> next_steps(const HostParts& host, const boost::json::array& refused, bool waiting);

}  // namespace cadre::control

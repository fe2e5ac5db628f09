#pragma once

#include <string_view>

namespace cadre::base {

/// The version of this host, as in `cadre --version`. Static storage.
std::string_view version();

}  // namespace cadre::base

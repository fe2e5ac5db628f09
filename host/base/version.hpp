#pragma once

#include <string>
#include <string_view>

namespace cadre::base {

/// The version of this host, as in `cadre --version`. Static storage.
std::string_view version();

/// Which program this is.
struct Build {
  std::string version;
  std::string sha256;    ///< of the program's file; empty when that cannot be read
  std::string compiler;  ///< "gcc 12.2.0"

  bool operator==(const Build&) const = default;
};
/// Read once. Static storage. [any-thread]
const Build& this_build();

}  // namespace cadre::base

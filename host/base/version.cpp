#include "host/base/version.hpp"

namespace cadre::base {

std::string_view version() {
  return CADRE_VERSION;
}

}  // namespace cadre::base

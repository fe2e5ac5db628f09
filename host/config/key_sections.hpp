#pragma once

#include <string>
#include <string_view>

namespace cadre::config {

/// A schema's text in which each @SECTION_keys@ has become the members that host/config/keys/SECTION.inc has
/// rows for: "name": {...}, ...
std::string with_keys(std::string_view text);

/// Every place of `what` in a text, replaced.
std::string replaced(std::string_view text, std::string_view what, std::string_view by);

}  // namespace cadre::config

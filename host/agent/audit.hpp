#pragma once

#include <string_view>

#include "host/base/problem.hpp"

namespace cadre::agent {

/// Judges the bytes of a library without running any of them: what would make loading unsafe or unloading
/// impossible is an error. All findings at once; `file` is the name they show. Codes begin with AUDIT_.
base::Problems audit_library(std::string_view bytes, const std::string& file);

/// The banned import that a symbol is, as words ("starts threads"), or empty.
std::string_view banned_import(std::string_view symbol);

}  // namespace cadre::agent

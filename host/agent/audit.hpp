#pragma once

#include <string_view>

#include "host/agent/allowed_imports.hpp"
#include "host/base/problem.hpp"

namespace cadre::agent {

/// Judges the bytes of a library without running any of them: what would make loading unsafe or unloading
/// impossible is an error. What it may import depends on where it will run. All findings at once, but for a
/// file that is damaged or shows the loader something else than it holds: there the first. `file` is the name
/// they show. Codes begin with AUDIT_. It finds mistakes; against malice only a sandboxed process is a
/// boundary.
base::Problems audit_library(std::string_view bytes, const std::string& file, ImportList list);

}  // namespace cadre::agent

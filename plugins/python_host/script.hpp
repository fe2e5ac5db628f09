#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "cadre/plugin.h"

namespace cadre::python_host {

/// One agent of the manifest that a library was built with.
struct Declared {
  std::string_view id, role;
  std::uint32_t state_schema;
};

/// The author's file, which is part of the library, and what its manifest says. Constant.
struct Script {
  std::string_view file;  ///< its name, for messages
  std::string_view text;
  std::string_view plugin_id, version;
  std::span<const Declared> agents;
};

/// Starts the interpreter unless the process has one, and runs the script. Files can be read only while a
/// library is loaded, so this is called by its constructor and by nothing else. What goes wrong is said by
/// `init` of the agents.
void load(const Script& script);

/// What the library's entry point returns. After `load`.
const cadre_plugin_descriptor* descriptor();

}  // namespace cadre::python_host

#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "host/app/command_line.hpp"
#include "host/config/file_kind.hpp"

namespace cadre::app {

/// An argument of a command that names a file or folder, and what that has to be. Both live as long as the
/// command's arguments.
struct ExpectedFile {
  const std::filesystem::path* path;
  std::vector<config::FileKind> kinds;
};

/// An argument that is a name: a file in its place was meant for another argument.
struct ExpectedName {
  const std::string* text;
  const char* what;       ///< "the id of an agent"
  const char* next_step;  ///< how the command is written
};

/// What a command's arguments have to be, looked at before it runs. All that are wrong are said at once.
struct Expectations {
  std::vector<ExpectedFile> files{};
  std::vector<ExpectedName> names{};
  const bool* as_json = nullptr;  ///< whether it prints JSON; null: it never does
};

/// The command behind its expectations: with a wrong argument it gives exit_invalid_input and does not run.
Run expecting(Expectations expectations, Run run);

}  // namespace cadre::app

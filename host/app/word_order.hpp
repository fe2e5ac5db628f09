#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace cadre::app {

/// The words of a command line in the order in which its parser takes them. What people may write:
/// - options before the command or its group, or behind it: `cadre --json agent list`, `cadre agent list
///   --agents DIR`;
/// - `help`, alone or with the words of a command: `cadre help agent`, `cadre agent help`;
/// - an option whose value may be left out before the word that is not its value: `cadre run --replay HOST`.
/// Words behind `--` and values of options are left alone. Words that name nothing stay where they are, for
/// the parser to refuse.
std::vector<std::string> in_parser_order(CLI::App& root, const std::vector<std::string>& words);

/// The command or group that the words name, as far as they name one.
CLI::App& command_named(CLI::App& root, const std::vector<std::string>& words);

/// Its words: "cadre agent list".
std::string path_of(const CLI::App& command);

}  // namespace cadre::app

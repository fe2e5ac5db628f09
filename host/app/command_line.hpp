#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "host/app/command.hpp"

namespace cadre::app {

/// What a command does once its words are read. Gives the exit code.
using Run = std::function<int()>;

/// One command. Parser, help and docs/reference/commands.md come from this table: a new command is a row and
/// the function it names. Those that speak to a running host have their rows in host_command.hpp.
struct CommandRow {
  std::string_view path;  ///< the words that name it, such as "revision apply"
  std::string_view help;  ///< one line
  /// Adds its options to the parser and says what runs it. Null for a group, whose commands follow it.
  std::function<Run(CLI::App& parser, const GlobalOptions& global)> declare;
};

/// Every command, in the order in which help shows them.
std::span<const CommandRow> command_table();

/// The parser of the whole command line.
class CommandLine {
 public:
  CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  /// Reads the words and runs the command they name. Gives the exit code; words that cannot be read are
  /// explained on standard error.
  int run(int argc, const char* const* argv);

  /// The parser of one row of the table.
  const CLI::App& parser_of(const CommandRow& row) const;
  const CLI::App& parser() const { return app_; }

 private:
  void add(const CommandRow& row);
  void set_up_log() const;

  CLI::App app_;
  GlobalOptions global_;
  Run chosen_;
};

}  // namespace cadre::app

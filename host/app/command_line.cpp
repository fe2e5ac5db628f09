#include "host/app/command_line.hpp"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <vector>

#include "host/base/invariant.hpp"
#include "host/base/json.hpp"
#include "host/base/log.hpp"
#include "host/base/text.hpp"
#include "host/base/version.hpp"

namespace cadre::app {

namespace {

namespace fs = std::filesystem;

/// Where agents are looked for when nobody says: the folder beside the program's.
std::vector<fs::path> default_agent_folders() {
  if (const char* named = std::getenv("CADRE_AGENTS")) {
    std::vector<fs::path> folders;
    std::string list = named;
    for (std::size_t at = 0; at <= list.size();) {
      const std::size_t colon = std::min(list.find(':', at), list.size());
      if (colon > at) folders.emplace_back(list.substr(at, colon - at));
      at = colon + 1;
    }
    return folders;
  }
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (const fs::path& beside :
       {program.parent_path() / "agents", program.parent_path() / "lib" / "cadre" / "agents"}) {
    if (fs::is_directory(beside, error)) return {beside};
  }
  return {program.parent_path() / "agents"};
}

/// What a word that is no command or option may have been meant to be, as a line; empty when nothing is near.
std::string about_unknown_word(const CLI::App& app) {
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty())
    at = at->get_subcommands().front();
  const std::vector<std::string> unknown = at->remaining();
  if (unknown.empty()) return {};
  std::vector<std::string> known;
  for (const CLI::App* each : at->get_subcommands([](const CLI::App*) { return true; }))
    known.push_back(each->get_name());
  for (const CLI::Option* option : at->get_options()) {
    for (const std::string& name : option->get_lnames())
      known.push_back("--" + name);
  }
  const std::string& word = unknown.front();
  return base::quote(word) + " is no command or option of " + at->get_name() +
         base::did_you_mean(word, known) + "\n";
}

std::string exit_codes_line() {
  std::vector<std::string> texts;
  for (const ExitCodeRow& row : exit_codes())
    texts.push_back(std::to_string(row.code) + " " + std::string(row.text));
  return "Exit codes: " + base::join(texts, ", ") + ".";
}

/// The group that a command belongs to, and its own word: {"revision", "apply"}, or {"", "status"}.
std::pair<std::string, std::string> split(std::string_view path) {
  const std::size_t space = path.find(' ');
  if (space == std::string_view::npos) return {"", std::string(path)};
  return {std::string(path.substr(0, space)), std::string(path.substr(space + 1))};
}

}  // namespace

CommandLine::CommandLine()
    : app_("Cadre: a trade-execution host whose agents can be replaced while it trades", "cadre") {
  app_.set_version_flag("--version", std::string(base::version()));
  app_.require_subcommand(1);
  app_.get_formatter()->column_width(34);
  app_.footer(exit_codes_line());
  app_.add_option("--agents", global_.agent_folders,
                  "folder of agents; may be given several times (default: the one beside the program, or "
                  "CADRE_AGENTS)")
      ->type_name("DIR")
      ->allow_extra_args(false);
  app_.add_option("--log-level", global_.log_level,
                  "debug, info, warn, error or off (default: warn; of a host, what /log of its file says)")
      ->check(CLI::IsMember({"debug", "info", "warn", "error", "off"}));
  app_.add_option("--log-format", global_.log_format, "text for people (default), json for collectors")
      ->check(CLI::IsMember({"text", "json"}));
  for (const CommandRow& row : command_table())
    add(row);
}

void CommandLine::add(const CommandRow& row) {
  const auto [group, word] = split(row.path);
  CLI::App& above = group.empty() ? app_ : *app_.get_subcommand(group);
  CLI::App* parser = above.add_subcommand(word, std::string(row.help));
  if (row.declare == nullptr) {
    parser->require_subcommand(1);
    return;
  }
  parser->callback([this, run = row.declare(*parser, global_)] { chosen_ = run; });
}

const CLI::App& CommandLine::parser_of(const CommandRow& row) const {
  const auto [group, word] = split(row.path);
  const CLI::App& above = group.empty() ? app_ : *app_.get_subcommand(group);
  return *above.get_subcommand(word);
}

int CommandLine::run(int argc, const char* const* argv) {
  try {
    app_.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) std::cerr << about_unknown_word(app_);
    return app_.exit(error) == 0 ? exit_fine : exit_usage;
  }
  if (global_.agent_folders.empty()) global_.agent_folders = default_agent_folders();
  set_up_log();
  try {
    return chosen_();
  } catch (const base::InvariantBroken& broken) {
    base::Problems problems;
    problems.error("INVARIANT_BROKEN", {}, broken.what(), "this is a fault of the host: report it");
    print_problems(problems);
    return exit_invalid_input;
  }
}

void CommandLine::set_up_log() const {
  base::set_log_level(base::log_level_named(global_.log_level).value_or(base::LogLevel::warn));
  base::set_log_style(global_.log_format == "json" ? base::LogStyle::json : base::LogStyle::text);
}

int run_command_line(int argc, const char* const* argv) {
  return CommandLine().run(argc, argv);
}

}  // namespace cadre::app

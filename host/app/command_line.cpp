#include "host/app/command_line.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <vector>

#include "host/app/word_order.hpp"
#include "host/base/invariant.hpp"
#include "host/base/json.hpp"
#include "host/base/log.hpp"
#include "host/base/text.hpp"
#include "host/base/version.hpp"
#include "host/report/table.hpp"

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

/// The words that a group or command knows.
std::vector<std::string> known_words(const CLI::App& at) {
  std::vector<std::string> known;
  for (const CLI::App* each : at.get_subcommands([](const CLI::App*) { return true; }))
    known.push_back(each->get_name());
  for (const CLI::Option* option : at.get_options()) {
    for (const std::string& name : option->get_lnames())
      known.push_back("--" + name);
  }
  return known;
}

/// Why the parser took no more words: each word that it does not know, else everything that is missing, else
/// what it says itself.
base::Problems usage_problems(const CLI::App& at, const std::vector<std::string>& unknown,
                              const CLI::ParseError& error) {
  base::Problems problems;
  const std::string path = path_of(at);
  const auto say = [&](const std::string& message, const std::string& near = {}) {
    const std::string guess = near.empty() ? "" : "did you mean " + base::quote(near) + "? ";
    problems.error("COMMAND_USAGE", {}, message, guess + "`" + path + " --help` shows what it takes");
  };
  const bool is_group = !at.get_subcommands([](const CLI::App*) { return true; }).empty();
  for (const std::string& word : unknown) {
    if (!is_group && !word.starts_with('-')) continue;
    say(base::quote(word) + " is no command or option of " + path, base::nearest(word, known_words(at)));
    if (is_group) return problems;
  }
  if (problems.empty()) {
    for (const std::string& word : unknown)
      say(base::quote(word) + " is one word too many for " + path);
  }
  std::size_t missing = 0;
  for (const CLI::Option* option : at.get_options()) {
    if (!option->get_required() || option->count() > 0) continue;
    ++missing;
    const std::string name = option->get_positional() ? option->get_name(true) : option->get_name();
    say(name + " is required: " + option->get_description());
  }
  if (!problems.empty()) return problems;
  if (is_group) {
    std::vector<std::string> commands;
    for (const CLI::App* each : at.get_subcommands([](const CLI::App*) { return true; }))
      commands.push_back(each->get_name());
    say(path + " needs a command: " + base::join(commands, ", "));
  } else {
    say(error.what());
  }
  return problems;
}

std::string exit_codes_line() {
  std::vector<std::string> texts;
  for (const ExitCodeRow& row : exit_codes())
    texts.push_back(std::to_string(row.code) + " " + std::string(row.text));
  return "Exit codes: " + base::join(texts, ", ") + ".";
}

constexpr std::size_t help_column = 34;  // where what an option does begins

/// Help for the terminal at hand.
std::string help_in_width(const std::string& help, std::size_t width) {
  std::string text;
  for (std::size_t at = 0; at < help.size();) {
    const std::size_t end = std::min(help.find('\n', at), help.size());
    const std::string line = help.substr(at, end - at);
    at = end + 1;
    const bool is_option = line.starts_with(' ') && line.size() > help_column && line[help_column - 1] == ' ';
    if (report::display_width(line) <= width) {
      text += line + "\n";
    } else if (!is_option) {
      text += report::wrapped(line, width, line.starts_with(' ') ? 2 : 0);
    } else {
      // What it does is broken beside its name.
      std::string rest = report::wrapped(std::string(help_column, ' ') + line.substr(help_column), width, 0);
      text += line.substr(0, help_column) + rest.substr(help_column);
    }
  }
  return text;
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
  app_.set_version_flag("-V,--version", std::string(base::version()));
  app_.require_subcommand(1);
  app_.get_formatter()->column_width(help_column);
  app_.footer("cadre help COMMAND says more of one.\n" + exit_codes_line());
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
  // A script's unset variable is neither a name nor "all of them".
  for (CLI::Option* option :
       parser->get_options([](const CLI::Option* each) { return each->get_items_expected_min() > 0; }))
    option->check([](const std::string& given) {
      return given.empty() ? std::string("it may not be empty") : std::string();
    });
}

const CLI::App& CommandLine::parser_of(const CommandRow& row) const {
  const auto [group, word] = split(row.path);
  const CLI::App& above = group.empty() ? app_ : *app_.get_subcommand(group);
  return *above.get_subcommand(word);
}

int CommandLine::run(int argc, const char* const* argv) {
  const std::vector<std::string> words = in_parser_order(app_, {argv + std::min(argc, 1), argv + argc});
  try {
    app_.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
      std::ostringstream help, none;
      const int code = app_.exit(error, help, none);
      std::fputs(help_in_width(help.str(), width_of_output()).c_str(), stdout);
      return code;
    }
    const CLI::App& at = command_named(app_, words);
    const bool as_json = std::find(words.begin(), words.end(), "--json") != words.end();
    print_refusal(usage_problems(at, app_.remaining(true), error), as_json);
    return exit_usage;
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

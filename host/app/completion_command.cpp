// completion: the scripts with which shells complete commands, made from the table of commands.

#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "host/app/command_line.hpp"
#include "host/base/text.hpp"

namespace cadre::app {

namespace {

/// What a shell offers for a value: "files", "folders", "books", "agents", "words a b c", or "any".
std::string offer_of(const CLI::Option& option) {
  const std::string type = option.get_positional() ? option.get_name(true) : option.get_type_name();
  const std::string choices = option.get_type_name();
  const std::size_t open = choices.find('{'), close = choices.find('}');
  if (open != std::string::npos && close != std::string::npos) {
    std::string words = choices.substr(open + 1, close - open - 1);
    std::replace(words.begin(), words.end(), ',', ' ');
    return "words " + words;
  }
  static const std::map<std::string_view, std::string_view> offers = {
      {"FILE", "files"},  {"CONFIG", "files"}, {"PATH", "files"},    {"SOCKET", "files"},
      {"DIR", "folders"}, {"RUN", "folders"},  {"STATE", "folders"}, {"BACKUP", "folders"},
      {"BOOK", "books"},  {"ID", "agents"}};
  const auto found = offers.find(type);
  if (option.get_name() == "--book") return "books";
  return found != offers.end() ? std::string(found->second) : "any";
}

/// In single quotes, as bash and zsh read them.
std::string shell_quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text)
    quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

/// In single quotes, as fish reads them.
std::string fish_quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text)
    quoted += c == '\'' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  return quoted + "'";
}

std::string group_of(std::string_view path) {
  const std::size_t space = path.find(' ');
  return space == std::string_view::npos ? std::string() : std::string(path.substr(0, space));
}

std::string last_word(std::string_view path) {
  const std::size_t space = path.find(' ');
  return std::string(space == std::string_view::npos ? path : path.substr(space + 1));
}

/// Calls with "" and the options of every command, then with each command and its own.
template <class Visit>
void visit_parsers(const CommandLine& line, Visit&& visit) {
  visit(std::string(), line.parser());
  for (const CommandRow& row : command_table()) {
    if (row.declare != nullptr) visit(std::string(row.path), line.parser_of(row));
  }
}

/// Functions that print what may stand where, for bash and zsh. `$1`: the words of the command so far.
std::string shell_tables(const CommandLine& line) {
  std::map<std::string, std::vector<std::string>> words;
  for (const CommandRow& row : command_table())
    words[group_of(row.path)].push_back(last_word(row.path));
  std::string commands, options, values;
  for (const auto& [group, names] : words)
    commands += "    " + shell_quoted(group) + ") echo " + shell_quoted(base::join(names, " ")) + " ;;\n";
  visit_parsers(line, [&](const std::string& path, const CLI::App& parser) {
    std::vector<std::string> names;
    bool has_positional = false;
    for (const CLI::Option* option : parser.get_options()) {
      const bool positional = option->get_positional();
      if (!positional) names.push_back(option->get_name());
      if (option->get_items_expected_max() == 0 || (positional && has_positional)) continue;
      has_positional = has_positional || positional;
      values += "    " + shell_quoted(path + ":" + (positional ? "" : option->get_name())) + ") echo " +
                shell_quoted(offer_of(*option)) + " ;;\n";
    }
    options += "    " + shell_quoted(path) + ") echo " + shell_quoted(base::join(names, " ")) + " ;;\n";
  });
  return "_cadre_commands() {\n  case \"$1\" in\n" + commands +
         "  esac\n}\n_cadre_options() {\n  case \"$1\" in\n" + options +
         "  esac\n}\n# Of the option $2, or of what has no name; nothing for one that takes no value.\n"
         "_cadre_value() {\n  case \"$1:$2\" in\n" +
         values + "  esac\n}\n";
}

// Names are asked of the host that is found as `cadre status` finds it; none where there is none.
constexpr std::string_view shell_functions = R"sh(_cadre_books() {
  cadre status --json 2>/dev/null | grep -o '"book":"[^"]*"' | cut -d '"' -f 4 | sort -u
}
_cadre_agents() {
  cadre agent list --json 2>/dev/null | grep -o '"id":"[^"]*"' | cut -d '"' -f 4 | sort -u
}
# Reads the words before the one that is completed: _cadre_at is the command, _cadre_before an option that
# waits for its value.
_cadre_read() {
  local word
  _cadre_at='' _cadre_before=''
  for word in "$@"; do
    if [[ -n $_cadre_before ]]; then
      _cadre_before=''
    elif [[ $word == -* ]]; then
      if [[ -n $(_cadre_value "$_cadre_at" "$word") ]]; then _cadre_before=$word; fi
    elif [[ -z $_cadre_at ]]; then
      _cadre_at=$word
    elif [[ -n $(_cadre_commands "$_cadre_at") ]]; then
      _cadre_at="$_cadre_at $word"
    fi
  done
}
# What is offered for a word $1 after these: a kind, or "words" and the words.
_cadre_offer() {
  local commands
  if [[ -n $_cadre_before ]]; then
    _cadre_value "$_cadre_at" "$_cadre_before"
  elif [[ $1 == -* ]]; then
    echo "words $(_cadre_options "$_cadre_at")"
  else
    commands=$(_cadre_commands "$_cadre_at")
    if [[ -n $commands ]]; then echo "words $commands"; else _cadre_value "$_cadre_at" ''; fi
  fi
}
)sh";

constexpr std::string_view bash_end = R"sh(_cadre() {
  local _cadre_at _cadre_before word=${COMP_WORDS[COMP_CWORD]} offer
  _cadre_read "${COMP_WORDS[@]:1:COMP_CWORD-1}"
  offer=$(_cadre_offer "$word")
  COMPREPLY=()
  case "$offer" in
    files) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    folders) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$word") ;;
    books) mapfile -t COMPREPLY < <(compgen -W "$(_cadre_books)" -- "$word") ;;
    agents) mapfile -t COMPREPLY < <(compgen -W "$(_cadre_agents)" -- "$word") ;;
    words*) mapfile -t COMPREPLY < <(compgen -W "${offer#words}" -- "$word") ;;
  esac
}
complete -F _cadre cadre
)sh";

constexpr std::string_view zsh_end = R"sh(_cadre() {
  local _cadre_at _cadre_before offer
  _cadre_read "${(@)words[2,CURRENT-1]}"
  offer=$(_cadre_offer "${words[CURRENT]}")
  case "$offer" in
    files) _files ;;
    folders) _files -/ ;;
    books) compadd -- ${(f)"$(_cadre_books)"} ;;
    agents) compadd -- ${(f)"$(_cadre_agents)"} ;;
    words*) compadd -- ${=offer#words} ;;
  esac
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _cadre "$@"; else compdef _cadre cadre; fi
)sh";

constexpr std::string_view fish_start = R"sh(# fish completion for cadre; made by `cadre completion fish`.
function __cadre_books
    cadre status --json 2>/dev/null | string match -ra '"book":"[^"]*"' | string split -f 4 '"' | sort -u
end
function __cadre_agents
    cadre agent list --json 2>/dev/null | string match -ra '"id":"[^"]*"' | string split -f 4 '"' | sort -u
end
# Whether the words so far begin with this command.
function __cadre_at
    set -l words (commandline -opc)[2..]
    set -l given (string match -v -- '-*' $words)
    test (count $given) -ge (count $argv); or return 1
    for i in (seq (count $argv))
        test "$given[$i]" = "$argv[$i]"; or return 1
    end
end
# Whether a command is still to come after these words.
function __cadre_next
    __cadre_at $argv; and test (count (string match -v -- '-*' (commandline -opc)[2..])) -eq (count $argv)
end
complete -c cadre -f
)sh";

std::string fish_offer(const std::string& offer) {
  if (offer == "files") return " -rF";
  if (offer == "folders") return " -xa '(__fish_complete_directories)'";
  if (offer == "books") return " -xa '(__cadre_books)'";
  if (offer == "agents") return " -xa '(__cadre_agents)'";
  if (offer.starts_with("words ")) return " -xa " + fish_quoted(offer.substr(6));
  return " -x";
}

std::string fish_script(const CommandLine& line) {
  std::string script(fish_start);
  for (const CommandRow& row : command_table()) {
    const std::string group = group_of(row.path);
    script += "complete -c cadre -n '__cadre_next" + (group.empty() ? "" : " " + group) + "' -a " +
              last_word(row.path) + " -d " + fish_quoted(row.help) + "\n";
  }
  visit_parsers(line, [&](const std::string& path, const CLI::App& parser) {
    const std::string condition = path.empty() ? "__cadre_next" : "__cadre_at " + path;
    for (const CLI::Option* option : parser.get_options()) {
      const bool takes_value = option->get_items_expected_max() > 0;
      const std::string offer = takes_value ? fish_offer(offer_of(*option)) : "";
      std::string row = "complete -c cadre -n '" + condition + "'";
      if (!option->get_positional()) {
        row +=
            " -l " + option->get_name().substr(2) + offer + " -d " + fish_quoted(option->get_description());
      } else if (offer == " -rF") {
        row += " -F";
      } else if (const std::size_t words = offer.find(" -xa "); words != std::string::npos) {
        row += " -a " + offer.substr(words + 5);
      } else {
        continue;
      }
      script += row + "\n";
    }
  });
  return script;
}

}  // namespace

int run_completion_command(const std::string& shell) {
  const CommandLine line;
  if (shell == "fish") {
    std::fputs(fish_script(line).c_str(), stdout);
    return exit_fine;
  }
  const bool is_zsh = shell == "zsh";
  const std::string script = std::string(is_zsh ? "#compdef cadre\n" : "") + "# " + shell +
                             " completion for cadre; made by `cadre completion " + shell + "`.\n" +
                             shell_tables(line) + std::string(shell_functions) +
                             std::string(is_zsh ? zsh_end : bash_end);
  std::fputs(script.c_str(), stdout);
  return exit_fine;
}

}  // namespace cadre::app

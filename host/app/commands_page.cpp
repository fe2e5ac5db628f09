#include <cctype>
#include <string>

#include "host/app/command_line.hpp"
#include "host/app/reference_page.hpp"

namespace cadre::app {

std::string shown_name(const CLI::Option& option) {
  if (option.get_positional()) return option.get_name(true);
  const bool takes_value = option.get_items_expected_max() > 0;
  return option.get_name() + (takes_value ? " " + option.get_type_name() : "");
}

std::string usage_of(const CommandRow& row, const CLI::App& parser) {
  std::string usage = "cadre " + std::string(row.path);
  for (const CLI::Option* option : parser.get_options()) {
    if (option->get_positional())
      usage += option->get_required() ? " " + option->get_name(true) : " [" + option->get_name(true) + "]";
    else if (option->get_required())
      usage += " " + shown_name(*option);
  }
  return usage;
}

namespace {

void add_options(std::string& page, const CLI::App& parser) {
  std::string rows;
  for (const CLI::Option* option : parser.get_options()) {
    if (option->get_name() == "--help" || option->get_name() == "--version") continue;
    rows += "| `" + cell(shown_name(*option)) + "` | " + (option->get_required() ? "required" : "") + " | " +
            cell(option->get_description()) + " |\n";
  }
  if (!rows.empty()) page += "\n| option | | meaning |\n|---|---|---|\n" + rows;
}

}  // namespace

std::string commands_page() {
  std::string page = "# Commands\n\n";
  page += generated_note;
  page +=
      "`cadre COMMAND --help` says the same. Options of every command go before its name.\n\n## Every "
      "command\n";
  const CommandLine line;
  add_options(page, line.parser());
  page += "\n## Exit codes\n\n| code | means |\n|---|---|\n";
  for (const ExitCodeRow& row : exit_codes())
    page += "| " + std::to_string(row.code) + " | " + std::string(row.text) + " |\n";
  for (const CommandRow& row : command_table()) {
    if (row.declare == nullptr) continue;
    const CLI::App& parser = line.parser_of(row);
    std::string sentence(row.help);
    sentence[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(sentence[0])));
    page += "\n## cadre " + std::string(row.path) + "\n\n" + sentence + ".\n\n    " + usage_of(row, parser) +
            "\n";
    add_options(page, parser);
    // Groups and most commands say what the whole program says.
    if (parser.get_footer() != line.parser().get_footer()) page += "\n" + parser.get_footer() + "\n";
  }
  return page;
}

}  // namespace cadre::app

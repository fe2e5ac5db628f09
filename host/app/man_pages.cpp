// The pages of man(1), made from the table of commands.

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>

#include "host/app/command_line.hpp"
#include "host/app/reference_page.hpp"
#include "host/base/version.hpp"

namespace cadre::app {

namespace {

/// As text of a paragraph: nothing in it is an order to roff.
std::string roff(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\')
      escaped += "\\e";
    else if (c == '-')
      escaped += "\\-";
    else if (c == '\'')
      escaped += "\\(aq";
    else if (c == '`')
      escaped += "\\(ga";
    else
      escaped += c;
  }
  return !escaped.empty() && escaped[0] == '.' ? "\\&" + escaped : escaped;
}

std::string sentence_of(std::string_view help) {
  std::string sentence(help);
  sentence[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(sentence[0])));
  return sentence + ".";
}

/// "cadre-agent-list" of "agent list".
std::string page_name(std::string_view path) {
  std::string name = "cadre-" + std::string(path);
  std::replace(name.begin(), name.end(), ' ', '-');
  return name;
}

std::string head(const std::string& name, std::string_view about) {
  return ".\\\" Made by `cadre reference --man`.\n.TH " + name + " 1 \"\" \"Cadre " +
         std::string(base::version()) + "\" \"Cadre\"\n.SH NAME\n" + roff(name) + " \\- " + roff(about) +
         "\n";
}

std::string synopsis(const std::string& usage) {
  return ".SH SYNOPSIS\n.B " + roff(usage) + "\n.RI [ options ]\n";
}

void add_options(std::string& page, const CLI::App& parser) {
  std::string options;
  for (const CLI::Option* option : parser.get_options()) {
    if (option->get_name() == "--help" || option->get_name() == "--version") continue;
    options += ".TP\n.B " + roff(shown_name(*option)) + "\n" + roff(option->get_description()) +
               (option->get_required() ? " (required)" : "") + "\n";
  }
  if (!options.empty()) page += ".SH OPTIONS\n" + options;
}

std::string exit_status() {
  std::string section = ".SH EXIT STATUS\n";
  for (const ExitCodeRow& row : exit_codes())
    section += ".TP\n.B " + std::to_string(row.code) + "\n" + roff(row.text) + "\n";
  return section;
}

constexpr const char* environment_and_files =
    ".SH ENVIRONMENT\n"
    ".TP\n.B CADRE_AGENTS\nfolders of agents, with colons between them, where \\-\\-agents names none\n"
    ".TP\n.B CADRE_HOST\nthe host that commands speak to, where \\-\\-host names none: a socket, a state "
    "folder or a "
    "URL\n"
    ".TP\n.B CREDENTIALS_DIRECTORY\nfolder of secrets, where \\-\\-secrets names none; systemd sets it\n"
    ".TP\n.B NOTIFY_SOCKET\nwhere a service manager hears how the host is (sd_notify(3))\n"
    ".SH FILES\n"
    ".TP\n.I /etc/cadre/host.json\nthe configuration of the service\n"
    ".TP\n.I /var/lib/cadre\nits state folder: journals, revisions, halts\n"
    ".TP\n.I /run/cadre/admin.sock\nits socket, for the members of the group cadre\n"
    ".TP\n.I /usr/lib/cadre\nagents that come with Cadre, and the program of isolated ones\n"
    ".TP\n.I /usr/share/cadre\nscenarios, chains, schemas and data of the demo\n";

ManPage main_page(const CommandLine& line) {
  std::string page = head("cadre", "trade-execution host whose agents can be replaced while it trades");
  page +=
      ".SH SYNOPSIS\n.B cadre\n.RI [ options ]\n.I command\n.RI [ arguments ]\n.SH DESCRIPTION\n"
      "Strategies send signals; a chain of agents turns signals and portfolio into orders; an execution\n"
      "environment fills them. Every run is journaled and can be replayed to the bit. Options of every "
      "command\n"
      "go before its name.\n";
  add_options(page, line.parser());
  page += ".SH COMMANDS\n";
  std::string pages;
  for (const CommandRow& row : command_table()) {
    if (row.declare == nullptr) continue;
    page += ".TP\n.B " + roff(row.path) + "\n" + roff(row.help) + "\n";
    pages += (pages.empty() ? "" : ",\n") + std::string(".BR ") + roff(page_name(row.path)) + " (1)";
  }
  page += exit_status() + environment_and_files;
  return {"cadre.1", page + ".SH SEE ALSO\n" + pages + ",\n.BR cadre.service (8)\n"};
}

ManPage command_page(const CommandLine& line, const CommandRow& row) {
  const CLI::App& parser = line.parser_of(row);
  const std::string name = page_name(row.path);
  std::string page = head(name, row.help) + synopsis(usage_of(row, parser)) + ".SH DESCRIPTION\n" +
                     roff(sentence_of(row.help)) + "\n";
  // Groups and most commands say what the whole program says.
  const std::string footer =
      parser.get_footer() != line.parser().get_footer() ? parser.get_footer() : std::string();
  const std::size_t codes = std::min(footer.find("Exit codes"), footer.size());
  if (codes > 0) page += ".PP\n" + roff(footer.substr(0, codes)) + (footer[codes - 1] == '\n' ? "" : "\n");
  add_options(page, parser);
  page += codes < footer.size() ? ".SH EXIT STATUS\n" + roff(footer.substr(codes)) + "\n" : exit_status();
  return {name + ".1", page + ".SH SEE ALSO\n.BR cadre (1)\n"};
}

ManPage agent_host_page() {
  return {
      "cadre-agent-host.1",
      head("cadre-agent-host", "process of isolated agents") +
          ".SH SYNOPSIS\n.I /usr/lib/cadre/cadre-agent-host\n.SH DESCRIPTION\n"
          "The child process in which a host runs agents that it does not trust, in a sandbox of its own.\n"
          "It is started by\n.BR cadre (1),\nnever by hand, and ends with its host.\n"
          ".SH SEE ALSO\n.BR cadre (1)\n"};
}

}  // namespace

std::vector<ManPage> man_pages() {
  const CommandLine line;
  std::vector<ManPage> pages{main_page(line), agent_host_page()};
  for (const CommandRow& row : command_table()) {
    if (row.declare != nullptr) pages.push_back(command_page(line, row));
  }
  return pages;
}

}  // namespace cadre::app

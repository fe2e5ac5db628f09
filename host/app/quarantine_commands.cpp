// The commands about agents that failed a running host: what is held, what is let in again, what is
// restarted.

#include <boost/json.hpp>

#include "host/admin/http_message.hpp"
#include "host/app/command.hpp"
#include "host/app/host_connection.hpp"
#include "host/app/status_screen.hpp"

namespace cadre::app {

namespace {

int list(const HostArguments& arguments) {
  const HostAnswer answer = get(arguments, "/v1/quarantine");
  return print(arguments, answer, [&] { return quarantine_table(answer.body, width_of_output()); });
}

int release(const HostArguments& arguments) {
  const HostAnswer answer = post(arguments, "/v1/quarantine/" + std::to_string(arguments.number) + ":release",
                                 change_body(arguments));
  return print(arguments, answer, [&] {
    return "released " + std::to_string(arguments.number) + "; `cadre resume --book " +
           text_at(answer.body, "/book") + " --reason ...` lets its book decide\n";
  });
}

/// BOOK/STAGE
int restart(const HostArguments& arguments) {
  const std::size_t slash = arguments.name.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == arguments.name.size()) {
    base::Problems problems;
    problems.error("AGENT_NOT_NAMED", base::Place::of("BOOK/STAGE"),
                   base::quote(arguments.name) + " names no stage",
                   "write it like main/risk; `cadre status` lists books and stages");
    print_refusal(problems, arguments.json);
    return exit_invalid_input;
  }
  const std::string book = admin::percent_encoded(arguments.name.substr(0, slash));
  const std::string stage = admin::percent_encoded(arguments.name.substr(slash + 1));
  const HostAnswer answer =
      post(arguments, "/v1/books/" + book + "/stages/" + stage + ":restart", change_body(arguments));
  return print(arguments, answer,
               [&] { return arguments.name + " has a fresh instance, as if it had been there all along\n"; });
}

}  // namespace

std::span<const HostCommand> quarantine_commands() {
  using Kind = HostCommand::Kind;
  using A = HostArguments;
  static const HostCommand rows[] = {
      {"agent restart",
       "put a fresh instance in the place of an agent of a running host",
       Kind::changes,
       restart,
       {{"BOOK/STAGE", &A::name, "whose; `cadre status` lists them", "", true}}},
      {"quarantine", "agents that crashed or hung a running host, and are not let in"},
      {"quarantine list", "what is held, and why", Kind::reads, list},
      {"quarantine release",
       "let one in again",
       Kind::changes,
       release,
       {{"ID", &A::number, "as `cadre quarantine list` numbers them", "", true}}}};
  return rows;
}

}  // namespace cadre::app

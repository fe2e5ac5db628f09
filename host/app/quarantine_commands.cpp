// The commands about agents that crashed or hung a host: what is held, and what is let in again.

#include <boost/json.hpp>

#include "host/app/host_connection.hpp"
#include "host/app/status_screen.hpp"

namespace cadre::app {

namespace {

int list(const HostArguments& arguments) {
  const HostAnswer answer = get(arguments, "/v1/quarantine");
  return print(arguments, answer, [&] { return quarantine_table(answer.body); });
}

int release(const HostArguments& arguments) {
  const HostAnswer answer = post(arguments, "/v1/quarantine/" + std::to_string(arguments.number) + ":release",
                                 change_body(arguments));
  return print(arguments, answer, [&] {
    return "released " + std::to_string(arguments.number) +
           "; `cadre resume --reason ...` lets its book decide\n";
  });
}

}  // namespace

std::span<const HostCommand> quarantine_commands() {
  using Kind = HostCommand::Kind;
  using A = HostArguments;
  static const HostCommand rows[] = {
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

// An agent that has failed for good, or whose process is gone, gets another chance.

#include <boost/json.hpp>

#include "host/control/agent_restarts.hpp"
#include "host/control/host_parts.hpp"
#include "host/control/operation.hpp"

namespace cadre::control {

namespace {

live::Answer restart(HostParts& host, const Call& call) {
  return host.reload->between_changes([&](const revision::Charge&) -> live::Answer {
    const auto runner = live::find_book(host.books, call.path[0]);
    if (runner == nullptr) return live::unknown_book(host.books, call.path[0]);
    return restart_agent(host, *runner, call.path[1], call.mandate);
  });
}

}  // namespace

std::span<const Operation> agent_operations() {
  using Brings = Operation::Brings;
  static const Operation rows[] = {
      {"POST", "/v1/books/{book}/stages/{stage}:restart",
       "put a fresh instance in the place of a stage's agent, as if it had been there all along", restart,
       Brings::change}};
  return rows;
}

}  // namespace cadre::control

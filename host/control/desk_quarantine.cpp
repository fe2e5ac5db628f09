// What crashed or hung the host: who is held in quarantine, and who lets it in again.

#include <boost/json.hpp>

#include "host/base/text.hpp"
#include "host/control/host_parts.hpp"
#include "host/control/operation.hpp"

namespace cadre::control {

namespace json = boost::json;

namespace {

live::Answer list(HostParts& host, const Call&) {
  return {live::Outcome::done, {{"quarantine", quarantine_json(*host.quarantine)}}, {}};
}

/// Released first, and for good: when its place cannot be filled now, a later change or start does it.
live::Answer release(HostParts& host, const Call& call) {
  const auto number = call.number(0);
  base::Problems problems;
  if (!number) {
    problems.error("QUARANTINE_UNKNOWN", {},
                   "nothing is held in quarantine under " + base::quote(call.path[0]),
                   "`cadre quarantine list` shows what is");
    return {live::Outcome::unknown, {}, problems};
  }
  std::string book;
  for (const agent::Quarantined& held : host.quarantine->held()) {
    if (held.number == *number) book = held.record.card.book;
  }
  problems = host.quarantine->release(*number, call.mandate.actor, call.mandate.reason);
  if (problems.has_errors()) {
    const bool is_unknown = problems[0].code == "QUARANTINE_UNKNOWN";
    return {is_unknown ? live::Outcome::unknown : live::Outcome::conflict, {}, problems};
  }
  host.metrics.quarantined().set(static_cast<double>(host.quarantine->held().size()));
  host.feed.say("released",
                {{"quarantine", *number}, {"actor", call.mandate.actor}, {"reason", call.mandate.reason}});
  const live::Answer taken = host.reload->take_back(call.mandate);
  for (base::Problem problem : taken.problems) {
    problem.severity = base::Severity::warning;  // what was asked for is done
    problem.message = "released, and its place is still empty: " + problem.message;
    problems.add(std::move(problem));
  }
  json::object body{{"released", *number}, {"book", book}};
  if (taken.body.is_object() && taken.body.as_object().contains("revision"))
    body["revision"] = taken.body.at("revision");
  return {live::Outcome::done, std::move(body), problems};
}

}  // namespace

json::array quarantine_json(const agent::Quarantine& quarantine) {
  json::array held;
  for (const agent::Quarantined& each : quarantine.held()) {
    const agent::FlightRecord& record = each.record;
    held.push_back({{"id", each.number},
                    {"time", each.time},
                    {"agent", record.card.agent},
                    {"version", record.card.version},
                    {"sha256", record.card.digest},
                    {"book", record.card.book},
                    {"stage", record.card.stage},
                    {"call", agent::flight_name(record.flight)},
                    {"event", record.event},
                    {"revision", record.revision},
                    {"why", each.why},
                    {"text", each.text()}});
  }
  return held;
}

std::span<const Operation> quarantine_operations() {
  using Brings = Operation::Brings;
  static const Operation rows[] = {
      {"GET", "/v1/quarantine", "agents that crashed or hung the host, and are not let in", list},
      {"POST", "/v1/quarantine/{id}:release", "let one in again", release, Brings::change}};
  return rows;
}

}  // namespace cadre::control

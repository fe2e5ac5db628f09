// An agent that is only tried: what is said of it, and how it goes.

#include <utility>

#include "host/agent/live_agent.hpp"

namespace cadre::agent {

namespace {

std::string tried_text(const CatalogEntry& entry, const InstanceSpec& spec) {
  if (!spec.probe) return {};
  const std::string& ground = spec.probe->ground;
  return spec.name + " (" + entry.agent->id + " " + entry.manifest->version.to_string() + ") was tried" +
         (ground.empty() ? "" : " on " + ground) + ": ";
}

/// The same problems, with what was tried where; without a book, what is wrong with a library is said as
/// ever.
base::Problems said_of_probe(const base::Problems& problems, const std::string& tried, bool has_ground) {
  base::Problems said;
  for (base::Problem problem : problems) {
    const bool has_ended = problem.message.find("its process is gone") != std::string::npos;
    const bool is_vague = has_ground || has_ended || problem.code == "ISOLATION_START";
    if (problem.severity == base::Severity::error && is_vague) problem.message.insert(0, tried);
    said.add(std::move(problem));
  }
  return said;
}

}  // namespace

std::string tried_text(const LiveAgent& agent) {
  return tried_text(agent.entry(), agent.spec());
}

base::Result<std::shared_ptr<LiveAgent>> LiveAgent::create_isolated(const Elsewhere& where,
                                                                    const CatalogEntry& entry,
                                                                    const InstanceSpec& spec,
                                                                    const base::Place& place) {
  auto made = create_elsewhere(where, entry, spec, place);
  if (!made && spec.probe)
    return said_of_probe(made.problems(), tried_text(entry, spec), !spec.probe->ground.empty());
  return made;
}

std::string retire(LiveAgent& agent) {
  if (agent.isolated_ == nullptr) return {};
  agent.deactivate();
  const FlightNote note(agent.flight_, Flight::destroy);
  for (const Call call : {Call::destroy, Call::unload}) {
    const cadre_status status = agent.isolated_->retire(call);
    if (status == CADRE_OK) continue;
    const char* const name = call == Call::destroy ? "destroy" : "unloading its library";
    return std::string(name) + " answered " + with_reason(agent, status);
  }
  return {};
}

std::string forgets(const LiveAgent& agent, const SavedState& saved) {
  auto made = made_again(agent);
  if (!made) return "a second instance could not be made: " + made.problems()[0].message;
  LiveAgent& second = **made;
  for (const base::Problem& problem : second.load_state(saved)) {
    if (problem.severity == base::Severity::error) return "load_state: " + problem.message;
  }
  const auto again = second.save_state(saved.epoch, saved.instruments);
  if (!again) return "save_state answered " + again.problems()[0].message;
  if (again->bytes == saved.bytes) return {};
  return forgets_its_state;
}

}  // namespace cadre::agent

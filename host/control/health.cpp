// How a host is: what is in the way of its work, and how the one before it ended.

#include <algorithm>
#include <boost/json.hpp>
#include <map>

#include "host/agent/process_use.hpp"
#include "host/base/text.hpp"
#include "host/control/host_parts.hpp"

namespace cadre::control {

namespace json = boost::json;

std::vector<std::string> not_ready_reasons(const HostParts& host) {
  if (host.stopped) return {"the host is on its way out"};
  if (!host.ready) return {"the host is starting"};
  std::vector<std::string> reasons;
  const std::string not_durable =
      host.reload->read([](const revision::Charge& charge) { return charge.not_durable; });
  if (!not_durable.empty()) reasons.push_back(not_durable);
  for (const auto& book : host.books.now()) {
    const live::BookSnapshot now = book->snapshot();
    if (now.state == live::BookState::stuck || now.state == live::BookState::stopped)
      reasons.push_back(book->id() + " is " + live::state_name(now.state) + ": " + now.reason);
    else if (!now.left_out.empty())
      reasons.push_back(book->id() + " decides nothing, an agent of it is in quarantine: " + now.left_out);
    for (const auto& [stage, why] : now.quarantined) {
      std::string not_restarted = host.not_restarted.why(book->id(), stage);
      if (!not_restarted.empty()) not_restarted.insert(0, "; it was not restarted: ");
      reasons.push_back(base::join(
          {book->id(), " goes on without ", stage, ", which is called no more: ", why, not_restarted}, ""));
    }
  }
  return reasons;
}

namespace {

double memory_ratio(const agent::ProcessUse& use) {
  return use.data_bytes_most == 0
             ? 0
             : static_cast<double>(use.data_bytes) / static_cast<double>(use.data_bytes_most);
}

/// Of the host's process, and of each one of isolated agents.
void refresh_processes(HostParts& host) {
  host.metrics.gauge("cadre_host_own_bytes").set(static_cast<double>(agent::own_use().own_bytes));
  const std::vector<agent::ProcessUse> uses = agent::process_uses();
  const auto show = [&](const char* metric, auto figure) {
    std::map<std::vector<std::string>, double> values;
    for (const agent::ProcessUse& use : uses)
      values[{use.book, base::join(use.agents, ",")}] += static_cast<double>(figure(use));
    host.metrics.set_all(metric, values);
  };
  using Use = agent::ProcessUse;
  show("cadre_agent_processor_seconds", [](const Use& use) { return use.processor_seconds; });
  show("cadre_agent_resident_bytes", [](const Use& use) { return use.resident_bytes; });
  show("cadre_agent_own_bytes", [](const Use& use) { return use.own_bytes; });
  show("cadre_agent_memory_ratio", memory_ratio);
  show("cadre_agent_output_left_out", [](const Use& use) { return use.output_left_out; });
  for (const auto& book : host.books.now()) {
    const auto count =
        std::count_if(uses.begin(), uses.end(), [&](const Use& use) { return use.book == book->id(); });
    host.metrics.gauge("cadre_agent_processes", {book->id()}).set(static_cast<double>(count));
  }
}

}  // namespace

void refresh_gauges(HostParts& host) {
  host.metrics.libraries_retained().set(static_cast<double>(host.reload->retained_json().size()));
  host.metrics.ready().set(not_ready_reasons(host).empty() ? 1 : 0);
  host.metrics.quarantined().set(static_cast<double>(host.quarantine->held().size()));
  refresh_processes(host);
  host.metrics.weakly_sandboxed().set(host.reload->read([](const revision::Charge& charge) {
    return static_cast<double>(revision::weak_sandboxes(charge.setup).size());
  }));
  for (const auto& book : host.books.now()) {
    const metrics::BookMetrics gauges = host.metrics.book(book->id());
    const live::BookSnapshot now = book->snapshot();
    gauges.set_state(static_cast<metrics::InState>(now.state));  // in the same order
    gauges.stages_quarantined.set(static_cast<double>(now.quarantined.size()));
    gauges.stuck_seconds.set(host.watchdog->stuck_seconds(book->id()));
  }
}

json::object last_run_json(const agent::LastFlight& last) {
  using End = agent::LastFlight::End;
  const char* end = last.end == End::none        ? "none"
                    : last.end == End::told      ? "told"
                    : last.end == End::abandoned ? "abandoned"
                    : last.end == End::lost      ? "killed"
                                                 : "crashed";
  json::value what = nullptr;
  if (last.end == End::crashed)
    what = (last.blamed ? agent::flight_text(*last.blamed) : std::string("the host itself, in no agent")) +
           ": " + agent::crash_text(last);
  json::array suspects;
  for (const agent::FlightRecord& suspect : last.suspects)
    suspects.push_back(json::value(agent::flight_text(suspect)));
  return {{"end", end}, {"what", std::move(what)}, {"suspects", std::move(suspects)}};
}

}  // namespace cadre::control

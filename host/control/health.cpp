// How a host is: what is in the way of its work, and how the one before it ended.

#include <algorithm>
#include <boost/json.hpp>

#include "host/base/text.hpp"
#include "host/control/host_parts.hpp"
#include "host/control/house_watch.hpp"

namespace cadre::control {

namespace json = boost::json;

namespace {

/// An input that waits for so long is not on its way: the book does not keep up with what it is sent.
constexpr double behind_seconds = 10;

/// Whether a trading state of the book says it already, with its first day.
bool is_said_ruined(const live::BookSnapshot& now) {
  return std::any_of(now.states.begin(), now.states.end(), [](const execution::StateChange& change) {
    return change.code == execution::TradingStates::ruin;
  });
}

}  // namespace

std::vector<std::string> not_ready_reasons(const HostParts& host) {
  if (host.stopped) return {"the host is on its way out"};
  if (!host.ready) return {"the host is starting"};
  std::vector<std::string> reasons;
  const std::string not_durable =
      host.reload->read([](const revision::Charge& charge) { return charge.not_durable; });
  if (!not_durable.empty()) reasons.push_back(not_durable);
  if (const DiskRoom room = disk_room(host.options.state); room.all_bytes != 0 && room.is_low())
    reasons.push_back("the disk of the state folder has " + std::to_string(room.free_bytes >> 20) +
                      " MiB left");
  if (const std::string why = host.door_fault.why(); !why.empty())
    reasons.push_back("operators cannot connect to the socket: " + why);
  for (const auto& book : host.books.now()) {
    const live::BookSnapshot now = book->snapshot();
    const bool has_ended = now.state == live::BookState::stuck || now.state == live::BookState::stopped;
    if (!has_ended && !now.left_out.empty())
      reasons.push_back(book->id() + " decides nothing, an agent of it is in quarantine: " + now.left_out);
    else if (has_ended || now.state == live::BookState::halted)
      reasons.push_back(book->id() + " is " + live::state_name(now.state) + ": " + now.reason);
    else if (now.date != 0 && now.equity.raw() <= 0 && !is_said_ruined(now))
      reasons.push_back(book->id() + " is ruined: its equity is " + now.equity.to_string() +
                        ", and it decides nothing");
    else if (now.queue_oldest_seconds > behind_seconds)
      reasons.push_back(book->id() + " is behind: an input has waited for " +
                        std::to_string(static_cast<int>(now.queue_oldest_seconds)) + " s");
    for (const execution::StateChange& change : now.states) {
      const std::string scope = change.scope.instrument + change.scope.agent;
      if (now.state == live::BookState::halted && now.reason == change.why()) continue;  // said above
      reasons.push_back(base::join({scope.empty() ? book->id() : scope + " in " + book->id(), " is ",
                                    std::string(execution::state_name(change.state)),
                                    change.code.empty() ? "" : ", " + change.code, ": ", change.why()},
                                   ""));
    }
    for (const auto& [stage, why] : now.quarantined) {
      std::string not_restarted = host.not_restarted.why(book->id(), stage);
      if (!not_restarted.empty()) not_restarted.insert(0, "; it was not restarted: ");
      reasons.push_back(base::join(
          {book->id(), " goes on without ", stage, ", which is called no more: ", why, not_restarted}, ""));
    }
  }
  return reasons;
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

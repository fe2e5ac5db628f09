#include "host/control/control_desk.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "host/base/log.hpp"

namespace cadre::control {

namespace {

const char* outcome_name(live::Outcome outcome) {
  switch (outcome) {
    case live::Outcome::done:
    case live::Outcome::created:
    case live::Outcome::accepted:
      return "done";
    case live::Outcome::unknown:
      return "unknown";
    case live::Outcome::conflict:
      return "conflict";
    case live::Outcome::stale:
      return "stale";
    case live::Outcome::invalid:
      return "refused";
    case live::Outcome::full:
      return "full";
    default:
      return "stopping";
  }
}

bool is_done(live::Outcome outcome) {
  return outcome == live::Outcome::done || outcome == live::Outcome::created ||
         outcome == live::Outcome::accepted;
}

std::string first_of(const base::Problems& problems) {
  return problems.empty() ? std::string() : problems[0].message;
}

/// " instrument=AA kill flatten": what a call is about beyond its path and its book.
std::string members_text(const Call& call) {
  std::string text;
  for (const auto& [name, value] : call.members) {
    const std::string key(name);
    if (key == "book" || key == "actor" || key == "reason") continue;
    if (value.is_bool() && value.get_bool()) text += " " + key;
    if (value.is_string() && !value.get_string().empty())
      text += " " + key + "=" + std::string(value.get_string());
  }
  return text;
}

/// What somebody told the host to do; the path says it, and what stands in it.
void log_action(const Operation& operation, const Call& call, const live::Answer& answer) {
  std::string what(operation.path);
  for (const std::string& named : call.path) {
    const std::size_t open = what.find('{');
    if (open != std::string::npos) what.replace(open, what.find('}', open) + 1 - open, named);
  }
  base::log_event(is_done(answer.outcome) ? base::LogLevel::info : base::LogLevel::warn, "operator_action",
                  {{"what", what + members_text(call)},
                   {"book", call.text("book")},
                   {"actor", call.mandate.actor},
                   {"reason", call.mandate.reason},
                   {"outcome", outcome_name(answer.outcome)},
                   {"why", first_of(answer.problems)}});
}

}  // namespace

void ControlDesk::socket_changed(const std::string& why) {
  host_.door_fault.set(why);
  if (why.empty())
    host_.feed.say("socket_back", {});
  else
    host_.feed.say("socket_lost", {{"why", why}});
}

live::Answer ControlDesk::run(const Operation& operation, const Call& call) {
  live::Answer answer = operation.run(host_, call);
  if (operation.brings == Operation::Brings::change) {
    log_action(operation, call, answer);
  } else if (operation.brings == Operation::Brings::inputs && !is_done(answer.outcome)) {
    const std::string book = call.path.empty() ? std::string() : call.path[0];
    const std::string outcome = outcome_name(answer.outcome);
    if (const std::uint64_t times = refused_.count(book + ' ' + outcome); times > 0)
      base::log_event(base::LogLevel::warn, "inputs_refused",
                      {{"book", book},
                       {"outcome", outcome},
                       {"why", first_of(answer.problems)},
                       {"times", std::to_string(times)}});
  }
  return answer;
}

}  // namespace cadre::control

#include "host/book/state_commands.hpp"

#include <boost/json.hpp>

#include "host/base/json.hpp"

namespace cadre::book {

namespace json = boost::json;

using execution::TradingState;

namespace {

std::string text_of(const json::value& said, std::string_view pointer) {
  const json::value* value = base::find(said, pointer);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

bool flag_of(const json::value& said, std::string_view pointer) {
  const json::value* value = base::find(said, pointer);
  return value != nullptr && value->is_bool() && value->get_bool();
}

}  // namespace

std::optional<execution::StateChange> state_change_of(const journal::CommandRecord& command) {
  const bool halts = command.kind == "halt", resumes = command.kind == "resume";
  if (!halts && !resumes && command.kind != trading_state_command) return std::nullopt;
  boost::system::error_code error;
  json::value said = json::parse(command.text, error);
  if (error) said = json::object{};  // of a host that said nothing more
  execution::StateChange change;
  change.scope = {text_of(said, "/instrument"), text_of(said, "/agent")};
  change.code = text_of(said, "/code");
  change.actor = command.actor;
  change.reason = command.reason;
  change.rearms = flag_of(said, "/rearm");
  change.state = halts     ? TradingState::halted
                 : resumes ? TradingState::active
                           : execution::state_named(text_of(said, "/state")).value_or(TradingState::halted);
  if (halts && flag_of(said, "/kill")) change.state = TradingState::killed;
  return change;
}

journal::CommandRecord command_of(const execution::StateChange& change, std::int32_t date,
                                  std::uint64_t number) {
  json::object said;
  if (number != 0) said["number"] = number;
  said["state"] = execution::state_name(change.state);
  if (!change.scope.instrument.empty()) said["instrument"] = change.scope.instrument;
  if (!change.scope.agent.empty()) said["agent"] = change.scope.agent;
  if (!change.code.empty()) said["code"] = change.code;
  if (change.rearms) said["rearm"] = true;
  return {trading_state_command, date, change.actor, change.reason, json::serialize(said)};
}

}  // namespace cadre::book

#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "host/execution/trading_states.hpp"

namespace cadre::control {

/// A trading state as answers show it.
inline boost::json::object state_json(const execution::StateChange& change, const std::string& book) {
  boost::json::object shown{{"book", book}, {"state", execution::state_name(change.state)}};
  if (!change.scope.instrument.empty()) shown["instrument"] = change.scope.instrument;
  if (!change.scope.agent.empty()) shown["agent"] = change.scope.agent;
  if (!change.code.empty()) shown["code"] = change.code;
  shown["why"] = change.why();
  return shown;
}

}  // namespace cadre::control

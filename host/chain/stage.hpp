#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cadre/state.h"
#include "host/agent/control_word.hpp"
#include "host/agent/live_agent.hpp"
#include "host/config/scenario_config.hpp"
#include "host/model/arena.hpp"

namespace cadre::chain {

/// One named place of a chain, filled by one agent, with the services it reads.
struct Stage {
  std::string name;
  agent::RoleId role = agent::RoleId::service;
  std::shared_ptr<agent::LiveAgent> agent;
  config::OnFailure on_failure = config::OnFailure::hold;
  config::OnError on_error = config::OnError::reset;
  config::HandOff hand_off = config::HandOff::migrate;
  config::Step after = config::Step::correlation_adjuster;  ///< of a trade adjuster: where it stands
  std::vector<std::int32_t>
      service_places;  ///< into Chain::services, in the order of its needs; -1: optional and not bound
  std::vector<cadre_service> services;  ///< what it is shown, same order

  template <class Table>
  const Table& table() const {
    return agent->table<Table>();
  }
  void* self() const { return agent->self(); }
};

/// One agent's turn to decide: it is shown its services and called, unless it is quarantined.
/// [decision-thread]
template <class Call>
cadre_status ask(const Stage& stage, agent::Flight flight, model::StateView& view, Call&& call) {
  view.raw.services = stage.services.data();
  view.raw.service_count = stage.services.size();
  stage.agent->reason().forget();
  const agent::InstanceQuarantine& quarantine = stage.agent->quarantine();
  if (quarantine.holds()) {
    stage.agent->reason().say("quarantined: " + quarantine.why());
    return CADRE_FATAL;
  }
  const agent::ControlWord computing;
  cadre_status status = CADRE_ERROR;
  {
    const agent::FlightNote note(stage.agent->flight(), flight);
    status = call(view.shown());
  }
  if (computing.keep()) return status;
  stage.agent->reason().say(agent::ControlWord::changed);
  return CADRE_REJECTED;
}

}  // namespace cadre::chain

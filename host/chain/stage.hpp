#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cadre/state.h"
#include "host/agent/live_agent.hpp"
#include "host/config/scenario_config.hpp"

namespace cadre::chain {

/// One named place of a chain, filled by one agent, with the services it reads.
struct Stage {
  std::string name;
  agent::RoleId role = agent::RoleId::service;
  std::shared_ptr<agent::LiveAgent> agent;
  config::OnFailure on_failure = config::OnFailure::hold;
  config::HandOff hand_off = config::HandOff::migrate;
  std::vector<std::int32_t>
      service_places;  ///< into Chain::services, in the order of its needs; -1: optional and not bound
  std::vector<cadre_service> services;  ///< what it is shown, same order

  template <class Table>
  const Table& table() const {
    return agent->table<Table>();
  }
  void* self() const { return agent->self(); }
  /// Whether its effect on the targets is recorded under its name.
  bool changes_targets() const {
    return agent::role(role).change_targets != nullptr || role == agent::RoleId::correlation_adjuster;
  }
};

}  // namespace cadre::chain

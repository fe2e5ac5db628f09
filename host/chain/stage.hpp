#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cadre/state.h"
#include "host/agent/live_agent.hpp"
#include "host/config/scenario_config.hpp"

namespace cadre::chain {

/// The kinds of stages, in the order of a decision.
enum class StageKind : std::uint32_t {
  service,
  signal_source,
  signal_aggregator,
  position_sizer,
  portfolio_optimizer,
  risk_manager,
  correlation_adjuster,
  trade_adjuster,
  execution_rules,
  execution_environment
};

/// One row of the stage table: the builder, the messages and the reference page are made from it.
struct StageRow {
  StageKind kind;
  std::string_view key;   ///< in the configuration
  std::string_view role;  ///< that fills it
  std::string_view text;
};

std::span<const StageRow> stage_table();
const StageRow& row_of(StageKind kind);

/// One named place of a chain, filled by one agent, with the services it reads.
struct Stage {
  std::string name;
  StageKind kind = StageKind::service;
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
};

}  // namespace cadre::chain

#pragma once

#include <optional>

#include "host/agent/catalog.hpp"
#include "host/agent/probe_terms.hpp"
#include "host/agent/store.hpp"
#include "host/agent/trust.hpp"
#include "host/chain/chain.hpp"
#include "host/config/scenario_config.hpp"

namespace cadre::chain {

/// Which agent fills which stage and which service it is given: the whole wiring, before any library is
/// opened.
struct PlannedStage {
  const config::InstanceConfig* instance;
  agent::CatalogEntry entry;
  std::string settings;                                 ///< complete configuration, canonical JSON
  std::vector<std::int32_t> service_places;             ///< into ChainPlan::services
  agent::Isolation isolation = agent::Isolation::none;  ///< as configured; at least what the manifest says
  bool is_isolation_said = true;                        ///< by configuration or manifest; else trust decides
  agent::TrustedBy trusted_by = agent::TrustedBy::nobody;  ///< of a running host; others do not ask
  bool allow_weak_sandbox = false;                         ///< its process may do without a bound on files
  std::optional<agent::ProbeTerms> probe{};                ///< its agent is only tried
  std::vector<agent::SecretUse> secrets{};                 ///< references in the settings
  std::string left_out{};  ///< why its agent is not made: it is in quarantine; empty: it is made

  bool isolated() const { return isolation != agent::Isolation::none; }
};
struct ChainPlan {
  std::vector<PlannedStage>
      stages;  ///< providers first, in topological order, then in the order of a decision
  std::size_t provider_count = 0;
  std::vector<ServiceSlot> services;

  /// Gives a stage a process of its own, with the services that it reads in the arena.
  void isolate(PlannedStage& stage);
};

/// The list of imports by which the library of a planned stage is judged.
agent::ImportList import_list_of(const PlannedStage& planned);
/// What the instance of a planned stage is made from.
agent::InstanceSpec spec_of(const PlannedStage& planned, const config::ScenarioConfig& config);

/// Resolves agents and versions, checks every agent's configuration against its manifest, binds services and
/// sorts their providers. Pure: opens no library. Reports every unmet, ambiguous or circular need at once,
/// each with its place.
base::Result<ChainPlan> plan_chain(const config::ScenarioConfig& config, const agent::Catalog& catalog);

/// Loads what the plan needs from the store's copies and makes the instances. An instance of `previous` with
/// an equal specification and the same bytes is kept, with its state; one that differs in hot keys alone is
/// kept too and given the new ones when the chain takes over. `replaced` is the chain before `previous`,
/// which went on observing: a rollback takes its instances back. All or nothing: when there are problems,
/// nothing of the new chain is left.
base::Result<std::shared_ptr<Chain>> build_chain(const config::ScenarioConfig& config, const ChainPlan& plan,
                                                 const agent::Store& store, const Chain* previous,
                                                 const Chain* replaced = nullptr);

/// plan_chain and build_chain.
base::Result<std::shared_ptr<Chain>> build_chain(const config::ScenarioConfig& config,
                                                 const agent::Catalog& catalog, const agent::Store& store,
                                                 const Chain* previous = nullptr);

}  // namespace cadre::chain

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "host/chain/stage.hpp"

namespace cadre::chain {

/// A service in the order in which services are published.
struct ServiceSlot {
  std::string id;              ///< "cadre.covariance/1"
  std::size_t provider = 0;    ///< into Chain::providers
  bool read_isolated = false;  ///< some reader is in another process, so the values have to be in the arena
};

/// The immutable wiring of one book under one revision. Instances are shared: what did not change between two
/// revisions is the same instance in both.
struct Chain {
  std::uint64_t revision = 1;
  config::RiskFeedbackConfig risk_feedback;
  config::ConstraintsConfig constraints;
  std::vector<Stage> providers;  ///< in topological order
  std::vector<ServiceSlot> services;
  std::vector<Stage> sources;
  Stage aggregator;
  Stage sizer;
  std::optional<Stage> optimizer;
  std::vector<Stage> risk_managers;
  std::optional<Stage> correlation;
  std::vector<Stage> adjusters;
  Stage rules;
  Stage environment;                  ///< fills the orders; the same through all revisions of a run
  cadre_requirements requirements{};  ///< the most that any agent asks for

  /// Every stage, in the order of a decision.
  template <class Visitor>
  void each_stage(Visitor&& visit) {
    for (Stage& stage : providers)
      visit(stage);
    for (Stage& stage : sources)
      visit(stage);
    visit(aggregator);
    visit(sizer);
    if (optimizer) visit(*optimizer);
    for (Stage& stage : risk_managers)
      visit(stage);
    if (correlation) visit(*correlation);
    for (Stage& stage : adjusters)
      visit(stage);
    visit(rules);
    visit(environment);
  }
  template <class Visitor>
  void each_stage(Visitor&& visit) const {
    const_cast<Chain*>(this)->each_stage([&](const Stage& stage) { visit(stage); });
  }
};

/// The names of the stages whose effect on the targets is recorded, in order: what DecisionRecord::stages
/// holds.
std::vector<std::string> effect_names(const Chain& chain);

}  // namespace cadre::chain

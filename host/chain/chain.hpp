#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/chain/stage.hpp"

namespace cadre::chain {

/// A service in the order in which services are published.
struct ServiceSlot {
  std::string id;              ///< "cadre.covariance/1"
  std::size_t provider = 0;    ///< into Chain::providers
  bool read_isolated = false;  ///< some reader is in another process, so the values have to be in the arena
};

/// New settings for an agent that stays: only hot keys differ. Prepared when the chain is built, committed
/// when it takes over, discarded when it never does.
class HotChange {
 public:
  HotChange(std::shared_ptr<agent::LiveAgent> agent, void* prepared, std::string config)
      : agent_(std::move(agent)), prepared_(prepared), config_(std::move(config)) {}
  HotChange(HotChange&& other) noexcept
      : agent_(std::move(other.agent_)),
        prepared_(std::exchange(other.prepared_, nullptr)),
        config_(std::move(other.config_)) {}
  HotChange& operator=(HotChange&&) = delete;
  ~HotChange() {
    if (prepared_ != nullptr) agent_->discard_prepared(prepared_);
  }
  /// [decision-thread]
  void commit() { agent_->commit_prepared(std::exchange(prepared_, nullptr), config_); }
  const agent::LiveAgent& agent() const { return *agent_; }

 private:
  std::shared_ptr<agent::LiveAgent> agent_;
  void* prepared_;
  std::string config_;
};

/// The immutable wiring of one book under one revision. Instances are shared: what did not change between two
/// revisions is the same instance in both.
struct Chain {
  std::uint64_t revision = 1;
  config::RiskFeedbackConfig risk_feedback;
  config::ConstraintsConfig constraints;
  config::PreTradeConfig pre_trade_checks;
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
  Stage environment;                   ///< fills the orders; the same through all revisions of a run
  cadre_requirements requirements{};   ///< the most that any agent asks for
  std::vector<HotChange> hot_changes;  ///< committed when the chain takes over

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

  /// The first stage for which `wanted` is true; null when there is none.
  template <class Predicate>
  const Stage* find_stage(Predicate&& wanted) const {
    const Stage* found = nullptr;
    each_stage([&](const Stage& stage) {
      if (found == nullptr && wanted(stage)) found = &stage;
    });
    return found;
  }
  const Stage* stage_named(std::string_view name) const {
    return find_stage([&](const Stage& stage) { return stage.name == name; });
  }
  /// Whether the instance fills one of its stages.
  bool runs(const std::shared_ptr<agent::LiveAgent>& agent) const {
    return find_stage([&](const Stage& stage) { return stage.agent == agent; }) != nullptr;
  }
};

/// Raises every need in `all` to that of `one`.
void raise_requirements(cadre_requirements& all, const cadre_requirements& one);

/// The plugins of a chain's agents, each once, in the order of their stages.
std::vector<std::shared_ptr<const agent::Manifest>> plugins_of(const Chain& chain);

/// The names of the stages whose effect on the targets is recorded, in order: what DecisionRecord::stages
/// holds.
std::vector<std::string> effect_names(const Chain& chain);

}  // namespace cadre::chain

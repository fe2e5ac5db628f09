#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/chain/stage.hpp"

namespace cadre::chain {

/// A service in the order in which services are published.
struct ServiceSlot {
  std::string id;              ///< "cadre.covariance/1"
  std::size_t provider = 0;    ///< among the chain's stages
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
    if (prepared_ != nullptr) agent_->hot().discard(prepared_);
  }
  /// [decision-thread]
  void commit() { agent_->hot().commit(std::exchange(prepared_, nullptr), config_); }
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
  std::vector<Stage> stages;  ///< in the order of a decision; providers in topological order
  std::vector<ServiceSlot> services;
  cadre_requirements requirements{};   ///< the most that any agent asks for
  std::vector<HotChange> hot_changes;  ///< committed when the chain takes over

  /// The stages of one role, in order.
  std::span<const Stage> all(agent::RoleId role) const {
    const auto begin = first_[static_cast<std::size_t>(role)];
    return std::span(stages).subspan(begin, first_[static_cast<std::size_t>(role) + 1] - begin);
  }
  /// The stage of a role that has exactly one.
  const Stage& one(agent::RoleId role) const { return all(role).front(); }
  const Stage& environment() const { return one(agent::RoleId::execution_environment); }

  /// Adds the next stage; roles come in the order of a decision.
  void add(Stage stage) {
    stages.push_back(std::move(stage));
    const auto next = static_cast<std::size_t>(stages.back().role) + 1;
    std::fill(first_.begin() + static_cast<std::ptrdiff_t>(next), first_.end(), stages.size());
  }

  /// Every stage, in the order of a decision.
  template <class Visitor>
  void each_stage(Visitor&& visit) {
    for (Stage& stage : stages)
      visit(stage);
  }
  template <class Visitor>
  void each_stage(Visitor&& visit) const {
    for (const Stage& stage : stages)
      visit(stage);
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
  /// The first stage whose agent is in quarantine: a chain that has one decides nothing.
  const Stage* stage_left_out() const {
    return find_stage([](const Stage& stage) { return !stage.agent->left_out().empty(); });
  }
  /// Whether the instance fills one of its stages.
  bool runs(const std::shared_ptr<agent::LiveAgent>& agent) const {
    return find_stage([&](const Stage& stage) { return stage.agent == agent; }) != nullptr;
  }

 private:
  std::array<std::size_t, agent::role_count + 1> first_{};  ///< by role: its first stage
};

/// Raises every need in `all` to that of `one`.
void raise_requirements(cadre_requirements& all, const cadre_requirements& one);

/// The plugins of a chain's agents, each once, in the order of their stages.
std::vector<std::shared_ptr<const agent::Manifest>> plugins_of(const Chain& chain);

/// The names of the stages whose effect on the targets is recorded, in order: what DecisionRecord::stages
/// holds.
std::vector<std::string> effect_names(const Chain& chain);

}  // namespace cadre::chain

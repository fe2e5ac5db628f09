#include "host/book/probe_pass.hpp"

#include <algorithm>
#include <cstring>

#include "host/book/dated_changes.hpp"

namespace cadre::book {

namespace {

/// To the bit: NaN stands for "none" in both.
bool same(const std::vector<double>& one, const std::vector<double>& other) {
  return one.size() == other.size() &&
         (one.empty() || std::memcmp(one.data(), other.data(), one.size() * sizeof(double)) == 0);
}

}  // namespace

ProbePass::ProbePass(const config::ScenarioConfig& config, Book& book, std::shared_ptr<chain::Chain> chain,
                     const std::vector<std::string>& tried)
    : config_(config), book_(book), chain_(std::move(chain)), tried_(tried) {}

bool ProbePass::is_tried(const std::string& stage) const {
  return std::find(tried_.begin(), tried_.end(), stage) != tried_.end();
}

void ProbePass::refuse(const std::string& stage, const std::string& what, const char* code) {
  const agent::LiveAgent& agent = *std::as_const(*chain_).stage_named(stage)->agent;
  problems_.error(code, base::Place::of(agent.manifest().library), tried_text(agent) + what,
                  "the running chain is untouched; mend the agent");
}

/// What is said of a tried stage says on what it was tried. `own`: what its agents have saved themselves.
void ProbePass::enter(const journal::CheckpointRecord& learned, const States& own) {
  const journal::RevisionRecord record =
      revision_record(chain_->revision, 0, book_.ledger().date(), config_, *chain_);
  for (base::Problem problem : book_.enter_beside(learned, chain_, record)) {
    for (const std::string& stage : tried_) {
      const std::string begin = stage + ": ";
      if (problem.severity != base::Severity::error || !problem.message.starts_with(begin)) continue;
      // What an agent saved itself is no state of somebody else's.
      if (own.contains(stage) && problem.code == "STATE_REFUSED") problem.code = "STATE_MIGRATED_WRONGLY";
      problem.message.replace(0, begin.size(), tried_text(*std::as_const(*chain_).stage_named(stage)->agent));
    }
    problems_.add(std::move(problem));
  }
}

void ProbePass::observe(chain::Stage& stage) {
  const cadre_event event{sizeof(cadre_event), CADRE_EVENT_BAR, book_.ledger().sequence(),
                          book_.ledger().time_ns(), nullptr};
  const cadre_status status = stage.agent->observe(event, book_.state());
  if (status != CADRE_OK && status != CADRE_DISCARD)
    refuse(stage.name, "observe answered " + agent::with_reason(*stage.agent, status));
}

ProbePass::States ProbePass::save() {
  States states;
  for (chain::Stage& stage : chain_->stages) {
    if (!is_tried(stage.name) || !stage.agent->has_state()) continue;
    auto saved = stage.agent->save_state(book_.ledger().universe().epoch, book_.ledger().instrument_ids());
    if (saved)
      states[stage.name] = {stage.name, saved->agent_id, stage.agent->manifest().sha256, saved->schema,
                            std::move(saved->bytes)};
    else
      refuse(stage.name, "save_state answered " + saved.problems()[0].message);
  }
  return states;
}

void ProbePass::decide() {
  const chain::Decision* decision = book_.decide();
  if (decision == nullptr) return;
  has_decided_ = true;
  for (const journal::StageFailure& failure : decision->record.failures) {
    if (!is_tried(failure.instance)) continue;
    refuse(failure.instance, "deciding answered " + agent::status_name(failure.status) +
                                 (failure.reason.empty() ? "" : ": " + failure.reason));
  }
  for (const journal::StageEffect& effect : decision->record.stages)
    targets_.push_back(effect.target);
  need_e9_ = decision->need_e9;
}

base::Problems ProbePass::decide_on(const journal::CheckpointRecord& learned) {
  enter(learned);
  for (chain::Stage& stage : chain_->stages) {
    if (!problems_.has_errors() && is_tried(stage.name)) observe(stage);
  }
  if (problems_.has_errors()) return problems_;
  states_ = save();
  if (!problems_.has_errors()) decide();
  if (problems_.has_errors()) return problems_;
  for (const auto& [stage, now] : save()) {
    // An environment takes the orders of the decision: they are news to it.
    if (stage == chain_->environment().name || now.bytes == states_[stage].bytes) continue;
    refuse(stage, agent::learned_while_deciding, "PROBE_LEARNS_WHILE_DECIDING");
  }
  return problems_;
}

base::Problems ProbePass::decide_again(const ProbePass& earlier, const journal::CheckpointRecord& learned) {
  journal::CheckpointRecord known = learned;
  std::erase_if(known.agents, [&](const auto& agent) { return earlier.states_.contains(agent.stage); });
  for (const auto& [stage, state] : earlier.states_)
    known.agents.push_back(state);
  enter(known, earlier.states_);
  // What has no state to be given learns the bar as it did before.
  for (chain::Stage& stage : chain_->stages) {
    if (!problems_.has_errors() && is_tried(stage.name) && !stage.agent->has_state()) observe(stage);
  }
  if (problems_.has_errors()) return problems_;
  states_ = save();
  if (!problems_.has_errors()) decide();
  if (!problems_.has_errors()) compare(earlier);
  return problems_;
}

void ProbePass::compare(const ProbePass& earlier) {
  for (const auto& [stage, now] : states_) {
    if (now.bytes != earlier.states_.at(stage).bytes)
      refuse(stage, agent::forgets_its_state, "STATE_MIGRATED_WRONGLY");
  }
  const bool is_same =
      has_decided_ == earlier.has_decided_ && need_e9_ == earlier.need_e9_ &&
      std::equal(targets_.begin(), targets_.end(), earlier.targets_.begin(), earlier.targets_.end(), same);
  if (problems_.has_errors() || is_same || states_.empty()) return;
  // The first one after which the targets differ, or the first one that has a state.
  std::string whose = states_.begin()->first;
  const std::vector<std::string> names = chain::effect_names(*chain_);
  for (std::size_t k = 0; k < std::min(targets_.size(), earlier.targets_.size()); ++k) {
    if (same(targets_[k], earlier.targets_[k])) continue;
    if (states_.contains(names[k])) whose = names[k];
    break;
  }
  refuse(whose, "load_state: a second instance that is given its state decides otherwise",
         "STATE_MIGRATED_WRONGLY");
}

base::Problems ProbePass::retire() {
  for (chain::Stage& stage : chain_->stages) {
    if (!is_tried(stage.name)) continue;
    if (const std::string how = agent::retire(*stage.agent); !how.empty()) refuse(stage.name, how);
  }
  return problems_;
}

}  // namespace cadre::book

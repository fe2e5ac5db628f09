#include "host/book/probe.hpp"

#include <algorithm>
#include <map>

#include "host/book/dated_changes.hpp"

namespace cadre::book {

namespace {

bool is_one_of(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// One probe: the chain on the copy of the book.
class Probe {
 public:
  Probe(const config::ScenarioConfig& config, std::shared_ptr<chain::Chain> chain,
        const std::vector<std::string>& fresh, ProbeGround ground)
      : config_(config), chain_(std::move(chain)), fresh_(fresh), ground_(std::move(ground)) {}

  base::Problems run() {
    Book& book = *ground_.book;
    const journal::RevisionRecord record =
        revision_record(chain_->revision, 0, book.ledger().date(), config_, *chain_);
    problems_ = book.enter_beside(ground_.learned, chain_, record);
    if (problems_.has_errors()) return problems_;
    observe();
    if (problems_.has_errors()) return problems_;
    const auto before = states();
    if (const chain::Decision* decision = book.decide()) judge(*decision);
    if (problems_.has_errors()) return problems_;
    for (const auto& [stage, bytes] : states()) {
      const auto known = before.find(stage);
      if (known != before.end() && known->second != bytes)
        refuse(stage, "it changes its state while it decides; only observe may",
               "PROBE_LEARNS_WHILE_DECIDING");
    }
    return problems_;
  }

 private:
  void refuse(const std::string& stage, const std::string& what, const char* code) {
    const agent::LiveAgent& agent = *std::as_const(*chain_).stage_named(stage)->agent;
    problems_.error(code, base::Place::of(agent.manifest().library),
                    stage + " (" + agent.declaration().id + " " + agent.manifest().version.to_string() +
                        ") was tried on a copy of book " + config_.book.id + " at event " +
                        std::to_string(ground_.book->ledger().sequence()) + ": " + what,
                    "the running chain is untouched; mend the agent");
  }

  void observe() {
    const Book& book = *ground_.book;
    const cadre_event event{sizeof(cadre_event), CADRE_EVENT_BAR, book.ledger().sequence(),
                            book.ledger().time_ns(), nullptr};
    chain_->each_stage([&](chain::Stage& stage) {
      if (!is_one_of(fresh_, stage.name)) return;
      const cadre_status status = stage.agent->observe(event, book.state());
      if (status != CADRE_OK && status != CADRE_DISCARD)
        refuse(stage.name, "observe answered " + agent::with_reason(*stage.agent, status), "PROBE_FAILED");
    });
  }

  void judge(const chain::Decision& decision) {
    for (const journal::StageFailure& failure : decision.record.failures) {
      if (!is_one_of(fresh_, failure.instance)) continue;
      refuse(failure.instance,
             "deciding answered " + agent::status_name(failure.status) +
                 (failure.reason.empty() ? "" : ": " + failure.reason),
             "PROBE_FAILED");
    }
  }

  std::map<std::string, std::string> states() {
    std::map<std::string, std::string> bytes;
    chain_->each_stage([&](chain::Stage& stage) {
      if (!is_one_of(fresh_, stage.name) || !stage.agent->has_state()) return;
      auto saved = stage.agent->save_state(1, {});
      if (saved)
        bytes[stage.name] = std::move(saved->bytes);
      else
        refuse(stage.name, saved.problems()[0].message, "PROBE_FAILED");
    });
    return bytes;
  }

  const config::ScenarioConfig& config_;
  std::shared_ptr<chain::Chain> chain_;
  const std::vector<std::string>& fresh_;
  ProbeGround ground_;
  base::Problems problems_;
};

/// Whether the chain has this agent, with these settings, at this stage.
bool runs(const chain::Chain* chain, const chain::PlannedStage& planned) {
  const chain::Stage* now = chain != nullptr ? chain->stage_named(planned.instance->name) : nullptr;
  return now != nullptr && now->agent->left_out().empty() &&
         now->agent->manifest().sha256 == planned.entry.manifest->sha256 &&
         now->agent->spec().config == planned.settings;
}

}  // namespace

NewStages new_stages(const chain::ChainPlan& plan, const chain::Chain* running,
                     const chain::Chain* replaced) {
  NewStages stages;
  for (const chain::PlannedStage& planned : plan.stages) {
    if (!planned.left_out.empty() || runs(running, planned)) continue;
    (runs(replaced, planned) ? stages.back : stages.fresh).push_back(planned.instance->name);
  }
  return stages;
}

base::Result<journal::CheckpointRecord> learned_for(const std::vector<std::string>& back, const Book& book) {
  auto learned = book.checkpoint();
  if (!learned) return learned;
  base::Problems problems;
  for (const std::string& name : back) {
    const chain::Stage* stage =
        book.replaced_chain() != nullptr ? book.replaced_chain()->stage_named(name) : nullptr;
    if (stage == nullptr) continue;
    const agent::LiveAgent& earlier = *stage->agent;
    std::erase_if(learned->agents, [&](const auto& agent) { return agent.stage == name; });
    if (!earlier.has_state()) continue;
    auto saved = earlier.save_state(learned->epoch, learned->instruments);
    problems.append(saved.problems());
    if (saved)
      learned->agents.push_back(
          {name, saved->agent_id, earlier.manifest().sha256, saved->schema, std::move(saved->bytes)});
  }
  if (problems.has_errors()) return problems;
  return learned;
}

namespace {

/// Each by itself, and let go.
base::Problems make_each(const config::ScenarioConfig& config, const chain::ChainPlan& plan,
                         const std::vector<std::string>& stages, const agent::Store& store) {
  base::Problems problems;
  for (const chain::PlannedStage& stage : plan.stages) {
    if (!is_one_of(stages, stage.instance->name)) continue;
    auto copy = store.adopt(*stage.entry.manifest, agent::ImportList::isolated);
    problems.append(copy.problems());
    if (!copy) continue;
    auto made = agent::LiveAgent::create_isolated({*copy, nullptr, 0, store.secrets()}, stage.entry,
                                                  chain::spec_of(stage, config),
                                                  config.document.place(stage.instance->pointer));
    for (const base::Problem& problem : made.problems()) {
      if (problem.severity == base::Severity::error) problems.add(problem);
    }
  }
  return problems;
}

}  // namespace

base::Problems isolate_for_probe(const config::ScenarioConfig& config, chain::ChainPlan& plan,
                                 const std::vector<std::string>& stages, const agent::Store& store) {
  base::Problems problems;
  std::vector<std::string> accepted;
  for (chain::PlannedStage& stage : plan.stages) {
    if (!is_one_of(stages, stage.instance->name)) continue;
    const auto copy = store.adopt(*stage.entry.manifest, chain::import_list_of(stage));
    if (copy)
      accepted.push_back(stage.instance->name);
    else
      problems.append(copy.problems());
    stage.isolation = agent::Isolation::process_alone;
  }
  for (chain::ServiceSlot& service : plan.services)
    service.read_isolated = true;
  if (problems.has_errors()) problems.append(make_each(config, plan, accepted, store));
  return problems;
}

base::Problems probe_chain(const config::ScenarioConfig& config, chain::ChainPlan plan,
                           const std::vector<std::string>& fresh, const agent::Store& store,
                           ProbeGround ground) {
  const bool reaches_a_venue = !plan.stages.back().entry.agent->simulated;
  const bool decides = ground.book != nullptr && !reaches_a_venue;
  const base::Problems refused = isolate_for_probe(config, plan, fresh, store);
  if (refused.has_errors()) return refused;
  // What runs here already is not made a second time.
  if (!decides) return make_each(config, plan, fresh, store);
  auto chain = chain::build_chain(config, plan, store, nullptr, nullptr);
  if (!chain) return chain.problems();
  return Probe(config, std::move(chain).take(), fresh, std::move(ground)).run();
}

}  // namespace cadre::book

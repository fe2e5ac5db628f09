#include "host/book/probe.hpp"

#include <algorithm>
#include <optional>

#include "host/book/probe_pass.hpp"

namespace cadre::book {

namespace {

bool is_one_of(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

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
  // One that cannot save may be what is replaced; where its state is needed the swap asks for it.
  auto learned = book.checkpoint(chain::Unsaved::left_out);
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

/// One agent by itself: what it knows is given to a second instance, which has to know the same.
base::Problems try_alone(const agent::LiveAgent::Elsewhere& where, const chain::PlannedStage& stage,
                         const config::ScenarioConfig& config) {
  base::Problems problems;
  std::optional<agent::SavedState> known;
  for (int instance = 0; instance < 2 && !problems.has_errors(); ++instance) {
    auto made = agent::LiveAgent::create_isolated(where, stage.entry, chain::spec_of(stage, config),
                                                  config.document.place(stage.instance->pointer));
    for (const base::Problem& problem : made.problems()) {
      if (problem.severity == base::Severity::error) problems.add(problem);
    }
    if (!made) return problems;
    agent::LiveAgent& agent = **made;
    const auto refuse = [&](const std::string& what, const char* code) {
      problems.error(code, base::Place::of(agent.manifest().library), tried_text(agent) + what,
                     "mend the agent");
    };
    if (known) {
      for (const base::Problem& problem : agent.load_state(*known))
        refuse(problem.message, "STATE_MIGRATED_WRONGLY");
    }
    if (agent.has_state() && !problems.has_errors()) {
      auto saved = agent.save_state(1, {});
      if (!saved)
        refuse("save_state answered " + saved.problems()[0].message, "PROBE_FAILED");
      else if (known && known->bytes != saved->bytes)
        refuse(agent::forgets_its_state, "STATE_MIGRATED_WRONGLY");
      else
        known = *saved;
    }
    if (problems.has_errors()) return problems;
    if (const std::string how = agent::retire(agent); !how.empty()) refuse(how, "PROBE_FAILED");
    if (!known) break;
  }
  return problems;
}

/// Each by itself, and let go.
base::Problems try_each(const config::ScenarioConfig& config, const chain::ChainPlan& plan,
                        const std::vector<std::string>& stages, const agent::Store& store) {
  base::Problems problems;
  for (const chain::PlannedStage& stage : plan.stages) {
    if (!is_one_of(stages, stage.instance->name)) continue;
    auto copy = store.adopt(*stage.entry.manifest, agent::ImportList::isolated);
    problems.append(copy.problems());
    if (copy) problems.append(try_alone({*copy, nullptr, 0, store.secrets()}, stage, config));
  }
  return problems;
}

/// The chain on the copy of the book, and, where there is a state to be kept, a second time.
base::Problems try_chain(const config::ScenarioConfig& config, const chain::ChainPlan& plan,
                         const std::vector<std::string>& tried, const agent::Store& store,
                         const ProbeSource& source) {
  auto chain = chain::build_chain(config, plan, store, nullptr, nullptr);
  if (!chain) return chain.problems();
  const bool knows = (*chain)->find_stage([&](const chain::Stage& stage) {
    return is_one_of(tried, stage.name) && stage.agent->has_state();
  }) != nullptr;
  auto copied = source.copy();
  if (!copied) return copied.problems();
  const ProbeGround ground = std::move(copied).take();
  std::unique_ptr<Book> again;
  if (knows) {
    again = std::make_unique<Book>(config, ground.instruments, 0);
    stand_beside(*again, *ground.book);
  }
  ProbePass first(config, *ground.book, std::move(chain).take(), tried);
  base::Problems problems = first.decide_on(ground.learned);
  if (!problems.has_errors()) problems = first.retire();
  if (problems.has_errors() || !knows) return problems;
  auto second_chain = chain::build_chain(config, plan, store, nullptr, nullptr);
  if (!second_chain) return second_chain.problems();
  ProbePass second(config, *again, std::move(second_chain).take(), tried);
  problems = second.decide_again(first, ground.learned);
  if (!problems.has_errors()) problems = second.retire();
  return problems;
}

}  // namespace

base::Problems isolate_for_probe(const config::ScenarioConfig& config, chain::ChainPlan& plan,
                                 const std::vector<std::string>& stages, const agent::Store& store,
                                 const agent::ProbeTerms& terms) {
  base::Problems problems;
  std::vector<std::string> accepted;
  for (chain::PlannedStage& stage : plan.stages) {
    if (!is_one_of(stages, stage.instance->name)) continue;
    const auto copy = store.adopt(*stage.entry.manifest, chain::import_list_of(stage));
    if (copy)
      accepted.push_back(stage.instance->name);
    else
      problems.append(copy.problems());
    stage.probe = terms;
    stage.probe->enters_host = !stage.isolated();
    stage.isolation = agent::Isolation::process_alone;
  }
  for (chain::ServiceSlot& service : plan.services)
    service.read_isolated = true;
  if (problems.has_errors()) problems.append(try_each(config, plan, accepted, store));
  return problems;
}

base::Problems probe_chain(const config::ScenarioConfig& config, chain::ChainPlan plan,
                           const std::vector<std::string>& fresh, const agent::Store& store,
                           agent::ProbeTerms terms, const ProbeSource& source) {
  const bool reaches_a_venue = !plan.stages.back().entry.agent->simulated;
  const bool decides = source.copy != nullptr && !reaches_a_venue;
  if (source.copy != nullptr)
    terms.ground = "a copy of book " + config.book.id + " at event " + std::to_string(source.event);
  base::Problems refused = isolate_for_probe(config, plan, fresh, store, terms);
  if (refused.has_errors()) return refused;
  // What runs here already is not made a second time.
  return decides ? try_chain(config, plan, fresh, store, source) : try_each(config, plan, fresh, store);
}

}  // namespace cadre::book

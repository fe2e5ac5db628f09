#include "host/book/dated_changes.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "host/model/bar.hpp"
#include "host/model/signal.hpp"

namespace cadre::book {

base::Result<RevisionPlan> plan_revisions(const config::ScenarioConfig& config,
                                          const std::filesystem::path& folder,
                                          const agent::Catalog& catalog) {
  base::Problems problems;
  RevisionPlan revisions;
  const auto plan_step = [&](RevisionPlan::Step step) {
    auto plan = chain::plan_chain(*step.config, catalog);
    problems.append(plan.problems());
    if (!plan) return;
    step.plan = std::move(plan).take();
    revisions.steps.push_back(std::move(step));
  };
  RevisionPlan::Step first;
  first.reason = "start";
  first.config = std::make_unique<config::ScenarioConfig>(config);
  plan_step(std::move(first));

  // Every revision keeps its document. What does not change during a run stays out of it: with the dated
  // lists in each, many changes would need memory by the square.
  base::JsonDocument current = config.document;
  for (const char* list : {"/changes", "/universe"}) {
    if (base::find(current.root(), list) != nullptr) (void)current.set(list, "[]", list);
  }
  base::JsonDocument before = current;
  for (const config::RevisionChange& change : config.changes) {
    RevisionPlan::Step step;
    step.at = change.at;
    step.rollback = change.rollback;
    step.migrate = change.migrate;
    step.reason = change.reason;
    if (change.rollback) {
      std::swap(current, before);
      revisions.steps.push_back(std::move(step));
      continue;
    }
    before = current;
    for (const auto& [pointer, value] : change.set) {
      const base::Place at = config.document.place(change.pointer + "/set/" + base::pointer_token(pointer));
      base::Problems refused = current.set(pointer, base::canonical(value), at.file);
      problems.append(refused);
    }
    auto next = config::read_scenario(current, folder);
    problems.append(next.problems());
    if (!next) continue;
    step.config = std::make_unique<config::ScenarioConfig>(std::move(next).take());
    plan_step(std::move(step));
  }
  if (problems.has_errors()) return problems;
  return {std::move(revisions), problems};
}

journal::RevisionRecord DatedChanges::record_of(const RevisionPlan::Step& step,
                                                const config::ScenarioConfig& config,
                                                const chain::Chain& chain) const {
  journal::RevisionRecord record = revision_record(revision_, revision_ - 1, step.at, config, chain);
  record.reason = step.reason;
  return record;
}

journal::RevisionRecord revision_record(std::uint64_t revision, std::uint64_t based_on, std::int32_t date,
                                        const config::ScenarioConfig& config, const chain::Chain& chain) {
  journal::RevisionRecord record;
  record.revision = revision;
  record.based_on = based_on;
  record.date = date;
  record.stages = chain::effect_names(chain);
  boost::json::array plugins;
  chain.each_stage([&](const chain::Stage& stage) {
    plugins.push_back({{"stage", stage.name},
                       {"agent", stage.agent->declaration().id},
                       {"plugin", stage.agent->manifest().id},
                       {"version", stage.agent->manifest().version.to_string()},
                       {"sha256", stage.agent->manifest().sha256}});
  });
  record.text = base::canonical(
      boost::json::object{{"chain", *base::find(config.document.root(), "/chain")}, {"agents", plugins}});
  return record;
}

void DatedChanges::remember_plugins(const chain::Chain& chain) {
  for (const auto& manifest : chain::plugins_of(chain)) {
    const bool known = std::any_of(plugins_.begin(), plugins_.end(), [&](const auto& other) {
      return other->id == manifest->id && other->version == manifest->version;
    });
    if (!known) plugins_.push_back(manifest);
  }
}

base::Problems DatedChanges::start() {
  RevisionPlan::Step& first = plan_.steps.front();
  auto chain = chain::build_chain(*first.config, first.plan, store_, nullptr);
  if (!chain) return chain.problems();
  base::Problems refused;
  for (std::size_t s = 1; s < plan_.steps.size(); ++s) {
    // Agents say more about their settings than a schema can: a change that one of them refuses is refused
    // now.
    const RevisionPlan::Step& step = plan_.steps[s];
    if (!step.rollback)
      refused.append(chain::build_chain(*step.config, step.plan, store_, nullptr).problems());
  }
  if (refused.has_errors()) return refused;
  revision_ = 1;
  remember_plugins(**chain);
  running_ = &first;
  const journal::RevisionRecord record = record_of(first, *first.config, **chain);
  base::Problems problems = chain.problems();
  book_.enter(std::move(chain).take(), record);
  problems.append(book_.activate());
  return problems;
}

base::Problems DatedChanges::apply_until(std::int32_t date) {
  base::Problems problems;
  while (next_ < plan_.steps.size() && plan_.steps[next_].at <= date && !problems.has_errors())
    problems.append(apply(plan_.steps[next_++]));
  return problems;
}

base::Problems DatedChanges::apply(RevisionPlan::Step& step) {
  base::Problems problems;
  ++revision_;
  RevisionPlan::Step* next = step.rollback ? before_ : &step;
  if (next == nullptr) {
    problems.error("REVISION_NOTHING_BEFORE", plan_.steps.front().config->document.place("/changes"),
                   "there is no revision to go back to");
    return problems;
  }
  // A rollback takes back the instances that went on observing.
  auto chain = chain::build_chain(*next->config, next->plan, store_, &book_.chain(),
                                  step.rollback ? book_.replaced_chain() : nullptr);
  problems.append(chain.problems());
  if (!chain) return problems;
  remember_plugins(**chain);
  const journal::RevisionRecord record = record_of(step, *next->config, **chain);
  problems.append(book_.prepare_swap(**chain, step.migrate));
  if (!problems.has_errors()) book_.commit_swap(std::move(chain).take(), record);
  before_ = std::exchange(running_, next);
  return problems;
}

}  // namespace cadre::book

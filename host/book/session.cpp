#include "host/book/session.hpp"
#include "host/model/bar.hpp"
#include "host/model/signal.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "host/base/date.hpp"

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

Session::Session(const config::ScenarioConfig& config, RevisionPlan& revisions, const agent::Store& store,
                 MarketSource& source)
    : config_(config),
      revisions_(&revisions),
      store_(&store),
      source_(source),
      book_(config, source.instruments(), source.expected_bars()) {}

Session::Session(const config::ScenarioConfig& config, MarketSource& source)
    : config_(config), source_(source), book_(config, source.instruments(), source.expected_bars()) {}

journal::RevisionRecord Session::record_of(const RevisionPlan::Step& step,
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

void Session::remember_plugins(const chain::Chain& chain) {
  chain.each_stage([&](const chain::Stage& stage) {
    const auto& manifest = stage.agent->entry().manifest;
    const bool known = std::any_of(plugins_.begin(), plugins_.end(), [&](const auto& p) {
      return p->id == manifest->id && p->version == manifest->version;
    });
    if (!known) plugins_.push_back(manifest);
  });
}

base::Problems Session::start() {
  RevisionPlan::Step& first = revisions_->steps.front();
  auto chain = chain::build_chain(*first.config, first.plan, *store_, nullptr);
  if (!chain) return chain.problems();
  base::Problems refused;
  for (std::size_t s = 1; s < revisions_->steps.size(); ++s) {
    // Agents say more about their settings than a schema can: a change that one of them refuses is refused
    // now.
    const RevisionPlan::Step& step = revisions_->steps[s];
    if (!step.rollback)
      refused.append(chain::build_chain(*step.config, step.plan, *store_, nullptr).problems());
  }
  if (refused.has_errors()) return refused;
  revision_ = 1;
  remember_plugins(**chain);
  running_ = &first;
  const journal::RevisionRecord record = record_of(first, *first.config, **chain);
  base::Problems problems = chain.problems();
  problems.append(book_.start(std::move(chain).take(), record));
  return problems;
}

base::Problems Session::apply(RevisionPlan::Step& step) {
  base::Problems problems;
  ++revision_;
  RevisionPlan::Step* next = step.rollback ? before_ : &step;
  if (next == nullptr) {
    problems.error("REVISION_NOTHING_BEFORE", config_.document.place("/changes"),
                   "there is no revision to go back to");
    return problems;
  }
  // A rollback takes back the instances that went on observing.
  auto chain = chain::build_chain(*next->config, next->plan, *store_, &book_.chain(),
                                  step.rollback ? book_.replaced_chain() : nullptr);
  problems.append(chain.problems());
  if (!chain) return problems;
  remember_plugins(**chain);
  const journal::RevisionRecord record = record_of(step, *next->config, **chain);
  problems.append(book_.swap(std::move(chain).take(), record, step.migrate));
  before_ = std::exchange(running_, next);
  return problems;
}

base::Problems Session::environment_failure(std::int32_t date) const {
  base::Problems problems;
  problems.error("ENVIRONMENT_FAILED", config_.document.place("/execution_environment"),
                 "the execution environment cannot follow the market: at " + base::format_date(date) +
                     " it answered " + agent::status_name(book_.environment_status()),
                 "its own reason is in the log above");
  return problems;
}

base::Problems Session::overflow(std::int32_t date) const {
  base::Problems problems;
  problems.error("BOOK_OVERFLOW", config_.document.place("/book"),
                 "on " + base::format_date(date) + " " + book_.stopped(),
                 "look at the prices of that day, or use a larger unit of currency");
  return problems;
}

base::Problems Session::run(const std::function<void(std::size_t)>& progress) {
  model::Bar bar;
  std::vector<model::ExternalSignal> signals;
  std::size_t done = 0;
  // A book that was recovered has been through the changes up to its date.
  while (next_universe_ < config_.universe.size() && config_.universe[next_universe_].from <= book_.date())
    ++next_universe_;
  while (source_.next(bar, signals)) {
    book_.take_bar(bar);
    if (book_.environment_status() != CADRE_OK) return environment_failure(bar.date);
    if (!book_.stopped().empty()) return overflow(bar.date);
    const auto& universe = config_.universe;
    if (next_universe_ < universe.size() && universe[next_universe_].from <= bar.date) {
      // Several changes that are due at once are one: the last.
      while (next_universe_ + 1 < universe.size() && universe[next_universe_ + 1].from <= bar.date)
        ++next_universe_;
      book_.change_universe(universe[next_universe_++].instruments);
    }
    for (const model::ExternalSignal& signal : signals)
      book_.take_signal(signal);
    book_.decide();
    if (book_.environment_status() != CADRE_OK) return environment_failure(bar.date);
    if (!book_.stopped().empty()) return overflow(bar.date);
    book_.close_bar();
    while (revisions_ != nullptr && next_step_ < revisions_->steps.size() &&
           revisions_->steps[next_step_].at <= bar.date) {
      base::Problems problems = apply(revisions_->steps[next_step_++]);
      if (problems.has_errors()) return problems;
    }
    if (progress) progress(++done);
  }
  return {};
}

}  // namespace cadre::book

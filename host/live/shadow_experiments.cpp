#include "host/live/shadow_experiments.hpp"

#include <boost/json.hpp>
#include <utility>

#include "host/base/json.hpp"
#include "host/live/shadow_experiment.hpp"

namespace cadre::live {

namespace json = boost::json;

namespace {

/// The scenario of one arm: what the book runs, with the arm's changes, and a simulated environment.
base::Result<std::unique_ptr<config::ScenarioConfig>> arm_config(
    const config::BookConfig& running, const std::vector<config::Override>& changes,
    const std::optional<json::value>& simulation) {
  base::JsonDocument document = running.scenario.document;
  base::Problems problems;
  if (simulation)
    problems.append(document.set("/execution_environment", base::canonical(*simulation), "/simulation"));
  for (const config::Override& change : changes)
    problems.append(document.set(change.pointer, change.value, change.origin));
  if (problems.has_errors()) return problems;
  auto read = config::read_scenario(std::move(document), running.folder);
  if (!read) return read.problems();
  return std::make_unique<config::ScenarioConfig>(std::move(read).take());
}

Answer unknown(std::string_view name) {
  base::Problems problems;
  problems.error("EXPERIMENT_UNKNOWN", {"", 0, 0, ""}, "there is no experiment " + base::quote(name),
                 "`cadre experiment status` lists them");
  return {Outcome::unknown, {}, problems};
}

}  // namespace

ShadowExperiments::ShadowExperiments(const agent::Store& store, EventFeed& feed)
    : store_(store), feed_(feed) {}

ShadowExperiments::~ShadowExperiments() = default;

ShadowExperiments::Running ShadowExperiments::find(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto found = experiments_.find(name);
  return found == experiments_.end() ? Running{} : found->second;
}

void ShadowExperiments::end(const Running& running, const std::string& reason) {
  running.runner->with_book([&](scenario::Book& book) { running.experiment->leave(book); });
  running.experiment->end(reason);
}

Answer ShadowExperiments::start(const scenario::ExperimentFile& file, BookRunner& runner,
                                const config::BookConfig& scenario, const agent::Catalog& running,
                                const agent::Catalog& installed, const Mandate& mandate) {
  base::Problems problems;
  const Running there = find(file.name);
  if (there.experiment != nullptr && there.experiment->running()) {
    problems.error("EXPERIMENT_RUNNING", {"", 0, 0, "/name"},
                   "an experiment " + base::quote(file.name) + " is running",
                   "stop it, or give this one another name");
    return {Outcome::conflict, {}, problems};
  }
  const auto build = [&](const char* name, const std::vector<config::Override>& changes,
                         const agent::Catalog& catalog) {
    std::unique_ptr<ShadowArm> arm;
    auto config = arm_config(scenario, changes, file.simulation);
    problems.append(config.problems());
    if (!config) return arm;
    auto built = ShadowArm::build(name, std::move(config).take(), catalog, store_, runner.instruments());
    for (base::Problem problem : built.problems()) {
      problem.message = std::string(name) + ": " + problem.message;
      problems.add(std::move(problem));
    }
    if (built) arm = std::move(built).take();
    return arm;
  };
  auto twin = build("control", file.control, running);
  auto candidate = build("candidate", file.candidate, installed);
  if (problems.has_errors()) return {Outcome::invalid, {}, problems};

  if (there.experiment != nullptr) end(there, "");  // an ended one of this name makes room
  const auto experiment =
      std::make_shared<ShadowExperiment>(file, runner.id(), std::move(twin), std::move(candidate));
  const bool taken = runner.with_book([&](scenario::Book& book) {
    problems = experiment->begin(book);
    if (problems.has_errors()) return;
    runner.take_command({"experiment_started", book.date(), mandate.actor, mandate.reason, file.name});
  });
  if (!taken) return {Outcome::stopping, {}, problems};
  if (problems.has_errors()) return {Outcome::invalid, {}, problems};
  {
    const std::lock_guard lock(mutex_);
    experiments_[file.name] = {experiment, &runner};
  }
  feed_.say(
      "experiment_started",
      {{"name", file.name}, {"book", runner.id()}, {"actor", mandate.actor}, {"reason", mandate.reason}});
  return {Outcome::created, {{"name", file.name}, {"book", runner.id()}}, {}};
}

Answer ShadowExperiments::stop(std::string_view name, const Mandate& mandate) {
  const Running running = find(name);
  if (running.experiment == nullptr) return unknown(name);
  end(running, "stopped by " + mandate.actor + ": " + mandate.reason);
  feed_.say("experiment_stopped", {{"name", name}, {"actor", mandate.actor}, {"reason", mandate.reason}});
  return {Outcome::done, running.experiment->summary(), {}};
}

void ShadowExperiments::control_changed(std::uint64_t revision) {
  const std::lock_guard lock(mutex_);
  for (const auto& [name, running] : experiments_)
    end(running, "the book went on to revision " + std::to_string(revision) +
                     ": what the candidate was compared with is gone");
}

void ShadowExperiments::stop_all() {
  const std::lock_guard lock(mutex_);
  for (const auto& [name, running] : experiments_)
    running.experiment->end("the host stopped");
}

json::array ShadowExperiments::list() const {
  std::vector<std::shared_ptr<ShadowExperiment>> all;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, running] : experiments_)
      all.push_back(running.experiment);
  }
  json::array list;
  for (const auto& experiment : all)
    list.push_back(experiment->summary());
  return list;
}

Answer ShadowExperiments::results(std::string_view name) const {
  const Running running = find(name);
  if (running.experiment == nullptr) return unknown(name);
  return {Outcome::done, running.experiment->results(), {}};
}

}  // namespace cadre::live

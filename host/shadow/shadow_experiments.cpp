#include "host/shadow/shadow_experiments.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <utility>

#include "host/base/capped_problems.hpp"
#include "host/base/json.hpp"
#include "host/base/log.hpp"
#include "host/config/changeability.hpp"
#include "host/shadow/shadow_experiment.hpp"

namespace cadre::shadow {

namespace json = boost::json;

namespace {

/// The scenario of one arm: what the book runs, with the arm's changes, and a simulated environment.
base::Result<std::unique_ptr<config::ScenarioConfig>> arm_config(
    const config::BookConfig& running, const std::vector<config::Override>& changes,
    const std::optional<json::value>& simulation) {
  base::JsonDocument document = running.scenario.document;
  base::CappedProblems problems(document.file());
  if (simulation)
    problems.append(document.set("/execution_environment", base::canonical(*simulation), "/simulation"));
  for (const config::Override& change : changes) {
    if (problems.is_enough()) break;
    problems.append(document.set(change.pointer, change.value, change.origin));
  }
  if (problems.has_errors()) return problems.take();
  auto read = config::read_scenario(std::move(document), running.folder);
  if (!read) return read.problems();
  return std::make_unique<config::ScenarioConfig>(std::move(read).take());
}

/// How long a book may take to get to the beginning of an experiment, as to a swap.
constexpr std::chrono::seconds begin_most{10};
/// How long the arms may take to come to an end with the host.
constexpr std::chrono::seconds end_most{2};
/// Ended experiments whose results stay: the newest.
constexpr std::size_t remembered_most = 64;
constexpr std::size_t name_bytes_most = 200;

/// A name stands in addresses, on terminals and in the journal.
base::Problems check_name(const std::string& name) {
  base::Problems problems;
  const bool readable = std::none_of(
      name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  const bool blank = name.find_first_not_of(' ') == std::string::npos;
  if (name.size() > name_bytes_most || !readable || blank)
    problems.error("EXPERIMENT_BAD_NAME", {"", 0, 0, "/name"},
                   "the name of an experiment has 1 to " + std::to_string(name_bytes_most) +
                       " bytes and no control characters; this one has " + std::to_string(name.size()),
                   "give it another one");
  return problems;
}

/// What an experiment may not be, whatever its agents are.
base::Problems check_file(const experiment::ExperimentFile& file) {
  base::CappedProblems problems("");
  problems.append(check_name(file.name));
  for (const auto* changes : {&file.control, &file.candidate}) {
    for (const config::Override& change : *changes) {
      if (problems.is_enough()) break;
      const config::ChangeRule& rule = config::scenario_change_rule(change.pointer);
      if (rule.changes == config::Changes::live && rule.decides) continue;
      problems.error("EXPERIMENT_NOT_OF_THE_CHAIN", {change.origin, 0, 0, change.pointer},
                     "a shadow arm has the book's data, universe and cash",
                     "only what is below " + config::deciding_pointers() + " may differ");
    }
  }
  return problems.take();
}

live::Answer unknown(std::string_view name) {
  base::Problems problems;
  problems.error("EXPERIMENT_UNKNOWN", {}, "there is no experiment " + base::quote(name),
                 "`cadre experiment status` lists them");
  return {live::Outcome::unknown, {}, problems};
}

/// The first stage whose agent is another one than it was; empty: there is none.
std::string exchanged_agent(const json::array& now, const json::value& before) {
  const json::array* then = before.if_array();
  for (std::size_t k = 0; k < now.size(); ++k) {
    const bool is_same = then != nullptr && k < then->size() &&
                         now[k].at("stage") == (*then)[k].at("stage") &&
                         now[k].at("sha256") == (*then)[k].at("sha256");
    if (is_same) continue;
    return std::string(now[k].at("stage").as_string()) + " has another agent than when it began, " +
           std::string(now[k].at("id").as_string()) + " " + std::string(now[k].at("version").as_string());
  }
  return {};
}

}  // namespace

ShadowExperiments::ShadowExperiments(const agent::Store& store, live::EventFeed& feed)
    : store_(store), feed_(feed) {
  door_->feed = &feed;
}

ShadowExperiments::~ShadowExperiments() {
  const std::lock_guard lock(door_->mutex);
  door_->feed = nullptr;
}

void ShadowExperiments::FeedDoor::say_failed(const std::string& name, const std::string& book,
                                             const std::string& why) {
  const std::lock_guard lock(mutex);
  if (feed != nullptr) feed->say("experiment_failed", {{"name", name}, {"book", book}, {"why", why}});
}

ShadowExperiments::Running ShadowExperiments::find(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto found = experiments_.find(name);
  return found == experiments_.end() ? Running{} : found->second;
}

/// Nobody waits for the book, which may be in the middle of something long.
void ShadowExperiments::end(const Running& running, const std::string& reason) {
  running.experiment->end(reason);
  if (const auto runner = running.runner.lock())
    runner->post_work([experiment = running.experiment](book::Book& book) { experiment->leave(book); });
}

void ShadowExperiments::remember(const std::string& name, Running running) {
  std::vector<Running> forgotten;  // destroyed after the lock
  {
    const std::lock_guard lock(mutex_);
    running.number = ++last_number_;
    forgotten.push_back(std::exchange(experiments_[name], std::move(running)));
    std::vector<std::pair<std::uint64_t, std::string>> ended;
    for (const auto& [other, kept] : experiments_) {
      if (!kept.experiment->running()) ended.emplace_back(kept.number, other);
    }
    std::sort(ended.begin(), ended.end());
    for (std::size_t k = 0; k + remembered_most < ended.size(); ++k) {
      const auto oldest = experiments_.find(ended[k].second);
      forgotten.push_back(std::move(oldest->second));
      experiments_.erase(oldest);
    }
  }
  for (const Running& each : forgotten) {
    if (each.experiment != nullptr) end(each, "");
  }
}

live::Answer ShadowExperiments::start(const experiment::ExperimentFile& file,
                                      const base::JsonDocument& document, const StartGround& ground,
                                      const live::Mandate& mandate) {
  live::BookRunner& runner = *ground.runner;
  base::Problems problems = check_file(file);
  if (problems.has_errors()) return {live::Outcome::invalid, {}, problems};
  problems.append(runner.why_stopped());
  const Running there = find(file.name);
  if (there.experiment != nullptr && there.experiment->running())
    problems.error("EXPERIMENT_RUNNING", {"", 0, 0, "/name"},
                   "an experiment " + base::quote(file.name) + " is running",
                   "stop it, or give this one another name");
  if (problems.has_errors()) return {live::Outcome::conflict, {}, problems};
  auto twin = build_arm("control", file.control, file, ground.running, ground, problems);
  auto candidate = build_arm("candidate", file.candidate, file, ground.installed, ground, problems);
  if (problems.has_errors()) return {live::Outcome::invalid, {}, problems};

  const auto experiment = std::make_shared<ShadowExperiment>(
      file, ExperimentDefinition{base::canonical(document.root()), document.file(), base::now_text()},
      runner.id(), std::move(twin), std::move(candidate));
  problems = start_thread(*experiment, ground.runner);
  if (problems.has_errors()) return {live::Outcome::conflict, {}, problems};
  live::Answer begun = begin(experiment, runner, mandate);
  if (begun.outcome != live::Outcome::created) {
    end({experiment, ground.runner}, "it did not begin");
    return begun;
  }
  remember(file.name, {experiment, ground.runner});  // an ended one of this name makes room
  feed_.say(
      "experiment_started",
      {{"name", file.name}, {"book", runner.id()}, {"actor", mandate.actor}, {"reason", mandate.reason}});
  return begun;
}

base::Problems ShadowExperiments::start_thread(ShadowExperiment& experiment,
                                               const std::shared_ptr<live::BookRunner>& runner) const {
  return experiment.start_thread({[shelf = shelf_](const json::object& body) { shelf->keep(body); },
                                  [book = std::weak_ptr(runner)](std::uint64_t sequence) {
                                    if (const auto there = book.lock())
                                      there->checkpoints().files().unpin(sequence);
                                  },
                                  [door = door_, name = experiment.name(), book = experiment.book()](
                                      const std::string& why) { door->say_failed(name, book, why); },
                                  [shelf = shelf_, name = experiment.name()](const std::string& why) {
                                    shelf->end(name, "failed", why);
                                  }});
}

void ShadowExperiments::resume(const live::BookList& books, const GroundOf& ground_of) {
  for (const std::string& name : shelf_->unfinished()) {
    const auto lost = resume_one(name, ground_of);
    if (!lost) continue;
    shelf_->end(name, lost->state, lost->reason);
    if (lost->state == std::string_view("failed"))
      door_->say_failed(name, shelf_->book_of(name), lost->reason);
  }
  for (const auto& book : books.now())
    book->checkpoints().files().unpin_earlier();
}

ShadowExperiments::Lost ShadowExperiments::cannot_go_on(const base::Problems& problems) {
  return {"failed", "the host was started again, and it cannot go on: " + base::to_line(problems[0])};
}

std::optional<ShadowExperiments::Lost> ShadowExperiments::resume_one(const std::string& name,
                                                                     const GroundOf& ground_of) {
  const json::object body = *shelf_->find(name);
  const auto text_of = [](const json::value& object, const char* member) {
    const json::value* found = object.as_object().if_contains(member);
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
  };
  const auto number_of = [](const json::value& object, const char* member) {
    const json::value* found = object.as_object().if_contains(member);
    return found != nullptr && found->is_number() ? found->to_number<std::uint64_t>() : 0;
  };
  const json::value& start = body.at("start");
  const std::string book = text_of(body, "book"), origin = text_of(start, "origin");
  const ExperimentDefinition definition{text_of(start, "experiment"), origin, text_of(body, "since")};
  const auto ground = ground_of(book);
  if (!ground) return Lost{"ended", "the book is not in the host any more"};
  live::BookRunner& runner = *ground->runner;
  if (runner.chain().revision != number_of(start, "revision"))
    return Lost{"ended", went_on(runner.chain().revision)};
  const auto document = base::JsonDocument::parse(origin, definition.document);
  if (!document) return cannot_go_on(document.problems());
  const auto file = experiment::read_experiment(*document, std::filesystem::path(origin).parent_path());
  if (!file) return cannot_go_on(file.problems());

  base::Problems problems;
  auto twin = build_arm("control", file->control, *file, ground->running, *ground, problems);
  auto candidate = build_arm("candidate", file->candidate, *file, ground->installed, *ground, problems);
  if (problems.has_errors()) return cannot_go_on(problems);
  for (const auto& [arm, before] :
       {std::pair(twin.get(), "control"), std::pair(candidate.get(), "candidate")}) {
    const std::string exchanged = exchanged_agent(arm->agents(), start.at(before));
    if (!exchanged.empty()) return Lost{"ended", base::join({before, ": ", exchanged}, "")};
  }
  const std::uint64_t sequence = number_of(start, "sequence");
  auto beginning = stored_beginning(runner.checkpoints().files(), sequence, runner.chain().revision,
                                    ground->scenario.scenario, runner.instruments());
  if (!beginning) return cannot_go_on(beginning.problems());
  const auto experiment =
      std::make_shared<ShadowExperiment>(*file, definition, book, std::move(twin), std::move(candidate));
  problems = start_thread(*experiment, ground->runner);
  if (problems.has_errors()) return cannot_go_on(problems);
  runner.checkpoints().files().pin(sequence);
  runner.post_work([experiment, at = &runner, begins = std::move(beginning).take()](book::Book& there) {
    experiment->stand_again(there, at->checkpoints(), begins);
  });
  remember(name, {experiment, ground->runner});
  feed_.say("experiment_resumed", {{"name", name}, {"book", book}});
  base::log_event(base::LogLevel::info, "experiment_resumed", {{"name", name}, {"book", book}});
  return std::nullopt;
}

std::unique_ptr<ShadowArm> ShadowExperiments::build_arm(
    const char* name, const std::vector<config::Override>& changes, const experiment::ExperimentFile& file,
    const CatalogOf& catalog_of, const StartGround& ground, base::Problems& problems) const {
  auto config = arm_config(ground.scenario, changes, file.simulation);
  problems.append(config.problems());
  if (!config) return nullptr;
  const agent::Catalog catalog = catalog_of(**config);
  auto built = ShadowArm::build(
      name, std::move(config).take(), catalog,
      {store_, *ground.runner, ground.allow_weak_sandbox, ground.probe_timeout_ms, ground.probes});
  for (base::Problem problem : built.problems()) {
    problem.message = std::string(name) + ": " + problem.message;
    problems.add(std::move(problem));
  }
  return built ? std::move(built).take() : nullptr;
}

/// The book only makes room for the arms; what they do to begin, they do on a thread of their own.
live::Answer ShadowExperiments::begin(const std::shared_ptr<ShadowExperiment>& experiment,
                                      live::BookRunner& runner, const live::Mandate& mandate) {
  if (!runner.post_work(
          [experiment, at = &runner](book::Book& book) { experiment->stand(book, at->checkpoints()); }))
    return {live::Outcome::stopping, {}, {}};
  const auto deadline = std::chrono::steady_clock::now() + begin_most;
  const bool is_over = experiment->wait_until_begun(
      [&] { return runner.pulse().is_stuck() || std::chrono::steady_clock::now() >= deadline; });
  base::Problems problems = is_over ? experiment->begin_problems() : runner.why_stopped();
  if (is_over && problems.has_errors()) return {live::Outcome::invalid, {}, problems};
  if (is_over) {
    runner.checkpoints().files().finish();  // the next host can go on with it
    const journal::CommandRecord command{"experiment_started", 0, mandate.actor, mandate.reason,
                                         experiment->name()};
    const live::Asked told = runner.with_book([&runner, command](book::Book& book) {
      journal::CommandRecord said = command;
      said.date = book.ledger().date();
      runner.take_command(said);
    });
    if (told == live::Asked::done)
      return {live::Outcome::created, {{"name", experiment->name()}, {"book", runner.id()}}, {}};
    problems = runner.why_stopped();
  }
  if (problems.empty())
    problems.error("EXPERIMENT_TIMED_OUT", {},
                   "it did not begin within " + std::to_string(begin_most.count()) + " s",
                   "look at `cadre status`: a long decision, or an agent that does not start");
  return {live::Outcome::conflict, {}, problems};
}

live::Answer ShadowExperiments::stop(std::string_view name, const live::Mandate& mandate) {
  const Running running = find(name);
  const std::string reason = "stopped by " + mandate.actor + ": " + mandate.reason;
  const auto answer_now = [&] {
    return running.experiment == nullptr
               ? of_earlier_host(name, false)
               : live::Answer{live::Outcome::done, running.experiment->summary(), {}};
  };
  if (running.experiment == nullptr || !running.experiment->running()) {
    live::Answer before = answer_now();
    if (before.outcome != live::Outcome::done) return before;
    // Only what somebody has seen to be failed is over.
    const bool had_failed = before.body.at("state") == "failed";
    if (running.experiment != nullptr) running.experiment->settle(reason);
    shelf_->settle(std::string(name), reason);
    live::Answer ended = answer_now();
    if (!had_failed) ended.body.as_object()["had_ended"] = true;
    return ended;
  }
  end(running, reason);
  const journal::CommandRecord command{"experiment_stopped", 0, mandate.actor, mandate.reason,
                                       std::string(name)};
  if (const auto runner = running.runner.lock())
    runner->post_work([at = runner.get(), command](book::Book& book) {
      journal::CommandRecord said = command;
      said.date = book.ledger().date();
      at->take_command(said);
    });
  feed_.say("experiment_stopped", {{"name", name}, {"actor", mandate.actor}, {"reason", mandate.reason}});
  return {live::Outcome::done, running.experiment->summary(), {}};
}

live::Answer ShadowExperiments::of_earlier_host(std::string_view name, bool whole) const {
  auto found = shelf_->find(name);
  if (!found) return unknown(name);
  found->erase("start");
  return {live::Outcome::done, whole ? *found : summary_of(*found), {}};
}

std::vector<ShadowExperiments::Running> ShadowExperiments::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<Running> all;
  for (const auto& [name, running] : experiments_)
    all.push_back(running);
  return all;
}

void ShadowExperiments::end_of(const std::vector<std::string>& books, const std::string& reason) {
  for (const Running& running : all()) {
    if (std::find(books.begin(), books.end(), running.experiment->book()) != books.end())
      end(running, reason);
  }
}

void ShadowExperiments::control_changed(std::uint64_t revision, const std::vector<std::string>& books) {
  end_of(books, went_on(revision));
}

void ShadowExperiments::books_removed(std::uint64_t revision, const std::vector<std::string>& books) {
  end_of(books, "revision " + std::to_string(revision) + " took the book out of the host");
}

void ShadowExperiments::stop_all() {
  const std::vector<Running> running = all();
  for (const Running& each : running)
    each.experiment->suspend();
  const auto deadline = std::chrono::steady_clock::now() + end_most;
  for (const Running& each : running) {
    if (!each.experiment->wait_until_gone(deadline))
      base::log_event(base::LogLevel::error, "experiment_hangs", {{"name", each.experiment->name()}});
  }
}

json::array ShadowExperiments::list() const {
  json::array list;
  for (const Running& running : all())
    list.push_back(running.experiment->summary());
  for (json::object& summary : shelf_->summaries()) {
    if (find(summary.at("name").as_string()).experiment == nullptr) list.push_back(std::move(summary));
  }
  return list;
}

live::Answer ShadowExperiments::results(std::string_view name) const {
  const Running running = find(name);
  if (running.experiment == nullptr) return of_earlier_host(name, true);
  auto results = running.experiment->results();
  if (results) return {live::Outcome::done, std::move(*results), {}};
  base::Problems problems;
  problems.error("EXPERIMENT_BUSY", {},
                 "the arms of " + base::quote(name) + " are still at work on what the book has said",
                 "ask again later; if it stays like this an agent of it hangs: stop it");
  return {live::Outcome::conflict, running.experiment->summary(), problems};
}

}  // namespace cadre::shadow

#include "host/control/live_host.hpp"

#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <thread>

#include "host/agent/process_use.hpp"
#include "host/base/date.hpp"
#include "host/base/durable_folder.hpp"
#include "host/base/file.hpp"
#include "host/base/json.hpp"
#include "host/base/log.hpp"
#include "host/base/text.hpp"
#include "host/base/version.hpp"
#include "host/book/dated_changes.hpp"
#include "host/chain/named_instruments.hpp"
#include "host/config/market_data.hpp"
#include "host/market/posted_bars.hpp"
#include "host/market/price_reader.hpp"
#include "host/revision/book_opening.hpp"
#include "host/revision/book_part.hpp"
#include "host/revision/probe_setup.hpp"
#include "host/shadow/shadow_experiments.hpp"

namespace cadre::control {

namespace fs = std::filesystem;

LiveHost::LiveHost(LiveOptions options) {
  parts_.options = std::move(options);
  parts_.since = base::now_text();
  parts_.secrets = agent::Secrets(parts_.options.secrets);
  parts_.store = std::make_unique<agent::Store>(parts_.options.state / "plugins");
  parts_.store->give(parts_.secrets);
  parts_.experiments = std::make_unique<shadow::ShadowExperiments>(*parts_.store, parts_.feed);
}

LiveHost::~LiveHost() {
  stop();
}

base::Result<std::unique_ptr<LiveHost>> LiveHost::open(const LiveOptions& options) {
  std::unique_ptr<LiveHost> host(new LiveHost(options));
  base::Problems problems = host->lock_state_folder();
  if (!problems.has_errors()) {
    host->event_ids_ = std::make_unique<EventIds>(options.state / "event_ids", host->parts_.feed);
    problems = host->event_ids_->begin();
  }
  if (!problems.has_errors()) problems = host->look_back();
  if (!problems.has_errors()) problems.append(host->parts_.experiments->open(options.state / "experiments"));
  if (!problems.has_errors()) problems.append(host->boot());
  if (problems.has_errors()) return problems;
  host->warnings_ = problems;
  return {std::move(host), problems};
}

base::Problems LiveHost::lock_state_folder() {
  const fs::path& state = parts_.options.state;
  base::Problems problems;
  std::error_code error;
  error = base::make_durable_folder(state);
  if (error || access(state.c_str(), W_OK | X_OK) != 0) {
    problems.error("STATE_FOLDER_NOT_WRITABLE", base::Place::of(state.string()),
                   "cannot be used as a state folder", "name another one with --state");
    return problems;
  }
  auto lock =
      base::FolderLock::take(state, "STATE_FOLDER_IN_USE", "another host runs with this state folder",
                             "`cadre status` shows it; a second host needs a folder of its own: --state");
  if (!lock) return lock.problems();
  lock_ = std::move(lock).take();
  return problems;
}

/// Before anything of any agent is run: what the host before this one crashed by is not let in again.
base::Problems LiveHost::look_back() {
  const fs::path flights = parts_.options.state / "flights";
  parts_.last_flight = agent::read_flight(flights);
  auto quarantine = agent::Quarantine::open(parts_.options.state / "quarantine");
  if (!quarantine) return quarantine.problems();
  base::Problems problems = quarantine.problems();
  parts_.quarantine = std::move(quarantine).take();
  parts_.store->keep_out(*parts_.quarantine);
  const agent::LastFlight& last = parts_.last_flight;
  if (last.blamed) problems.append(parts_.quarantine->add(*last.blamed, agent::crash_text(last)));
  if (problems.has_errors()) return problems;
  tell_last_flight(problems);
  problems.append(count_death(parts_));
  if (problems.has_errors()) return problems;
  auto recorder = agent::FlightRecorder::begin(flights);
  problems.append(recorder.problems());
  if (!recorder) return problems;
  parts_.recorder = std::move(recorder).take();
  parts_.watchdog = std::make_unique<Watchdog>(*parts_.recorder, parts_.feed);
  return problems;
}

void LiveHost::tell_last_flight(base::Problems& problems) {
  using End = agent::LastFlight::End;
  const agent::LastFlight& last = parts_.last_flight;
  if (last.end == End::crashed) {
    const std::string signal = agent::crash_text(last);
    const std::string who = last.blamed ? agent::flight_text(*last.blamed) : "the host itself, in no agent";
    base::log_event(base::LogLevel::error, "host_crashed", {{"who", who}, {"signal", signal}});
    parts_.feed.say("crashed", {{"who", who}, {"signal", signal}, {"quarantined", last.blamed.has_value()}});
    problems.warning("HOST_CRASHED", {}, "the host before this one crashed: " + who + ": " + signal,
                     last.blamed ? "the agent is not let in again: `cadre quarantine list`"
                                 : "keep its log and its core, and report it");
  }
  if (last.end == End::lost) {
    base::log_event(base::LogLevel::warn, "host_killed", {{"state", parts_.options.state.string()}});
    parts_.feed.say("killed", {});
  }
  for (const agent::FlightRecord& suspect : last.suspects) {
    const std::string who = agent::flight_text(suspect);
    const auto held = parts_.quarantine->held();
    // One that was left hanging is named below, and held.
    if (std::any_of(held.begin(), held.end(),
                    [&](const agent::Quarantined& each) { return agent::flight_text(each.record) == who; }))
      continue;
    base::log_event(base::LogLevel::warn, "agent_suspect", {{"who", who}});
    parts_.feed.say("suspect", {{"who", who}});
    problems.warning("AGENT_SUSPECT", {},
                     "when the host before this one ended, this call was under way: " + who,
                     "perhaps it has nothing to do with it: nothing is held against the agent");
  }
  for (const agent::Quarantined& held : parts_.quarantine->held())
    problems.warning("AGENT_LEFT_OUT", {}, "in quarantine: " + held.text(),
                     "apply another version or other settings, or `cadre quarantine release " +
                         std::to_string(held.number) + "`");
}

/// A host that has lived leaves a record of its last calls behind.
base::Problems LiveHost::check_flights() {
  base::Problems problems;
  if (parts_.revisions->last() == 0 || parts_.last_flight.end != agent::LastFlight::End::none)
    return problems;
  parts_.feed.say("flights_lost", {});
  problems.warning(
      "FLIGHTS_LOST", base::Place::of(parts_.options.state / "flights"),
      "nobody knows how the host before this one ended, and in which agent: the file was removed "
      "or emptied",
      "look at its log before its agents are trusted again");
  return problems;
}

base::Problems LiveHost::boot() {
  auto revisions = revision::RevisionStore::open(parts_.options.state);
  if (!revisions) return revisions.problems();
  parts_.revisions = std::move(revisions).take();
  auto halts = live::HaltFile::open(parts_.options.state / "halts");
  if (!halts) return halts.problems();
  base::Problems problems = halts.problems();
  problems.append(check_flights());
  parts_.halts = std::move(halts).take();
  auto plan = plan_start(parts_.options, *parts_.revisions, *parts_.store);
  if (!plan) return plan.problems();
  problems.append(plan.problems());
  problems.append(revision::check_trials(parts_.options.state / revision::trials_file));
  if (!plan->is_new) problems.append(check_whose_state(parts_.options, plan->setup.host.name));
  if (!problems.has_errors()) note_whose_state(parts_.options);
  problems.append(look_for_books(plan->setup));
  if (problems.has_errors()) return problems;
  revision::leave_out(plan->setup, *parts_.quarantine);
  plan = after_trial(std::move(plan).take(), parts_);
  if (!plan) return plan.problems();
  problems.append(plan.problems());
  const bool is_made = plan->revision.number > parts_.revisions->last();
  parts_.recorder->set_revision(plan->revision.number);
  // What a revision that ran is made of was tried when it came.
  if (plan->is_new) {
    base::Problems tried = revision::probe_setup(plan->setup, *parts_.store, {}, false);
    if (tried.has_errors()) return tried;
  }
  auto chains = revision::build_setup(plan->setup, *parts_.store, {}, false);
  if (!chains) return chains.problems();
  problems.append(chains.problems());
  if (parts_.options.halted) problems.append(halt_all(plan->setup));
  for (const auto& [book, why] : plan->halts)
    problems.append(halt_book(book, why));
  if (is_made && !problems.has_errors()) problems.append(parts_.revisions->append(plan->revision));
  if (!problems.has_errors()) problems.append(open_books(*plan, *chains));
  if (problems.has_errors()) return problems;
  if (plan->revision.number != parts_.revisions->current())
    problems.append(parts_.revisions->set_current(plan->revision.number));
  // Not before what they went back to is what boots: a host that dies in between goes back again.
  if (plan->trials && !problems.has_errors())
    problems.append(revision::write_trials(parts_.options.state / revision::trials_file, *plan->trials));
  parts_.reload = std::make_unique<revision::Reload>(revision::Reload::Ground{
      parts_.options.config,
      parts_.options.state,
      parts_.options.agent_folders,
      *parts_.revisions,
      *parts_.store,
      parts_.books,
      parts_.feed,
      parts_.metrics,
      *parts_.quarantine,
      *parts_.recorder,
      {parts_.options.state,
       *parts_.revisions,
       {parts_.feed, parts_.metrics, *parts_.halts, *parts_.incarnations}},
      [this](std::uint64_t revision, const std::vector<std::string>& books) {
        parts_.experiments->control_changed(revision, books);
      },
      [this](std::uint64_t revision, const std::vector<std::string>& books) {
        parts_.experiments->books_removed(revision, books);
      },
      [this](const std::string& book, const std::string& why) { return halt_running(book, why); },
      [this] { return parts_.watchdog->hanging_elsewhere(); }});
  parts_.reload->begin(std::move(plan->setup), plan->revision, base::format_time(plan->revision.time_ns));
  return problems;
}

/// Which books have lived here, before any folder of one is looked at. Those that are to begin again do so.
base::Problems LiveHost::look_for_books(const revision::Setup& setup) {
  const fs::path file = parts_.options.state / "incarnations";
  std::error_code error;
  const bool is_new = !fs::exists(file, error);
  auto incarnations =
      live::Incarnations::open(file, is_new ? revision::host_of_books(parts_.options.state) : "");
  if (!incarnations) return incarnations.problems();
  base::Problems problems = incarnations.problems();
  parts_.incarnations = std::move(incarnations).take();
  if (const auto current = parts_.revisions->get(parts_.revisions->current()); is_new && current)
    for (const std::string& book : revision::books_of(*current))
      problems.append(parts_.incarnations->had(book));
  for (const std::string& book : parts_.options.begins_again) {
    const bool is_here = std::any_of(setup.host.books.begin(), setup.host.books.end(),
                                     [&](const auto& other) { return other.scenario.book.id == book; });
    if (!is_here)
      problems.error("BOOK_NOT_NAMED", {}, "--begin-again: the host has no book " + base::quote(book),
                     "`cadre check` shows its books");
    else
      problems.append(live::begin_book_again(revision::book_folder(parts_.options.state, book), book,
                                             parts_.options.actor, *parts_.incarnations));
  }
  return problems;
}

/// Books that go on are told to halt before they are opened: none decides before it has heard.
base::Problems LiveHost::halt_all(const revision::Setup& setup) {
  live::HaltOrder order;
  for (const config::BookConfig& book : setup.host.books) {
    if (!parts_.halts->is_halted(book.scenario.book.id)) order.books.push_back(book.scenario.book.id);
  }
  if (order.books.empty()) return {};
  order.actor = parts_.options.actor;
  order.reason = "started with --halted";
  return parts_.halts->write(order);
}

base::Problems LiveHost::open_books(const StartPlan& plan,
                                    const std::vector<std::shared_ptr<chain::Chain>>& chains) {
  const revision::Setup& setup = plan.setup;
  const revision::BookGround ground{parts_.options.state,
                                    *parts_.revisions,
                                    {parts_.feed, parts_.metrics, *parts_.halts, *parts_.incarnations}};
  base::Problems problems;
  for (std::size_t b = 0; b < chains.size(); ++b) {
    const config::BookConfig& book = setup.host.books[b];
    if (const chain::Stage* stage = chains[b]->stage_left_out(); stage != nullptr)
      problems.append(halt_without(book.scenario.book.id, stage->agent->left_out()));
    auto runner = revision::open_book(ground, setup.host, book, chains[b], plan.revision);
    problems.append(runner.problems());
    if (!runner) continue;
    // What a host ran with before is not refused when it starts again.
    if (plan.is_new)
      problems.append(
          chain::check_named_instruments(book.scenario, setup.plans[b], (*runner)->instruments()));
    parts_.books.add(std::move(runner).take());
  }
  if (plan.is_new) problems.append(revision::check_host_limits(setup, parts_.books));
  return problems;
}

/// A book without one of its agents decides nothing until a person says so: halted as if a person had done
/// it.
base::Problems LiveHost::halt_without(const std::string& book, const std::string& left_out) {
  if (parts_.halts->is_halted(book)) return {};
  parts_.feed.say("quarantined", {{"book", book}, {"why", left_out}});
  base::log_event(base::LogLevel::error, "book_without_agent", {{"book", book}, {"why", left_out}});
  return halt_book(book, "an agent of it is in quarantine: " + left_out);
}

/// By the host, before the book is opened.
base::Problems LiveHost::halt_book(const std::string& book, const std::string& why) {
  if (parts_.halts->is_halted(book)) return {};
  live::HaltOrder order;
  order.books = {book};
  order.actor = "host";
  order.reason = why;
  return parts_.halts->write(order);
}

/// By the host, while the book runs.
base::Problems LiveHost::halt_running(const std::string& book, const std::string& why) {
  const auto runner = live::find_book(parts_.books, book);
  if (runner == nullptr) return {};
  live::HaltOrder order;
  order.books = {book};
  order.actor = "host";
  order.reason = why;
  base::Problems problems;
  {
    const std::lock_guard lock(parts_.halt_mutex);
    problems = parts_.halts->write(order);
    runner->halts().order(order);
  }
  runner->halts().begin_taking();
  return problems;
}

void LiveHost::start() {
  parts_.watchdog->watch(parts_.books);
  parts_.deadlines =
      std::make_unique<DeadlineWatch>(*parts_.recorder, parts_.books, parts_.feed, parts_.metrics);
  restarts_ = std::make_unique<AgentRestarts>(parts_);
  for (const auto& book : parts_.books.now())
    book->start();
  resume_experiments();
  agent::begin_growth(getpid());
  parts_.metrics.gauge("process_start_time_seconds").set(static_cast<double>(base::now_ns()) / 1e9);
  parts_.ready = true;
  parts_.metrics.ready().set(1);
  parts_.feed.say("started", {{"revision", current_revision()}});
  log_start();
  house_watch_ = std::make_unique<HouseWatch>(parts_, *event_ids_);
  parts_.reload->start();
}

/// What an experiment is made of was tried when it began: a start goes on with it and tries nothing.
void LiveHost::resume_experiments() {
  (void)parts_.reload->between_changes([this](const revision::Charge& charge) -> live::Answer {
    parts_.experiments->resume(parts_.books, [&](const std::string& book) {
      auto ground = experiment_ground(parts_, charge, book);
      if (ground) ground->probes = false;
      return ground;
    });
    return {};
  });
}

/// What a reader of the log has to know to read the rest.
void LiveHost::log_start() const {
  std::vector<std::string> books, folders;
  for (const auto& book : parts_.books.now())
    books.push_back(book->id());
  for (const fs::path& folder : parts_.options.agent_folders)
    folders.push_back(folder.string());
  std::error_code error;
  base::log_event(base::LogLevel::info, "host_started",
                  {{"version", std::string(base::version())},
                   {"pid", std::to_string(::getpid())},
                   {"actor", parts_.options.actor},
                   {"revision", std::to_string(current_revision())},
                   {"books", base::join(books, ",")},
                   {"config", fs::absolute(parts_.options.config, error).string()},
                   {"state", fs::absolute(parts_.options.state, error).string()},
                   {"agents", base::join(folders, ",")}});
}

base::Problems LiveHost::stop() {
  if (parts_.stopped.exchange(true)) return {};
  const bool had_started = parts_.ready.exchange(false);
  parts_.metrics.ready().set(0);
  parts_.feed.say("stopping", {});
  if (had_started) base::log_event(base::LogLevel::info, "host_stopping", {});
  house_watch_.reset();
  for (const auto& book : parts_.books.now())
    book->close();
  if (restarts_ != nullptr) restarts_->end();
  base::Problems problems;
  if (parts_.reload != nullptr) problems.append(parts_.reload->stop());
  // One that is under way is a change that does not come to its end.
  if (!problems.has_errors()) restarts_.reset();
  parts_.experiments->stop_all();
  leaves_hanging_ = problems.has_errors();
  for (const auto& book : parts_.books.now()) {
    problems.append(book->stop());
    leaves_hanging_ = leaves_hanging_ || book->pulse().is_stuck();
  }
  if (leaves_hanging_) problems.append(hold_hanging());
  if (parts_.recorder != nullptr)
    parts_.recorder->end(leaves_hanging_ ? agent::LastFlight::End::abandoned : agent::LastFlight::End::told);
  if (event_ids_ != nullptr) event_ids_->end();
  if (had_started)
    base::log_event(problems.has_errors() ? base::LogLevel::error : base::LogLevel::info, "host_stopped",
                    {{"problems", problems.empty() ? std::string() : problems[0].message}});
  return problems;
}

/// What the host has to leave hanging is not let in again: the next one would hang there too.
base::Problems LiveHost::hold_hanging() {
  base::Problems problems;
  for (const Hanging& hanging : parts_.watchdog->hanging()) {
    if (!hanging.record.card.is_isolated)
      problems.append(parts_.quarantine->add(
          hanging.record, "it had not come back since " + hanging.since + " when the host was told to stop"));
  }
  return problems;
}

config::HostConfig LiveHost::config() const {
  return parts_.reload->read([](const revision::Charge& charge) { return charge.setup.host; });
}

std::uint64_t LiveHost::current_revision() const {
  return parts_.reload->read([](const revision::Charge& charge) { return charge.revision.number; });
}

}  // namespace cadre::control

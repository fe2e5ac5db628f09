#include "host/control/live_host.hpp"
#include "host/base/date.hpp"
#include "host/config/market_data.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <chrono>

#include "host/backtest/prepared_run.hpp"
#include "host/base/file.hpp"
#include "host/base/json.hpp"
#include "host/base/log.hpp"
#include "host/base/text.hpp"
#include "host/market/posted_bars.hpp"
#include "host/market/price_reader.hpp"
#include "host/shadow/shadow_experiments.hpp"

namespace cadre::control {

namespace fs = std::filesystem;

LiveHost::LiveHost(LiveOptions options)
    : options_(std::move(options)),
      since_(base::now_text()),
      store_(std::make_unique<agent::Store>(options_.state / "plugins")),
      experiments_(std::make_unique<shadow::ShadowExperiments>(*store_, feed_)) {}

LiveHost::~LiveHost() {
  stop();
  if (lock_ >= 0) close(lock_);
}

base::Result<std::unique_ptr<LiveHost>> LiveHost::open(const LiveOptions& options) {
  std::unique_ptr<LiveHost> host(new LiveHost(options));
  base::Problems problems = host->lock_state_folder();
  if (!problems.has_errors()) problems = host->boot();
  if (problems.has_errors()) return problems;
  host->warnings_ = problems;
  return {std::move(host), problems};
}

base::Problems LiveHost::lock_state_folder() {
  base::Problems problems;
  std::error_code error;
  fs::create_directories(options_.state, error);
  const fs::path file = options_.state / "lock";
  lock_ = error ? -1 : ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_ < 0) {
    problems.error("STATE_FOLDER_NOT_WRITABLE", base::Place::of(options_.state),
                   "cannot be used as a state folder", "name another one with --state");
  } else if (flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    problems.error("STATE_FOLDER_IN_USE", base::Place::of(options_.state),
                   "another host runs with this state folder", "`cadre status` shows it");
  }
  return problems;
}

base::Result<revision::Setup> LiveHost::first_setup() {
  auto host = config::load_host(options_.config);
  if (!host) return host.problems();
  const auto catalog = agent::Catalog::discover(options_.agent_folders);
  auto setup = revision::plan_setup(std::move(host).take(), catalog);
  if (!setup) return setup.problems();
  base::Problems warnings = setup.problems();
  for (base::Problem problem : catalog.problems()) {
    problem.severity = base::Severity::warning;
    warnings.add(std::move(problem));
  }
  return {std::move(setup).take(), warnings};
}

base::Result<revision::Setup> LiveHost::booted_setup(const revision::Revision& current) {
  auto host = config::read_host(current.config, "revision " + std::to_string(current.number));
  if (!host) return host.problems();
  return revision::plan_setup(std::move(host).take(), revision::pinned_catalog(*store_, current.plugins));
}

base::Problems LiveHost::boot() {
  auto revisions = revision::RevisionStore::open(options_.state);
  if (!revisions) return revisions.problems();
  revisions_ = std::move(revisions).take();
  base::Problems problems;
  // A first start that was cut off has a revision and no CURRENT: there is only one it can be.
  const bool cut_off = revisions_->current() == 0 && revisions_->last() == 1;
  const std::uint64_t number = cut_off ? 1 : revisions_->current();
  const bool first = number == 0;
  if (first && revisions_->last() != 0) {
    for (const base::Problem& problem : revisions_->problems())
      problems.add(problem);
    problems.error("CURRENT_MISSING", base::Place::of(options_.state / "CURRENT"),
                   "there are revisions, but it is not known which one to boot",
                   "write the number of one into this file");
    return problems;
  }
  revision::Revision current;
  if (!first) {
    auto stored = revisions_->get(number);
    if (!stored) return stored.problems();
    current = std::move(stored).take();
  }
  auto setup = first ? first_setup() : booted_setup(current);
  if (!setup) return setup.problems();
  problems.append(setup.problems());
  auto chains = revision::build_setup(*setup, *store_, {}, false);
  if (!chains) return chains.problems();
  problems.append(chains.problems());
  if (first) {
    current = {1, 0, base::now_ns(), "start", "first start", 0, setup->host.complete, setup->plugins};
    problems.append(revisions_->append(current));
    if (problems.has_errors()) return problems;
  }
  running_ = std::move(setup).take();
  current_ = current;
  current_since_ = since_;
  newest_ = revisions_->last();
  problems.append(open_books(*chains, current));
  if (problems.has_errors()) return problems;
  if (first || cut_off) problems.append(revisions_->set_current(1));
  metrics_.revision().set(static_cast<double>(current_.number));
  if (auto seen = base::read_file(options_.state / "considered")) considered_ = *seen;
  return problems;
}

base::Problems LiveHost::open_books(const std::vector<std::shared_ptr<chain::Chain>>& chains,
                                    const revision::Revision& current) {
  base::Problems problems;
  for (std::size_t b = 0; b < chains.size(); ++b) {
    const config::BookConfig& book = running_.host.books[b];
    const fs::path folder = options_.state / "books" / book.scenario.book;
    std::error_code error;
    auto instruments = fs::exists(folder / "journal", error)
                           ? base::Result<std::vector<std::string>>(std::vector<std::string>{})
                           : config::instruments_of(book.scenario.data);
    problems.append(
        base::asked_for_at(instruments.problems(), book.scenario.document.place("/data/prices/file")));
    if (!instruments) continue;
    journal::RevisionRecord record =
        book::revision_record(current.number, current.based_on, 0, book.scenario, *chains[b]);
    record.actor = current.actor;
    record.reason = current.reason;
    auto runner = live::BookRunner::open(running_.host, book, std::move(instruments).take(), folder,
                                         {chains[b], record}, feed_, metrics_);
    problems.append(runner.problems());
    if (!runner) continue;
    chains[b]->each_stage([&](const chain::Stage& stage) {
      stage_since_[book.scenario.book + '/' + stage.name] = current.number;
    });
    books_.push_back(std::move(runner).take());
  }
  return problems;
}

void LiveHost::start() {
  for (const auto& book : books_)
    book->start();
  ready_ = true;
  metrics_.ready().set(1);
  feed_.say("started", {{"revision", current_.number}});
  if (running_.host.watch) watch();
}

base::Problems LiveHost::stop() {
  if (stopped_.exchange(true)) return {};
  ready_ = false;
  metrics_.ready().set(0);
  feed_.say("stopping", {});
  folder_watch_.reset();
  const std::lock_guard control(control_mutex_);
  experiments_->stop_all();
  base::Problems problems;
  for (const auto& book : books_)
    problems.append(book->stop());
  return problems;
}

std::uint64_t LiveHost::current_revision() const {
  const std::lock_guard lock(status_mutex_);
  return current_.number;
}

live::BookRunner* LiveHost::find_book(std::string_view id) const {
  for (const auto& book : books_) {
    if (book->id() == id) return book.get();
  }
  return nullptr;
}

std::vector<live::BookRunner*> LiveHost::chosen_books(std::string_view id) const {
  std::vector<live::BookRunner*> chosen;
  for (const auto& book : books_) {
    if (id.empty() || book->id() == id) chosen.push_back(book.get());
  }
  return chosen;
}

live::Answer LiveHost::unknown_book(std::string_view id) const {
  std::vector<std::string> ids;
  for (const auto& book : books_)
    ids.push_back(book->id());
  base::Problems problems;
  problems.error("BOOK_UNKNOWN", {}, "there is no book " + base::quote(id),
                 "there is " + base::join(ids, ", "));
  return {live::Outcome::unknown, {}, problems};
}

std::uint64_t LiveHost::listen(std::uint64_t after, live::EventListener listener) {
  return feed_.listen(after, std::move(listener));
}

void LiveHost::stop_listening(std::uint64_t number) {
  feed_.stop_listening(number);
}

}  // namespace cadre::control

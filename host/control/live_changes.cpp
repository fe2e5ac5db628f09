// How a running host changes: revisions, from whom they come, and what is said when they are refused.

#include <boost/json.hpp>
#include <chrono>

#include "host/base/date.hpp"
#include "host/base/file.hpp"
#include "host/base/hash.hpp"
#include "host/base/json.hpp"
#include "host/base/log.hpp"
#include "host/base/text.hpp"
#include "host/control/live_host.hpp"
#include "host/revision/swap.hpp"
#include "host/shadow/shadow_experiments.hpp"

namespace cadre::control {

namespace json = boost::json;
namespace fs = std::filesystem;

namespace {

constexpr const char* watch_actor = "watch";
/// Libraries that stay mapped although nobody uses them, before further changes wait for a restart.
constexpr std::size_t retained_most = 8;

/// Which agent fills which stage anew.
json::array replaced_stages(const live::BookRunner& book, const chain::Chain& next) {
  json::array stages;
  next.each_stage([&](const chain::Stage& stage) {
    const chain::Stage* before = nullptr;
    book.chain().each_stage([&](const chain::Stage& other) {
      if (other.name == stage.name) before = &other;
    });
    const bool hot = std::any_of(next.hot_changes.begin(), next.hot_changes.end(),
                                 [&](const auto& change) { return &change.agent() == stage.agent.get(); });
    if (before != nullptr && before->agent == stage.agent && !hot) return;
    bool observed = false;  // it went on observing since it was replaced
    if (book.replaced_chain() != nullptr)
      book.replaced_chain()->each_stage(
          [&](const chain::Stage& other) { observed = observed || other.agent == stage.agent; });
    json::object line{{"book", book.id()},
                      {"stage", stage.name},
                      {"agent", stage.agent->declaration().id},
                      {"version", stage.agent->manifest().version.to_string()},
                      {"how", hot        ? "new settings, same instance"
                              : observed ? "the instance from before"
                                         : "new instance"}};
    if (before != nullptr && !hot)
      line["before"] = before->agent->declaration().id + " " + before->agent->manifest().version.to_string();
    stages.push_back(std::move(line));
  });
  return stages;
}

}  // namespace

live::Answer LiveHost::refuse(const Proposal& proposal, const base::Problems& problems) {
  metrics_.applies(metrics::Applied::refused).add();
  const auto first = std::find_if(problems.begin(), problems.end(), [](const base::Problem& problem) {
    return problem.severity == base::Severity::error;
  });
  const std::string why = first != problems.end() ? base::to_line(*first) : std::string();
  base::log_event(base::LogLevel::warn, "apply_refused",
                  {{"actor", proposal.mandate.actor}, {"source", proposal.source}, {"why", why}});
  feed_.say("apply_refused", {{"actor", proposal.mandate.actor}, {"source", proposal.source}, {"why", why}});
  if (!proposal.dry_run) {
    const std::lock_guard lock(status_mutex_);
    std::erase_if(refused_, [&](const Refusal& other) { return other.source == proposal.source; });
    refused_.push_back({base::now_text(), proposal.mandate.actor, proposal.source, problems});
  }
  return {live::Outcome::invalid, {}, problems};
}

live::Answer LiveHost::propose(const json::value& complete, const agent::Catalog& catalog,
                               const Proposal& proposal) {
  auto host = config::read_host(complete, proposal.source);
  if (!host) return refuse(proposal, host.problems());
  const json::value next = host->complete;
  auto setup = revision::plan_setup(std::move(host).take(), catalog);
  if (!setup) {
    base::Problems problems = revision::check_changeable(running_.host.complete, next, proposal.source);
    problems.append(setup.problems());
    return refuse(proposal, problems);
  }
  return propose(std::move(setup).take(), proposal);
}

live::Answer LiveHost::propose(revision::Setup setup, const Proposal& proposal) {
  const base::Problems problems =
      revision::check_changeable(running_.host.complete, setup.host.complete, proposal.source);
  if (problems.has_errors()) return refuse(proposal, problems);
  revision::Revision next{
      revisions_->last() + 1,  current_.number,   base::now_ns(),      proposal.mandate.actor,
      proposal.mandate.reason, proposal.restores, setup.host.complete, setup.plugins};
  const revision::Difference difference = revision::difference(current_, next);
  if (difference.empty()) {
    const std::lock_guard lock(status_mutex_);
    std::erase_if(refused_, [&](const Refusal& other) { return other.source == proposal.source; });
    return {live::Outcome::done, {{"revision", current_.number}, {"unchanged", true}}, {}};
  }
  for (const auto& book : books_) {
    const live::BookSnapshot now = book->snapshot();
    if (now.state != "stopped") continue;
    base::Problems stopped;
    stopped.error("BOOK_STOPPED", {}, "the book " + book->id() + " has stopped: " + now.reason,
                  "mend that and start the host again");
    return refuse(proposal, stopped);
  }
  if (const std::size_t stuck = retained(); stuck >= retained_most) {
    base::Problems problems_of_old;
    problems_of_old.error("RETAINED_TOO_MANY", {},
                          std::to_string(stuck) + " libraries of replaced agents could not be unloaded",
                          "`cadre status` names them; restart the host to be rid of them");
    return refuse(proposal, problems_of_old);
  }
  auto chains = revision::build_setup(setup, *store_, books_, proposal.restores != 0);
  if (!chains) return refuse(proposal, chains.problems());
  if (proposal.dry_run) {
    json::array stages;
    for (std::size_t b = 0; b < books_.size(); ++b) {
      for (json::value& line : replaced_stages(*books_[b], *(*chains)[b]))
        stages.push_back(std::move(line));
    }
    return {live::Outcome::done,
            {{"based_on", current_.number},
             {"difference", revision::to_json(difference)},
             {"stages", std::move(stages)}},
            {}};
  }
  return take_over(std::move(setup), std::move(chains).take(), next, proposal);
}

/// Every journal says that all books have taken over; true when all of that is durable: then it may be
/// booted.
bool LiveHost::confirm(const revision::Revision& revision) {
  const std::string text = json::serialize(json::object{{"revision", revision.number}});
  const auto confirmed = std::make_shared<live::Ticket>(books_.size());
  for (const auto& book : books_) {
    live::BookRunner* runner = book.get();
    const bool taken = runner->post_work([runner, revision, text, confirmed](book::Book& live) {
      runner->take_command({"revision_confirmed", live.date(), revision.actor, revision.reason, text},
                           confirmed);
    });
    if (!taken) confirmed->lost();
  }
  return confirmed->wait();
}

live::Answer LiveHost::take_over(revision::Setup next, std::vector<std::shared_ptr<chain::Chain>> chains,
                                 const revision::Revision& revision, const Proposal& proposal) {
  json::array stages;
  std::vector<live::BookRunner::Change> changes;
  std::map<std::string, std::uint64_t> since;
  for (std::size_t b = 0; b < books_.size(); ++b) {
    const config::ScenarioConfig& scenario = next.host.books[b].scenario;
    journal::RevisionRecord record = book::revision_record(revision.number, revision.based_on,
                                                           books_[b]->snapshot().date, scenario, *chains[b]);
    record.actor = revision.actor;
    record.reason = revision.reason;
    for (json::value& line : replaced_stages(*books_[b], *chains[b])) {
      since[books_[b]->id() + '/' + std::string(line.at("stage").as_string())] = revision.number;
      stages.push_back(std::move(line));
    }
    changes.push_back({std::move(chains[b]), std::move(record)});
  }
  chains.clear();
  // On the disk before any book waits for the others; taken back when one refuses.
  base::Problems problems = revisions_->append(revision);
  if (problems.has_errors()) return refuse(proposal, problems);
  const auto begun = std::chrono::steady_clock::now();
  problems.append(revision::swap_books(books_, std::move(changes), retirement_));
  if (problems.has_errors()) {
    problems.append(revisions_->withdraw(revision.number));
    return refuse(proposal, problems);
  }
  metrics_.swap_seconds().observe(
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
  base::Problems after = problems;  // warnings
  if (confirm(revision)) after.append(revisions_->set_current(revision.number));
  metrics_.applies(metrics::Applied::applied).add();
  metrics_.revision().set(static_cast<double>(revision.number));
  {
    const std::lock_guard lock(status_mutex_);
    running_ = std::move(next);
    current_ = revision;
    current_since_ = base::now_text();
    newest_ = revision.number;
    for (const auto& [stage, number] : since)
      stage_since_[stage] = number;
    // What the watch found stays until the watch finds it mended: the files still say it.
    std::erase_if(refused_, [&](const Refusal& other) {
      return !running_.host.watch || other.actor != watch_actor || other.source == proposal.source;
    });
    if (!running_.host.watch) waiting_.clear();
  }
  experiments_->control_changed(revision.number);
  feed_.say("revision", {{"revision", revision.number},
                         {"based_on", revision.based_on},
                         {"actor", revision.actor},
                         {"reason", revision.reason},
                         {"stages", stages}});
  base::log_event(base::LogLevel::info, "revision",
                  {{"revision", std::to_string(revision.number)},
                   {"actor", revision.actor},
                   {"reason", revision.reason}});
  return {live::Outcome::created, {{"revision", revision.number}, {"stages", std::move(stages)}}, after};
}

base::Result<json::value> LiveHost::complete_document(const control::ApplyRequest& request) const {
  auto document = base::JsonDocument::parse(request.origin, request.text);
  if (!document) return document.problems();
  const json::value& root = document->root();
  const bool is_scenario = root.is_object() && root.as_object().contains("scenario");
  if (!is_scenario && request.book.empty()) return root;
  base::Problems problems;
  const std::string book = !request.book.empty() ? request.book : books_.front()->id();
  if (request.book.empty() && books_.size() != 1) {
    problems.error("BOOK_NOT_NAMED", base::Place::of(request.origin),
                   "this is the scenario of one book, and the host has several", "name it with --book");
    return problems;
  }
  // The host's own document, with this book's scenario in the place of the old one.
  json::value complete = running_.host.complete;
  json::array& books = complete.as_object()["books"].as_array();
  for (std::size_t b = 0; b < books_.size(); ++b) {
    if (books_[b]->id() != book) continue;
    json::value scenario = root;
    // A scenario that came from a file may have had its id set by the host file.
    if (scenario.is_object() && scenario.as_object().contains("book") && scenario.at("book").is_object() &&
        books_.size() > 1)
      scenario.as_object()["book"] = books[b].at("scenario").at("book");
    // A host that was made from a scenario has its name; one with a file of its own keeps that.
    const json::value* old_name = base::find(books[b], "/scenario/name");
    const bool named_after_it = old_name != nullptr && *old_name == complete.at("name");
    books[b].as_object()["scenario"] = std::move(scenario);
    if (books_.size() == 1 && named_after_it && root.is_object() && root.as_object().contains("name"))
      complete.as_object()["name"] = root.at("name");
    return complete;
  }
  return unknown_book(book).problems;
}

live::Answer LiveHost::apply(const control::ApplyRequest& request) {
  const std::lock_guard control(control_mutex_);
  if (!ready_) return {live::Outcome::stopping, {}, {}};
  if (request.based_on && *request.based_on != current_.number) {
    metrics_.applies(metrics::Applied::stale).add();
    base::Problems problems;
    problems.error("REVISION_STALE", base::Place::of(request.origin),
                   "it is based on revision " + std::to_string(*request.based_on) + ", current is " +
                       std::to_string(current_.number) + " by " + current_.actor + ": " + current_.reason,
                   "`cadre revision diff " + std::to_string(*request.based_on) + " " +
                       std::to_string(current_.number) + "` shows what changed meanwhile");
    json::object body{{"current", current_.number}};
    if (auto base = revisions_->get(*request.based_on))
      body["difference"] = revision::to_json(revision::difference(*base, current_));
    return {live::Outcome::stale, std::move(body), problems};
  }
  const Proposal proposal{request.mandate, request.origin, 0, request.dry_run};
  auto complete = complete_document(request);
  if (!complete) return refuse(proposal, complete.problems());
  return propose(*complete, agent::Catalog::discover(options_.agent_folders), proposal);
}

live::Answer LiveHost::roll_back(const live::Mandate& mandate, std::optional<std::uint64_t> to) {
  const std::lock_guard control(control_mutex_);
  if (!ready_) return {live::Outcome::stopping, {}, {}};
  base::Problems problems;
  const std::uint64_t target = to.value_or(current_.based_on);
  if (target == 0) {
    problems.error("REVISION_NOTHING_BEFORE", {}, "there is no revision before this one");
    return {live::Outcome::conflict, {}, problems};
  }
  auto stored = revisions_->get(target);
  if (!stored) return {live::Outcome::unknown, {}, stored.problems()};
  const Proposal proposal{mandate, "revision " + std::to_string(target), target, false};
  return propose(stored->config, revision::pinned_catalog(*store_, stored->plugins), proposal);
}

void LiveHost::watch() {
  std::vector<fs::path> folders = options_.agent_folders;
  auto host = config::load_host(options_.config);
  const std::vector<fs::path> files =
      host ? host->files : std::vector<fs::path>{fs::absolute(options_.config)};
  for (const fs::path& file : files) {
    if (std::find(folders.begin(), folders.end(), file.parent_path()) == folders.end())
      folders.push_back(file.parent_path());
  }
  folder_watch_ = std::make_unique<revision::FolderWatch>(
      revision::WatchOptions{.folders = folders,
                             .debounce = std::chrono::milliseconds(running_.host.debounce_ms),
                             .except = options_.state},
      [this] { consider(false); });
  consider(false);
}

void LiveHost::reload(bool force) {
  consider(force);
}

void LiveHost::consider(bool force) {
  const std::lock_guard control(control_mutex_);
  if (!ready_) return;
  const Proposal proposal{{watch_actor, "files changed"}, options_.config.string(), 0, false};
  auto host = config::load_host(options_.config);
  const auto catalog = agent::Catalog::discover(options_.agent_folders);
  auto setup = host ? revision::plan_setup(std::move(host).take(), catalog)
                    : base::Result<revision::Setup>(host.problems());
  std::string seen;
  if (setup) {
    const std::vector<std::string> unfinished = revision::unfinished_libraries(*setup);
    {
      const std::lock_guard lock(status_mutex_);
      waiting_ = unfinished;
    }
    if (!unfinished.empty()) return;  // still being written, or never finished: status says so
    seen = base::canonical(setup->host.complete);
    for (const revision::PinnedPlugin& plugin : setup->plugins)
      seen += plugin.sha256;
  } else {
    for (const base::Problem& problem : setup.problems())
      seen += base::to_line(problem);
  }
  const std::string digest = base::sha256_hex(seen);
  if (digest == considered_ && !force) return;
  considered_ = digest;
  (void)base::write_file_atomically(options_.state / "considered", digest);
  if (!setup) {
    refuse(proposal, setup.problems());
    return;
  }
  propose(std::move(setup).take(), proposal);
}

live::Answer LiveHost::revisions() const {
  json::array list;
  std::uint64_t current = 0, newest = 0;
  {
    const std::lock_guard lock(status_mutex_);
    current = current_.number;
    newest = newest_;
  }
  for (const revision::Revision& each : revisions_->list()) {
    if (each.number > newest) continue;  // on the disk, and not taken over yet
    json::value line = revision::to_json(each);
    line.as_object().erase("config");
    line.as_object()["current"] = each.number == current;
    list.push_back(std::move(line));
  }
  return {live::Outcome::done, {{"current", current}, {"revisions", std::move(list)}}, {}};
}

live::Answer LiveHost::revision(std::uint64_t number) const {
  auto stored = revisions_->get(number);
  if (!stored) return {live::Outcome::unknown, {}, stored.problems()};
  return {live::Outcome::done, revision::to_json(*stored), {}};
}

live::Answer LiveHost::difference(std::uint64_t a, std::uint64_t b) const {
  auto first = revisions_->get(a);
  if (!first) return {live::Outcome::unknown, {}, first.problems()};
  auto second = revisions_->get(b);
  if (!second) return {live::Outcome::unknown, {}, second.problems()};
  return {live::Outcome::done, revision::to_json(revision::difference(*first, *second)), {}};
}

}  // namespace cadre::control

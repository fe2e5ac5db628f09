// How a revision takes over: the books it changes, those that come, and those that go.

#include <algorithm>
#include <boost/json.hpp>

#include "host/base/date.hpp"
#include "host/base/log.hpp"
#include "host/base/text.hpp"
#include "host/book/dated_changes.hpp"
#include "host/revision/book_part.hpp"
#include "host/revision/reload.hpp"
#include "host/revision/swap.hpp"

namespace cadre::revision {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

json::object stage_line(const std::string& book, const chain::Stage& stage, const char* how) {
  return {{"book", book},
          {"stage", stage.name},
          {"agent", stage.agent->declaration().id},
          {"version", stage.agent->manifest().version.to_string()},
          {"how", how}};
}

}  // namespace

/// Which agent fills which stage anew; all of them in a book that is not there yet.
json::array Reload::filled_stages(const std::string& book, const live::BookRunner* runner,
                                  const chain::Chain& next) {
  using How = chain::StageChange::How;
  json::array stages;
  if (runner == nullptr) {
    next.each_stage(
        [&](const chain::Stage& stage) { stages.push_back(stage_line(book, stage, "new book")); });
    return stages;
  }
  for (const chain::StageChange& change :
       chain::stage_changes(runner->chain(), runner->replaced_chain(), next)) {
    json::object line = stage_line(book, *change.stage,
                                   change.how == How::new_settings       ? "new settings, same instance"
                                   : change.how == How::earlier_instance ? "the instance from before"
                                                                         : "new instance");
    if (change.before != nullptr && change.how != How::new_settings)
      line["before"] =
          change.before->agent->declaration().id + " " + change.before->agent->manifest().version.to_string();
    stages.push_back(std::move(line));
  }
  return stages;
}

/// The books that the host has and the next configuration has not.
live::BookList::Books Reload::leaving(const config::HostConfig& next) const {
  live::BookList::Books leaving = ground_.books.now();
  std::erase_if(leaving, [&](const auto& book) {
    return std::any_of(next.books.begin(), next.books.end(),
                       [&](const config::BookConfig& other) { return other.scenario.book.id == book->id(); });
  });
  return leaving;
}

/// Whether those that go may go, and those that come back may come back. Asked before anything is built; what
/// goes is asked again at the swap, when nothing can come between.
base::Problems Reload::check_books(const Setup& next, const std::string& origin) const {
  base::Problems problems;
  for (const auto& book : leaving(next.host)) {
    const auto found = std::make_shared<base::Problems>();
    const live::Asked asked = book->with_book(
        [found, runner = book.get()](book::Book& at) { *found = live::why_it_stays(*runner, at); });
    problems.append(asked == live::Asked::done ? *found : book->why_stopped());
  }
  for (std::size_t b = 0; b < next.host.books.size(); ++b) {
    const config::BookConfig& book = next.host.books[b];
    if (live::find_book(ground_.books, book.scenario.book.id) != nullptr) continue;
    problems.append(check_returning(book, ground_.state, origin + " /books/" + std::to_string(b)));
  }
  return problems;
}

/// What each book that the revision changes is given; the chains of the others go.
Reload::Takeover Reload::takeover_of(const Setup& next, std::vector<std::shared_ptr<chain::Chain>> chains,
                                     const Revision& revision, bool takes_back) const {
  Takeover takeover;
  takeover.leaving = leaving(next.host);
  for (std::size_t b = 0; b < next.host.books.size(); ++b) {
    const config::BookConfig& config = next.host.books[b];
    const std::string& id = config.scenario.book.id;
    const auto book = live::find_book(ground_.books, id);
    if (book != nullptr && !changes_book(*book, next, revision, takes_back)) continue;
    for (json::value& line : filled_stages(id, book.get(), *chains[b])) {
      takeover.since[id + '/' + std::string(line.at("stage").as_string())] = revision.number;
      takeover.stages.push_back(std::move(line));
    }
    if (book == nullptr) {
      std::error_code error;
      const bool returns = fs::exists(book_folder(ground_.state, id) / "journal", error);
      takeover.added.push_back({config, std::move(chains[b]), returns});
      continue;
    }
    journal::RevisionRecord record = book::revision_record(
        revision.number, revision.based_on, book->snapshot().date, config.scenario, *chains[b]);
    record.actor = revision.actor;
    record.reason = revision.reason;
    takeover.books.push_back(book);
    takeover.changes.push_back({std::move(chains[b]), std::move(record)});
  }
  return takeover;
}

/// Whatever of it can fail fails before any other book has changed. Where every book of the host is halted,
/// one that comes begins so too.
base::Problems Reload::open_added(Takeover& takeover, const config::HostConfig& host,
                                  const Revision& revision) {
  base::Problems problems;
  const live::BookList::Books books = ground_.books.now();
  const bool all_halted = std::all_of(books.begin(), books.end(), [&](const auto& book) {
    return ground_.for_books.of_host.halts.is_halted(book->id());
  });
  for (Added& added : takeover.added) {
    const std::string& id = added.config.scenario.book.id;
    if (all_halted && !ground_.for_books.of_host.halts.is_halted(id)) {
      live::HaltOrder order;
      order.books = {id};
      order.actor = "host";
      order.reason = "every other book was halted when revision " + std::to_string(revision.number) +
                     " brought this one";
      problems.append(ground_.for_books.of_host.halts.write(order));
    }
    if (problems.has_errors()) return problems;
    auto opened = open_book(ground_.for_books, host, added.config, added.chain, revision);
    problems.append(opened.problems());
    if (opened) added.runner = std::move(opened).take();
  }
  return problems;
}

/// Books that were not let in after all: what they began is gone with them. False: one of them has gone on in
/// the journal that it left before, which has seen this revision's number.
bool Reload::close_added(Takeover& takeover) {
  bool leaves_nothing = true;
  for (Added& added : takeover.added) {
    added.chain = nullptr;
    const bool was_opened = added.runner != nullptr;
    added.runner = nullptr;
    const std::string& id = added.config.scenario.book.id;
    std::error_code error;
    if (!added.returns && (!was_opened || !ground_.for_books.of_host.incarnations.left(id).has_errors()))
      fs::remove_all(book_folder(ground_.state, id), error);
    leaves_nothing = leaves_nothing && !(added.returns && was_opened);
  }
  return leaves_nothing;
}

/// The books that change take over together, and those that go take nothing from then on.
base::Problems Reload::swap(Takeover& takeover, const Revision& revision) {
  std::vector<live::BookRunner*> books;
  for (const auto& book : takeover.books)
    books.push_back(book.get());
  for (const auto& book : takeover.leaving) {
    journal::RevisionRecord record;
    record.revision = revision.number;
    record.actor = revision.actor;
    record.reason = revision.reason;
    books.push_back(book.get());
    takeover.changes.push_back({nullptr, std::move(record)});
  }
  if (books.empty()) return {};
  const auto begun = std::chrono::steady_clock::now();
  base::Problems problems = swap_books(books, std::move(takeover.changes), retirement_);
  if (problems.has_errors()) return problems;
  ground_.metrics.swap_seconds().observe(
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
  return problems;
}

/// The journals of these books say that all of them have taken over; true when all of that is durable: then
/// it may be booted.
bool Reload::confirmed_by(const Revision& revision, const live::BookList::Books& books) {
  const std::string text = json::serialize(json::object{{"revision", revision.number}});
  std::vector<std::shared_ptr<live::Ticket>> tickets;
  for (const auto& book : books) {
    const auto confirmed = tickets.emplace_back(std::make_shared<live::Ticket>(1));
    const bool taken = book->post_work([runner = book.get(), revision, text, confirmed](book::Book& live) {
      runner->take_command(
          {"revision_confirmed", live.ledger().date(), revision.actor, revision.reason, text}, confirmed);
    });
    if (!taken) confirmed->lost();
  }
  bool all = true;
  for (std::size_t b = 0; b < tickets.size(); ++b)
    all = tickets[b]->wait(books[b]->pulse()) && all;
  return all;
}

/// What has taken over is booted from now on. There is no way back from the swap, so what fails here is said
/// as it is. Errors: REVISION_NOT_DURABLE, those of the trials' file and of CURRENT.
base::Problems Reload::make_current(const Takeover& takeover, const Revision& revision,
                                    const Proposal& proposal) {
  base::Problems problems;
  if (!confirmed_by(revision, takeover.books)) {
    for (const auto& book : takeover.books)
      problems.append(book->why_stopped());
  } else {
    std::vector<BookTrial> trials = trials_after(revision, takeover, proposal);
    problems.append(announce_trials(trials));
    if (!problems.has_errors()) problems.append(ground_.revisions.set_current(revision.number));
    set_trials(std::move(trials));
    if (!problems.has_errors()) return problems;
  }
  problems.error("REVISION_NOT_DURABLE", {},
                 "revision " + std::to_string(revision.number) + " has taken over, and could not be made " +
                     "durable: a start boots revision " + std::to_string(ground_.revisions.current()),
                 "mend what is in the way, and apply it again once the host is ready");
  return problems;
}

void Reload::put_in_charge(Setup next, const Revision& revision, const Takeover& takeover,
                           const std::string& source) {
  ground_.metrics.applies(metrics::Applied::applied).add();
  ground_.metrics.revision().set(static_cast<double>(revision.number));
  ground_.recorder.set_revision(revision.number);
  const std::lock_guard lock(status_mutex_);
  charge_.setup = std::move(next);
  charge_.revision = revision;
  charge_.since = base::now_text();
  newest_ = revision.number;
  for (const auto& book : takeover.leaving)
    std::erase_if(charge_.stage_since,
                  [&](const auto& stage) { return stage.first.starts_with(book->id() + '/'); });
  for (const auto& [stage, number] : takeover.since)
    charge_.stage_since[stage] = number;
  // What the watch found stays until the watch finds it mended: the files still say it.
  std::erase_if(refused_, [&](const Refusal& other) {
    return !charge_.setup.host.watch.enabled || !is_of_files(other.actor) || other.source == source;
  });
  if (!charge_.setup.host.watch.enabled) waiting_.clear();
}

/// Those that come begin, and those that go end. A book that a start would not have decides nothing.
base::Problems Reload::let_books_in_and_out(Takeover& takeover, const Revision& revision, bool is_durable) {
  base::Problems problems;
  for (Added& added : takeover.added) {
    ground_.metrics.set_shown(added.runner->id(), true);
    ground_.books.add(added.runner);
    if (!is_durable)
      problems.append(ground_.halt(added.runner->id(), "revision " + std::to_string(revision.number) +
                                                           " brought it and is not durable"));
    added.runner->start();
    ground_.feed.say("book_added", {{"book", added.runner->id()}, {"revision", revision.number}});
  }
  std::vector<std::string> gone;
  for (const auto& book : takeover.leaving) {
    gone.push_back(book->id());
    ground_.books.remove(book->id());
    ground_.metrics.set_shown(book->id(), false);
  }
  if (!gone.empty()) ground_.removed(revision.number, gone);
  takeover.changes.clear();
  for (auto& book : takeover.leaving) {
    base::Problems ended = book->stop();
    for (base::Problem problem : ended) {
      problem.severity = base::Severity::warning;  // it has gone all the same
      problems.add(std::move(problem));
    }
    ground_.feed.say("book_removed", {{"book", book->id()}, {"revision", revision.number}});
    problems.append(retirement_.retire(std::move(book)));
  }
  return problems;
}

live::Answer Reload::take_over(Setup next, std::vector<std::shared_ptr<chain::Chain>> chains,
                               const Revision& revision, const Proposal& proposal) {
  Takeover takeover = takeover_of(next, std::move(chains), revision, proposal.takes_back);
  // On the disk before any book waits for the others; taken back when one refuses.
  base::Problems problems = ground_.revisions.append(revision);
  if (problems.has_errors()) return refuse(proposal, problems);
  problems.append(ground_.revisions.prepare_current(revision.number));
  if (!problems.has_errors()) problems.append(open_added(takeover, next.host, revision));
  if (!problems.has_errors()) problems.append(swap(takeover, revision));
  if (problems.has_errors()) {
    if (close_added(takeover)) problems.append(ground_.revisions.withdraw(revision.number));
    return refuse(proposal, problems);
  }
  const base::Problems undurable = make_current(takeover, revision, proposal);
  // What an operator set by hand holds until the configuration says something else.
  if (!next.host.log.says_the_same(charge_.setup.host.log)) config::apply_log(next.host.log);
  put_in_charge(std::move(next), revision, takeover, proposal.source);
  problems.append(undurable);
  {
    const std::lock_guard lock(status_mutex_);
    charge_.not_durable = undurable.has_errors() ? undurable[undurable.size() - 1].message : std::string();
  }
  for (const auto& book : ground_.books.now())
    live::follow_host(*book, charge_.setup.host);
  std::vector<std::string> changed;
  for (const auto& book : takeover.books)
    changed.push_back(book->id());
  problems.append(let_books_in_and_out(takeover, revision, !undurable.has_errors()));
  save_refusals();
  follow_watch();
  ground_.taken_over(revision.number, changed);
  ground_.feed.say("revision", {{"revision", revision.number},
                                {"based_on", revision.based_on},
                                {"actor", revision.actor},
                                {"reason", revision.reason},
                                {"stages", takeover.stages}});
  base::log_event(base::LogLevel::info, "revision",
                  {{"revision", std::to_string(revision.number)},
                   {"actor", revision.actor},
                   {"reason", revision.reason}});
  return {problems.has_errors() ? live::Outcome::conflict : live::Outcome::created,
          {{"revision", revision.number}, {"stages", std::move(takeover.stages)}},
          problems};
}

}  // namespace cadre::revision

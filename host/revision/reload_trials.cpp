// Changes on trial: which books are, what ends it, and going back by itself.

#include <algorithm>
#include <boost/json.hpp>

#include "host/base/date.hpp"
#include "host/base/json.hpp"
#include "host/base/log.hpp"
#include "host/revision/book_part.hpp"
#include "host/revision/reload.hpp"

namespace cadre::revision {

namespace json = boost::json;

namespace {

constexpr std::chrono::milliseconds look_interval{100};
constexpr const char* guardrail_actor = "guardrail";

/// Whether the configuration of a revision asks for trials.
bool brings_trials(const Revision& revision) {
  const auto asks = [&](const char* pointer) {
    const json::value* number = base::find(revision.config, pointer);
    return number != nullptr && number->is_number() && number->to_number<double>() > 0;
  };
  return asks("/confirm/decisions") || asks("/confirm/minutes");
}

}  // namespace

Reload::~Reload() {
  takes_changes_ = false;
  trials_changed_.notify_all();
  if (trials_thread_.joinable()) trials_thread_.join();
}

/// The books that a revision changes go on trial, unless it brings back what ran before. Before it is in
/// charge.
std::vector<BookTrial> Reload::trials_after(const Revision& next, const Takeover& takeover,
                                            const Proposal& proposal) const {
  std::vector<BookTrial> trials = charge_.trials;
  live::BookList::Books books = takeover.books;
  for (const Added& added : takeover.added)
    books.push_back(added.runner);
  for (const auto& book : takeover.leaving)
    std::erase_if(trials, [&](const BookTrial& trial) { return trial.book == book->id(); });
  // The change that brings the rule of trials is tried itself.
  const bool begins =
      proposal.restores == 0 && (charge_.setup.host.confirm.has_trials() || brings_trials(next));
  for (const auto& book : books) {
    if (part_of(charge_.revision, book->id()) == part_of(next, book->id())) continue;
    const auto open = std::find_if(trials.begin(), trials.end(),
                                   [&](const BookTrial& trial) { return trial.book == book->id(); });
    const std::uint64_t confirmed = open != trials.end() ? open->confirmed : charge_.revision.number;
    if (open != trials.end()) trials.erase(open);
    if (begins)
      trials.push_back(begin_trial(book->id(), next.number, confirmed, book->snapshot(), base::now_ns()));
  }
  return trials;
}

/// Before the revision may be booted, and with the trials that end with it: whichever of the two is booted
/// has its own.
base::Problems Reload::announce_trials(const std::vector<BookTrial>& next) const {
  if (next.empty() && charge_.trials.empty()) return {};
  std::vector<BookTrial> all = charge_.trials;
  for (const BookTrial& trial : next) {
    const bool goes_on = std::any_of(all.begin(), all.end(), [&](const BookTrial& other) {
      return other.book == trial.book && other.revision == trial.revision;
    });
    if (!goes_on) all.push_back(trial);
  }
  return write_trials(ground_.state / trials_file, all);
}

void Reload::set_trials(std::vector<BookTrial> trials) {
  if (!trials.empty() || !charge_.trials.empty()) (void)write_trials(ground_.state / trials_file, trials);
  const std::lock_guard lock(status_mutex_);
  charge_.trials = std::move(trials);
}

/// On a thread of its own: a rollback runs agents, and nobody waits for it.
void Reload::watch_trials() {
  std::unique_lock lock(trials_mutex_);
  while (takes_changes_) {
    trials_changed_.wait_for(lock, look_interval);
    lock.unlock();
    for (const BookTrial& trial : read([](const Charge& charge) { return charge.trials; })) {
      if (takes_changes_) look_at_trial(trial);
    }
    lock.lock();
  }
}

void Reload::look_at_trial(BookTrial trial) {
  const auto book = live::find_book(ground_.books, trial.book);
  if (book == nullptr) return;
  const auto config = read([](const Charge& charge) { return charge.setup.host.confirm; });
  const live::BookSnapshot now = book->snapshot();
  if (now.revision < trial.revision) return;  // the swap is not shown yet
  const TrialVerdict verdict = judge(config, trial, now, base::now_ns());
  {
    const std::lock_guard lock(status_mutex_);
    for (BookTrial& each : charge_.trials) {
      if (each.book == trial.book && each.revision == trial.revision) each = trial;
    }
  }
  if (verdict.end != TrialVerdict::End::none) end_trial(trial, verdict);
}

/// In the log, to those who listen, and in the book's journal.
void Reload::tell_end(const BookTrial& trial, const char* event, const live::Mandate& by) {
  const bool failed = std::string_view(event) == "trial_failed";
  base::log_event(failed ? base::LogLevel::warn : base::LogLevel::info, event,
                  {{"book", trial.book},
                   {"revision", std::to_string(trial.revision)},
                   {"actor", by.actor},
                   {"why", by.reason}});
  ground_.feed.say(
      event, {{"book", trial.book}, {"revision", trial.revision}, {"actor", by.actor}, {"why", by.reason}});
  const std::string text = json::serialize(json::object{{"revision", trial.revision}});
  const auto book = live::find_book(ground_.books, trial.book);
  if (book == nullptr) return;
  book->post_work([runner = book.get(), event, by, text](book::Book& live) {
    runner->take_command({event, live.ledger().date(), by.actor, by.reason, text});
  });
}

live::Answer Reload::confirm(const live::Mandate& mandate, const std::string& book) {
  const Turn turn = take_turn();
  if (!turn) return {live::Outcome::conflict, {}, change_hangs()};
  if (!takes_changes_) return {live::Outcome::stopping, {}, {}};
  if (!book.empty() && live::find_book(ground_.books, book) == nullptr)
    return live::unknown_book(ground_.books, book);
  std::vector<BookTrial> others;
  json::array confirmed;
  for (const BookTrial& trial : charge_.trials) {
    if (!book.empty() && trial.book != book) {
      others.push_back(trial);
      continue;
    }
    tell_end(trial, "trial_confirmed", mandate);
    confirmed.push_back(json::object{{"book", trial.book}, {"revision", trial.revision}});
  }
  if (!confirmed.empty()) {
    set_trials(std::move(others));
    return {live::Outcome::done, {{"confirmed", std::move(confirmed)}}, {}};
  }
  base::Problems problems;
  problems.error("TRIAL_NONE", {},
                 book.empty() ? "no book is on trial" : "the book " + book + " is on no trial",
                 "`cadre status` says which are");
  return {live::Outcome::conflict, {}, problems};
}

/// It has nothing to go back to, and may hold something.
void Reload::halt_after_trial(const BookTrial& trial, const std::string& why) {
  const base::Problems unwritten =
      ground_.halt(trial.book, "the trial of revision " + std::to_string(trial.revision) + ", " + why);
  if (unwritten.has_errors())
    refuse({.mandate = {guardrail_actor, why}, .source = "trial of " + trial.book}, unwritten);
}

void Reload::end_trial(const BookTrial& trial, const TrialVerdict& verdict) {
  const Turn turn = take_turn();
  if (!turn || !takes_changes_) return;
  std::vector<BookTrial> others = charge_.trials;
  const auto removed = std::erase_if(others, [&](const BookTrial& other) {
    return other.book == trial.book && other.revision == trial.revision;
  });
  if (removed == 0) return;  // another change has ended it meanwhile
  const bool confirmed = verdict.end == TrialVerdict::End::confirmed;
  tell_end(trial, confirmed ? "trial_confirmed" : "trial_failed", {"host", verdict.why});
  if (confirmed) return set_trials(std::move(others));
  if (const auto before = ground_.revisions.get(trial.confirmed);
      before && part_of(*before, trial.book).empty()) {
    halt_after_trial(trial, "which brought it, failed: " + verdict.why);
    return set_trials(std::move(others));
  }
  const live::Answer answer =
      roll_back_book({.mandate = {guardrail_actor, verdict.why}, .to = trial.confirmed, .book = trial.book});
  // A way back that is refused is shown, and not tried again for ever.
  const bool went_back = answer.outcome == live::Outcome::created;
  if (went_back) return;
  if (answer.outcome != live::Outcome::invalid && answer.problems.has_errors())
    refuse({.mandate = {guardrail_actor, verdict.why}, .source = "trial of " + trial.book}, answer.problems);
  // It does not go on deciding under what failed.
  if (answer.problems.has_errors())
    halt_after_trial(
        trial, "failed: " + verdict.why + "; and the way back was refused: " + first_error(answer.problems));
  set_trials(std::move(others));
}

}  // namespace cadre::revision

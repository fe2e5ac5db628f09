#include "host/shadow/shadow_experiment.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <system_error>
#include <thread>
#include <utility>

#include "host/base/date.hpp"
#include "host/base/json.hpp"
#include "host/base/log.hpp"
#include "host/base/text.hpp"
#include "host/journal/signal_record.hpp"
#include "host/live/book_pulse.hpp"
#include "host/live/event_feed.hpp"
#include "host/model/bar.hpp"
#include "host/model/signal.hpp"

namespace cadre::shadow {

namespace json = boost::json;

namespace {

/// Bars an experiment may be behind its book before it gives up.
constexpr std::size_t behind_most = 4096;
/// How much of what it has compared may be lost with its host.
constexpr std::chrono::minutes keep_every{1};

}  // namespace

std::string went_on(std::uint64_t revision) {
  return "the book went on to revision " + std::to_string(revision) +
         ": what the candidate was compared with is gone";
}

ShadowExperiment::ShadowExperiment(experiment::ExperimentFile file, ExperimentDefinition definition,
                                   std::string book, std::unique_ptr<ShadowArm> twin,
                                   std::unique_ptr<ShadowArm> candidate)
    : file_(std::move(file)),
      book_(std::move(book)),
      definition_(std::move(definition)),
      twin_(std::move(twin)),
      candidate_(std::move(candidate)) {}

ShadowExperiment::~ShadowExperiment() = default;

base::Problems ShadowExperiment::start_thread(Ground ground) {
  ground_ = std::move(ground);
  base::Problems problems;
  try {
    std::thread([me = shared_from_this()] { me->loop(); }).detach();
  } catch (const std::system_error& thrown) {
    problems.error("EXPERIMENT_FAILED", {}, std::string("no thread for it: ") + thrown.what());
    end(problems[0].message, true);
    const std::lock_guard lock(queue_mutex_);
    over_ = gone_ = true;
  }
  return problems;
}

void ShadowExperiment::stand(book::Book& control, live::BookCheckpoints& checkpoints) {
  if (closed_) return;
  auto image = checkpoints.take_pinned();
  if (!image) return begin_standing(control, image.problems(), {});
  begin_standing(control, beginning_at(std::move(image).take(), control.chain().revision), {});
}

void ShadowExperiment::stand_again(book::Book& control, live::BookCheckpoints& checkpoints,
                                   Beginning beginning) {
  if (closed_) return;
  {
    const std::lock_guard lock(queue_mutex_);
    is_resumed_ = true;
  }
  JournalPart missed{checkpoints.journal(), beginning.journal_bytes, checkpoints.journal_bytes()};
  begin_standing(control, std::move(beginning), std::move(missed));
}

void ShadowExperiment::begin_standing(book::Book& control, base::Result<Beginning> beginning,
                                      JournalPart missed) {
  const base::Problems problems = beginning.problems();
  if (beginning) {
    beginning_ = std::move(beginning).take();
    missed_ = std::move(missed);
    hearing_ = Hearing(control.halted());
    control.listen(this);
    listening_ = true;
  }
  const std::lock_guard lock(queue_mutex_);
  has_place_ = listening_;
  begin_problems_ = problems;
  catching_up_ = missed_.from != missed_.to;
  stage_ = listening_ ? Stage::stood : Stage::failed;
  queue_changed_.notify_all();
}

/// On the thread of the arms.
bool ShadowExperiment::begin_arms() {
  {
    std::unique_lock lock(queue_mutex_);
    queue_changed_.wait(lock, [&] { return stage_ != Stage::waiting || closed_; });
    if (stage_ != Stage::stood || at_once_) return false;
  }
  base::Problems problems;
  for (ShadowArm* arm : {twin_.get(), candidate_.get()}) {
    arm->stand(*beginning_.book, beginning_.revision);
    problems.append(arm->enter(beginning_.learned));
  }
  const book::Ledger& ledger = beginning_.book->ledger();
  control_.name = book_;
  if (ledger.date() != 0) {
    experiment::note(control_, ledger.date(), ledger.portfolio().equity().to_double());
  }
  beginning_.book.reset();
  beginning_.learned = {};
  {
    const std::lock_guard lock(numbers_mutex_);
    twin_equity_ = twin_->equity();
    candidate_equity_ = candidate_->equity();
  }
  if (!problems.has_errors()) keep(summary());  // before anybody is told that it runs
  const std::lock_guard lock(queue_mutex_);
  begin_problems_ = problems;
  stage_ = problems.has_errors() ? Stage::failed : Stage::begun;
  queue_changed_.notify_all();
  return stage_ == Stage::begun;
}

/// What the book took while nobody heard it. False: it is over.
bool ShadowExperiment::catch_up() {
  Hearing hearing(beginning_.halted);
  const base::Problems problems = hear_journal(missed_, hearing, [&](const Heard& heard) {
    take(heard);
    keep_sometimes();
    const std::lock_guard lock(queue_mutex_);
    return !at_once_;
  });
  missed_signals_ = hearing.waiting();
  if (problems.has_errors()) fail("what the book took since it began is lost: " + base::to_line(problems[0]));
  const std::lock_guard lock(queue_mutex_);
  catching_up_ = false;
  return !at_once_;
}

bool ShadowExperiment::wait_until_begun(const std::function<bool()>& given_up) const {
  std::unique_lock lock(queue_mutex_);
  return live::wait_unless(
      lock, queue_changed_, [&] { return stage_ == Stage::begun || stage_ == Stage::failed; }, given_up);
}

base::Problems ShadowExperiment::begin_problems() const {
  const std::lock_guard lock(queue_mutex_);
  return begin_problems_;
}

void ShadowExperiment::leave(book::Book& control) {
  if (listening_) control.stop_listening(this);
  listening_ = false;
}

void ShadowExperiment::end(const std::string& reason, bool at_once) {
  const std::lock_guard lock(queue_mutex_);
  if (ended_.empty()) ended_ = reason.empty() ? "ended" : reason;
  closed_ = true;
  if (at_once) at_once_ = true;
  queue_changed_.notify_all();
}

void ShadowExperiment::suspend() {
  {
    const std::lock_guard lock(queue_mutex_);
    suspended_ = ended_.empty();
  }
  end("the host stopped", true);
}

void ShadowExperiment::fail(const std::string& reason) {
  {
    const std::lock_guard lock(queue_mutex_);
    failed_ = failed_ || ended_.empty();
  }
  end(reason, true);
  base::log_event(base::LogLevel::error, "experiment_failed", {{"name", file_.name}, {"why", reason}});
}

const char* ShadowExperiment::state_name() const {
  if (ended_.empty()) return catching_up_ ? "catching up" : "running";
  return failed_ ? "failed" : "ended";
}

bool ShadowExperiment::wait_until_gone(std::chrono::steady_clock::time_point deadline) const {
  std::unique_lock lock(queue_mutex_);
  return queue_changed_.wait_until(lock, deadline, [&] { return gone_; });
}

bool ShadowExperiment::running() const {
  const std::lock_guard lock(queue_mutex_);
  return ended_.empty();
}

void ShadowExperiment::on_revision(std::uint64_t, const journal::RevisionRecord& revision) {
  end(went_on(revision.revision));
}

void ShadowExperiment::on_bar(std::uint64_t, const model::Bar& bar) {
  if (!closed_) hearing_.take(bar);
}

void ShadowExperiment::on_signal(std::uint64_t, const journal::SignalRecord& record) {
  if (!closed_) hearing_.take(record);
}

void ShadowExperiment::on_command(std::uint64_t, const journal::CommandRecord& command) {
  if (!closed_) hearing_.take(command);
}

void ShadowExperiment::on_account(std::uint64_t, const journal::AccountRecord& account) {
  std::optional<Heard> heard = hearing_.take(account);
  if (!heard) return;
  const std::lock_guard lock(queue_mutex_);
  if (closed_) return;
  if (queue_.size() >= behind_most) {
    ended_ = "it could not follow the book: " + std::to_string(queue_.size()) + " bars behind";
    closed_ = failed_ = true;
  } else {
    queue_.push_back(std::move(*heard));
    ++bars_heard_;
  }
  queue_changed_.notify_all();
}

/// Nobody waits for the arms of one that an earlier host ran. Empty: they have begun, or it is over anyway.
std::string ShadowExperiment::why_not_resumed() const {
  const std::lock_guard lock(queue_mutex_);
  if (!is_resumed_ || stage_ != Stage::failed || !ended_.empty() || !begin_problems_.has_errors()) return {};
  return "the host was started again, and it cannot begin: " + base::to_line(begin_problems_[0]);
}

/// From its beginning to its end. Whatever an agent of it throws ends the experiment and nothing else.
void ShadowExperiment::loop() {
  bool has_begun = false;
  try {
    has_begun = begin_arms();
    kept_ = std::chrono::steady_clock::now();
    if (has_begun && catch_up()) work();
  } catch (const std::exception& thrown) {
    fail(std::string("it failed: ") + thrown.what());
  } catch (...) {
    fail("it failed: something was thrown");
  }
  if (const std::string why = why_not_resumed(); !why.empty()) fail(why);
  json::object last;
  try {
    if (has_begun) last = describe();
  } catch (const std::exception& thrown) {
    last = {{"problem", std::string("there are no results: ") + thrown.what()}};
  } catch (...) {
    last = {{"problem", "there are no results"}};
  }
  bool is_suspended = false;
  std::string why_failed;
  {
    const std::lock_guard lock(queue_mutex_);
    last_words_ = std::move(last);
    if (!has_begun && stage_ != Stage::failed) {
      if (!begin_problems_.has_errors()) begin_problems_.error("EXPERIMENT_FAILED", {}, ended_);
      stage_ = Stage::failed;
    }
    over_ = true;
    is_suspended = suspended_;
    // Of one that somebody starts now, whoever starts it is told.
    if (failed_ && (has_begun || is_resumed_)) why_failed = ended_;
    queue_.clear();
    queue_changed_.notify_all();
  }
  if (!why_failed.empty() && !has_begun) ground_.not_resumed(why_failed);
  if (!why_failed.empty()) ground_.failed(why_failed);
  if (has_begun) keep(*results());
  if (has_place_ && !is_suspended) ground_.let_go(beginning_.sequence);
  candidate_.reset();
  twin_.reset();
  const std::lock_guard lock(queue_mutex_);
  gone_ = true;
  queue_changed_.notify_all();
}

/// With what the next host needs to go on with it.
void ShadowExperiment::keep(json::object body) const {
  {
    const std::lock_guard lock(queue_mutex_);
    if (suspended_) {
      body["state"] = "running";
      body["reason"] = "";
    }
  }
  body["start"] = {{"experiment", definition_.document}, {"origin", definition_.origin},
                   {"revision", beginning_.revision},    {"sequence", beginning_.sequence},
                   {"control", twin_->agents()},         {"candidate", candidate_->agents()}};
  ground_.keep(body);
}

void ShadowExperiment::keep_sometimes() {
  const auto now = std::chrono::steady_clock::now();
  if (now - kept_ <= keep_every) return;
  keep(describe());
  kept_ = now;
}

void ShadowExperiment::work() {
  for (;;) {
    answer_questions();
    Heard heard;
    {
      std::unique_lock lock(queue_mutex_);
      queue_changed_.wait(lock, [&] {
        return closed_ || !queue_.empty() ||
               std::any_of(questions_.begin(), questions_.end(),
                           [&](const auto& question) { return question->bars <= bars_taken_; });
      });
      if (at_once_ || (closed_ && queue_.empty())) return;
      if (queue_.empty()) continue;
      heard = std::move(queue_.front());
      queue_.pop_front();
    }
    for (const model::ExternalSignal& signal : std::exchange(missed_signals_, {})) {
      for (ShadowArm* arm : {twin_.get(), candidate_.get()})
        arm->take_signal(signal);
    }
    take(heard);
    {
      const std::lock_guard lock(queue_mutex_);
      ++bars_taken_;
    }
    keep_sometimes();
  }
}

void ShadowExperiment::answer_questions() {
  std::vector<std::shared_ptr<Question>> due;
  {
    const std::lock_guard lock(queue_mutex_);
    for (const auto& question : questions_) {
      if (question->bars <= bars_taken_) due.push_back(question);
    }
    std::erase_if(questions_, [&](const auto& question) { return question->bars <= bars_taken_; });
  }
  if (due.empty()) return;
  const json::object answer = describe();
  const std::lock_guard lock(queue_mutex_);
  for (const auto& question : due) {
    question->answer = answer;
    question->answered = true;
  }
  queue_changed_.notify_all();
}

void ShadowExperiment::take(const Heard& heard) {
  for (ShadowArm* arm : {twin_.get(), candidate_.get()}) {
    for (const model::ExternalSignal& signal : heard.before)
      arm->take_signal(signal);
    arm->step(heard.bar, heard.signals, heard.was_halted);
  }
  note_book(heard);
  const journal::DecisionRecord* a = twin_->decision();
  const journal::DecisionRecord* b = candidate_->decision();
  for (auto [failures, decision] : {std::pair(&twin_failures_, a), std::pair(&candidate_failures_, b)}) {
    if (decision == nullptr) continue;
    for (const journal::StageFailure& failure : decision->failures)
      ++(*failures)[failure.instance];
  }
  std::optional<experiment::DecisionDifference> difference;
  if (a != nullptr && b != nullptr) {
    ++decisions_;
    difference = experiment::difference_of(*a, *b, candidate_->stages());
  }
  {
    const std::lock_guard lock(numbers_mutex_);
    if (heard.was_halted) ++halted_bars_;
    for (auto [numbers, arm] :
         {std::pair(&twin_equity_, twin_.get()), std::pair(&candidate_equity_, candidate_.get())}) {
      if (heard.was_halted) continue;
      experiment::note(*numbers, arm->equity().dates.back(), arm->equity().values.back());
    }
    if (difference) differences_.push_back(*difference);
  }
  for (const ShadowArm* arm : {twin_.get(), candidate_.get()}) {
    const std::string failure = arm->failure();
    if (!failure.empty()) fail(failure);
  }
}

/// What the book itself was worth, as the arms note what they were.
void ShadowExperiment::note_book(const Heard& heard) {
  if (!heard.was_halted) {
    experiment::note(control_, heard.bar.date, heard.book_equity * still_factor_);
  } else if (!control_.values.empty() && heard.book_equity != 0) {
    still_factor_ = control_.values.back() / heard.book_equity;
  }
}

}  // namespace cadre::shadow

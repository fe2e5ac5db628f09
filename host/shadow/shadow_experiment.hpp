#pragma once

#include <atomic>
#include <boost/json/value.hpp>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "host/book/listener.hpp"
#include "host/experiment/decision_difference.hpp"
#include "host/experiment/experiment_file.hpp"
#include "host/live/book_checkpoints.hpp"
#include "host/shadow/beginning.hpp"
#include "host/shadow/hearing.hpp"
#include "host/shadow/shadow_arm.hpp"

namespace cadre::shadow {

/// What an experiment is, in words that outlive its host.
struct ExperimentDefinition {
  std::string document;  ///< of the experiment file
  std::string origin;    ///< its path, which relative paths in it are resolved against
  std::string since;     ///< when it began
};

/// Why an experiment ends when its book gets another chain.
std::string went_on(std::uint64_t revision);

/// One experiment beside a running book: hears what the book takes, and shows it to both arms on a thread of
/// its own. The book never waits for it: an experiment that falls too far behind ends. Nobody else does
/// either: that thread alone calls the agents, keeps the experiment as long as it needs it, and gives the
/// agents away when it ends.
class ShadowExperiment final : public book::BookListener,
                               public std::enable_shared_from_this<ShadowExperiment> {
 public:
  ShadowExperiment(experiment::ExperimentFile file, ExperimentDefinition definition, std::string book,
                   std::unique_ptr<ShadowArm> twin, std::unique_ptr<ShadowArm> candidate);
  ~ShadowExperiment() override;

  /// What it asks of whoever runs it. All are called on its thread.
  struct Ground {
    /// Gets what it says of itself when it begins, once a minute, and when it is over.
    std::function<void(const boost::json::object& body)> keep;
    /// The beginning, by its sequence, is needed no more: it is over, and not only for this host.
    std::function<void(std::uint64_t sequence)> let_go;
    /// It failed, and why. Once.
    std::function<void(const std::string& why)> failed;
    /// Before that: it was to be gone on with, and has not begun. What it said before stays.
    std::function<void(const std::string& why)> not_resumed;
  };
  /// Gets the thread to which the agents belong from here on, in the end too: destroying one may hang. It
  /// waits for stand(). Errors: EXPERIMENT_FAILED.
  base::Problems start_thread(Ground ground);
  /// On the book's thread, between two events: both arms begin here, and hear the book from here on. No agent
  /// of theirs is called here.
  void stand(book::Book& control, live::BookCheckpoints& checkpoints);
  /// The same of one that an earlier host ran: its arms begin where they began then, hear from the journal
  /// what came since, and then the book.
  void stand_again(book::Book& control, live::BookCheckpoints& checkpoints, Beginning beginning);
  /// Waits until the arms have begun there, or nobody has to wait any more. Whether they have, or never will.
  bool wait_until_begun(const std::function<bool()>& given_up) const;
  /// Why they did not.
  base::Problems begin_problems() const;
  /// Hears no more of the book; what was heard is still worked off. On the book's thread.
  void leave(book::Book& control);
  /// Ends it with a reason, the first one counts; results stay. `at_once`: what was heard and not worked off
  /// yet is dropped. [any-thread]
  void end(const std::string& reason, bool at_once = false);
  /// Stops at once with its host, to be gone on with by the next one. [any-thread]
  void suspend();
  /// It cannot go on, at once: an arm, or the thread of it, failed. [any-thread]
  void fail(const std::string& reason);
  /// Somebody has seen that it failed: it is ended, for this reason. [any-thread]
  void settle(const std::string& reason) {
    const std::lock_guard lock(queue_mutex_);
    if (failed_) ended_ = reason + "; it had failed: " + ended_;
    failed_ = false;
  }
  /// Its agents are destroyed. False: it is still at work, or an agent hangs. [any-thread]
  bool wait_until_gone(std::chrono::steady_clock::time_point deadline) const;

  const std::string& name() const { return file_.name; }
  const std::string& book() const { return book_; }
  bool running() const;
  /// One line of the list of experiments. Waits for no agent. [any-thread]
  boost::json::object summary() const;
  /// Comparison, differing decisions, the simulator's bias and the page, with all that was heard until now.
  /// Nothing: the arms did not get to it within `patience`. [any-thread]
  std::optional<boost::json::object> results(
      std::chrono::milliseconds patience = std::chrono::seconds(10)) const;

  // What the book says; passed on at the end of each bar.
  void on_revision(std::uint64_t, const journal::RevisionRecord& revision) override;
  void on_bar(std::uint64_t, const model::Bar& bar) override;
  void on_signal(std::uint64_t, const journal::SignalRecord& signal) override;
  void on_command(std::uint64_t, const journal::CommandRecord& command) override;
  void on_account(std::uint64_t, const journal::AccountRecord& account) override;

 private:
  /// Somebody waits for the results as of a bar.
  struct Question {
    std::uint64_t bars = 0;
    bool answered = false;
    boost::json::object answer;
  };
  void begin_standing(book::Book& control, base::Result<Beginning> beginning, JournalPart missed);
  bool begin_arms();
  std::string why_not_resumed() const;
  bool catch_up();
  void keep(boost::json::object body) const;
  void keep_sometimes();
  void note_book(const Heard& heard);
  /// "running", "catching up", "ended" or "failed"; under the mutex.
  const char* state_name() const;
  void loop();
  void work();
  void answer_questions();
  void take(const Heard& heard);
  boost::json::object describe() const;
  double simulator_bias_bp() const;
  experiment::Comparison judge(const experiment::Series& twin, const experiment::Series& candidate) const;

  const experiment::ExperimentFile file_;
  const std::string book_;
  const ExperimentDefinition definition_;
  Hearing hearing_;         ///< on the book's thread
  bool listening_ = false;  ///< on the book's thread

  mutable std::mutex queue_mutex_;  ///< of all until the next line
  mutable std::condition_variable queue_changed_;
  std::deque<Heard> queue_;
  std::uint64_t bars_heard_ = 0, bars_taken_ = 0;
  mutable std::vector<std::shared_ptr<Question>> questions_;
  enum class Stage { waiting, stood, begun, failed };
  Stage stage_ = Stage::waiting;
  base::Problems begin_problems_;
  std::atomic<bool> closed_{false};  ///< hears no more; read without the mutex too
  bool at_once_ = false, failed_ = false, suspended_ = false, catching_up_ = false;
  bool has_place_ = false;   ///< its beginning is pinned
  bool is_resumed_ = false;  ///< an earlier host ran it
  bool over_ = false;        ///< its thread only destroys the agents yet
  bool gone_ = false;
  std::string ended_;  ///< why; empty while it runs
  boost::json::object last_words_;

  mutable std::mutex numbers_mutex_;  ///< of all until the next line
  experiment::Series twin_equity_, candidate_equity_;
  std::vector<experiment::DecisionDifference> differences_;
  std::uint64_t halted_bars_ = 0;

  Ground ground_;  ///< set before its thread begins
  std::chrono::steady_clock::time_point kept_{};

  // Of its thread, once it has begun.
  std::unique_ptr<ShadowArm> twin_, candidate_;
  Beginning beginning_;  ///< set on the book's thread before it gets there
  JournalPart missed_;   ///< what the journal has of the time since the beginning; as above
  std::vector<model::ExternalSignal> missed_signals_;  ///< of it, of no bar yet
  experiment::Series control_;                         ///< what the book itself was worth
  double still_factor_ = 1;                            ///< as in ShadowArm
  std::uint64_t decisions_ = 0;
  std::map<std::string, std::uint64_t> twin_failures_, candidate_failures_;  ///< by stage
};

}  // namespace cadre::shadow

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
#include "host/model/bar.hpp"
#include "host/shadow/shadow_arm.hpp"

namespace cadre::shadow {

/// One experiment beside a running book: hears what the book takes, and shows it to both arms on a thread of
/// its own. The book never waits for it: an experiment that falls too far behind ends. Nobody else does
/// either: that thread alone calls the agents, keeps the experiment as long as it needs it, and gives the
/// agents away when it ends.
class ShadowExperiment final : public book::BookListener,
                               public std::enable_shared_from_this<ShadowExperiment> {
 public:
  ShadowExperiment(experiment::ExperimentFile file, std::string book, std::unique_ptr<ShadowArm> twin,
                   std::unique_ptr<ShadowArm> candidate);
  ~ShadowExperiment() override;

  /// Gets the thread to which the agents belong from here on, in the end too: destroying one may hang. It
  /// waits for stand(). Errors: EXPERIMENT_FAILED.
  /// `keep` gets what it says of itself when it begins, once a minute, and when it is over. [its thread]
  using Keep = std::function<void(const boost::json::object& body)>;
  base::Problems start_thread(Keep keep);
  /// On the book's thread, between two events: both arms take their places beside it, and hear it from here
  /// on. No agent of theirs is called here.
  void stand(book::Book& control);
  /// Waits until the arms have begun there, or nobody has to wait any more. Whether they have, or never will.
  bool wait_until_begun(const std::function<bool()>& given_up) const;
  /// Why they did not.
  base::Problems begin_problems() const;
  /// Hears no more of the book; what was heard is still worked off. On the book's thread.
  void leave(book::Book& control);
  /// Ends it with a reason, the first one counts; results stay. `at_once`: what was heard and not worked off
  /// yet is dropped. [any-thread]
  void end(const std::string& reason, bool at_once = false);
  /// It cannot go on, at once: an arm, or the thread of it, failed. [any-thread]
  void fail(const std::string& reason);
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
  void on_account(std::uint64_t, const journal::AccountRecord& account) override;

 private:
  /// What the book took until the end of one bar.
  struct Heard {
    std::vector<model::ExternalSignal> before;  ///< between the last bar and this one
    model::Bar bar;
    std::vector<model::ExternalSignal> signals;  ///< known by its close
    double control_equity = 0;
  };
  /// Somebody waits for the results as of a bar.
  struct Question {
    std::uint64_t bars = 0;
    bool answered = false;
    boost::json::object answer;
  };
  bool begin_arms();
  /// "running", "ended" or "failed"; under the mutex.
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
  const std::string since_;
  Heard heard_;             ///< since the last account; on the book's thread
  bool bar_began_ = false;  ///< heard_ has its bar; on the book's thread
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
  bool at_once_ = false, failed_ = false;
  bool over_ = false;  ///< its thread only destroys the agents yet
  bool gone_ = false;
  std::string ended_;  ///< why; empty while it runs
  boost::json::object last_words_;

  mutable std::mutex numbers_mutex_;  ///< of all until the next line
  experiment::Series twin_equity_, candidate_equity_;
  std::vector<experiment::DecisionDifference> differences_;

  Keep keep_;  ///< set before its thread begins
  std::chrono::steady_clock::time_point kept_{};

  // Of its thread, once it has begun.
  std::unique_ptr<ShadowArm> twin_, candidate_;
  journal::CheckpointRecord learned_;  ///< by the control, when the arms took their places
  experiment::Series control_;         ///< what the book itself was worth
  std::uint64_t decisions_ = 0;
  std::map<std::string, std::uint64_t> twin_failures_, candidate_failures_;  ///< by stage
};

}  // namespace cadre::shadow

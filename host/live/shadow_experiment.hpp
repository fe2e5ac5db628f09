#pragma once

#include <boost/json/value.hpp>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "host/live/shadow_arm.hpp"
#include "host/scenario/decision_difference.hpp"
#include "host/scenario/experiment_file.hpp"
#include "host/scenario/listener.hpp"

namespace cadre::live {

/// One experiment beside a running book: hears what the book takes, and shows it to both arms on a thread of
/// its own. The book never waits for it: an experiment that falls too far behind ends.
class ShadowExperiment final : public scenario::BookListener {
 public:
  ShadowExperiment(scenario::ExperimentFile file, std::string book, std::unique_ptr<ShadowArm> twin,
                   std::unique_ptr<ShadowArm> candidate);
  ~ShadowExperiment() override;

  /// On the book's thread, between two events: both arms begin where it stands, and hear it from here on.
  base::Problems begin(scenario::Book& control);
  /// Hears no more of the book; what was heard is still worked off. On the book's thread.
  void leave(scenario::Book& control);
  /// Ends it with a reason, the first one counts; results stay. [any-thread]
  void end(const std::string& reason);

  const std::string& name() const { return file_.name; }
  const std::string& book() const { return book_; }
  bool running() const;
  /// One line of the list of experiments. [any-thread]
  boost::json::object summary() const;
  /// Comparison, differing decisions, the simulator's bias and the page. [any-thread]
  boost::json::object results() const;

  // What the book says; passed on at the end of each bar.
  void on_bar(std::uint64_t, const journal::BarRecord& bar) override;
  void on_signal(std::uint64_t, const journal::SignalRecord& signal) override;
  void on_universe(std::uint64_t, const journal::UniverseRecord& universe) override;
  void on_account(std::uint64_t, const journal::AccountRecord& account) override;

 private:
  using Step = std::function<void(ShadowArm&)>;
  struct Bar {
    std::vector<Step> steps;
    std::int32_t date = 0;
    double control_equity = 0;
  };
  void loop();
  void take(const Bar& bar);
  void compare_decisions(std::int32_t date);
  double simulator_bias_bp() const;

  const scenario::ExperimentFile file_;
  const std::string book_;
  const std::string since_;
  std::vector<Step> heard_;  ///< since the last account; on the book's thread
  bool listening_ = false;   ///< on the book's thread

  mutable std::mutex queue_mutex_;
  mutable std::condition_variable queue_changed_;
  std::deque<Bar> queue_;
  bool closed_ = false;
  std::string ended_;  ///< why; empty while it runs

  mutable std::mutex arms_mutex_;  ///< of all below
  std::unique_ptr<ShadowArm> twin_, candidate_;
  experiment::Series control_;  ///< what the book itself was worth
  std::uint64_t decisions_ = 0;
  std::vector<scenario::DecisionDifference> differences_;

  std::thread thread_;
};

}  // namespace cadre::live

#pragma once

#include <boost/json/array.hpp>
#include <memory>
#include <string>
#include <vector>

#include "host/agent/catalog.hpp"
#include "host/agent/store.hpp"
#include "host/book/book_loop.hpp"
#include "host/book/order_hash.hpp"
#include "host/book/run_recorder.hpp"
#include "host/chain/builder.hpp"
#include "host/experiment/series.hpp"
#include "host/live/book_runner.hpp"
#include "host/model/bar.hpp"
#include "host/model/signal.hpp"
#include "host/report/performance.hpp"

namespace cadre::shadow {

/// One side of a shadow experiment: a book of its own, with a chain and a simulated environment of its own,
/// that sees the inputs of another book. Nothing of it is shared with that book, so nothing it decides can
/// get out.
class ShadowArm {
 public:
  /// What an arm is made of, and beside what.
  struct Ground {
    const agent::Store& store;
    const live::BookRunner& runner;
    bool allow_weak_sandbox = false;
    std::uint64_t probe_timeout_ms = agent::probe_timeout_ms_default;
    bool probes = true;  ///< false: what is new was tried when the experiment began
  };

  /// What the control does not run is tried on a copy of it first (book/probe.hpp), and gets a process of its
  /// own unless its stage says otherwise; the rest runs where it runs in the control. Errors: those of the
  /// configuration, the probe and the agents; EXPERIMENT_NOT_SIMULATED. [control-thread]
  static base::Result<std::unique_ptr<ShadowArm>> build(std::string name,
                                                        std::unique_ptr<config::ScenarioConfig> config,
                                                        const agent::Catalog& catalog, const Ground& ground);

  /// Takes its place beside the control, or where an image has it, under the revision that it ran then; calls
  /// no agent. Where nothing of that book happens meanwhile.
  void stand(const book::Book& control, std::uint64_t revision);
  /// Begins there, with what the agents of the control had learned then. On the thread of the arm. Errors:
  /// STATE_REFUSED, those of activating.
  base::Problems enter(const journal::CheckpointRecord& learned);

  /// A signal that came between two bars.
  void take_signal(const model::ExternalSignal& signal) { book_->take_signal(signal); }
  /// One bar with the signals that were known by its close, through the loop of every book. `stands_still`:
  /// the book was halted; the arm follows the market, decides nothing, and the bar is no period of its
  /// equity.
  void step(const model::Bar& bar, std::span<const model::ExternalSignal> signals, bool stands_still);

  /// Why it cannot go on: its book stopped, or an agent of it is called no more. Empty while it can.
  const std::string& failure() const { return failure_; }
  /// Equity at every close since it began, that of the beginning first; as if the time in which it stood
  /// still had not been.
  const experiment::Series& equity() const { return equity_; }
  /// The decision of the last bar; nullptr: there was none.
  const journal::DecisionRecord* decision() const { return decided_ ? &decision_ : nullptr; }
  const std::vector<std::string>& stages() const { return stages_; }
  report::RunResult result() const;
  std::string order_hash() const { return hash_.hex_so_far(); }
  const book::Book& book() const { return *book_; }
  /// [{stage, id, version, sha256}] of its chain.
  boost::json::array agents() const;

 private:
  ShadowArm() = default;
  void note_equity(bool stands_still);
  /// Runs each stage where the control runs it, and what is new in a process.
  static void place_agents(chain::ChainPlan& plan, const chain::Chain& running, const Ground& ground);

  std::string name_;
  std::unique_ptr<config::ScenarioConfig> config_;
  std::vector<std::string> instruments_;
  std::shared_ptr<chain::Chain> chain_;
  std::unique_ptr<book::Book> book_;
  journal::RevisionRecord revision_;
  std::unique_ptr<book::BookLoop> loop_;
  std::unique_ptr<book::RunRecorder> recorder_;
  book::OrderHash hash_;
  experiment::Series equity_;
  double still_factor_ = 1;  ///< takes the returns of the time in which it stood still out of its equity
  journal::DecisionRecord decision_;
  bool decided_ = false;
  std::string failure_;
  std::vector<std::string> stages_;
};

}  // namespace cadre::shadow

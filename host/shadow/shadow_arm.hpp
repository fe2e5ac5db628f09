#pragma once

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
#include "host/model/bar.hpp"
#include "host/model/signal.hpp"
#include "host/report/performance.hpp"

namespace cadre::shadow {

/// One side of a shadow experiment: a book of its own, with a chain and a simulated environment of its own,
/// that sees the inputs of another book. Nothing of it is shared with that book, so nothing it decides can
/// get out.
class ShadowArm {
 public:
  /// Errors: those of the configuration and the agents; EXPERIMENT_NOT_SIMULATED.
  static base::Result<std::unique_ptr<ShadowArm>> build(std::string name,
                                                        std::unique_ptr<config::ScenarioConfig> config,
                                                        const agent::Catalog& catalog,
                                                        const agent::Store& store,
                                                        std::vector<std::string> data_instruments);

  /// Begins where the control stands. On the control's thread, between two events. Errors: STATE_REFUSED.
  base::Problems begin(const book::Book& control, const journal::CheckpointRecord& learned);

  /// A signal that came between two bars.
  void take_signal(const model::ExternalSignal& signal) { book_->take_signal(signal); }
  /// One bar with the signals that were known by its close, through the loop of every book.
  void step(const model::Bar& bar, std::span<const model::ExternalSignal> signals);

  /// Why it cannot go on; empty while it can.
  const std::string& failure() const { return failure_; }
  /// Equity at every close since it began, that of the beginning first.
  const experiment::Series& equity() const { return equity_; }
  /// The decision of the last bar; nullptr: there was none.
  const journal::DecisionRecord* decision() const { return decided_ ? &decision_ : nullptr; }
  const std::vector<std::string>& stages() const { return stages_; }
  report::RunResult result() const;
  std::string order_hash() const { return hash_.hex_so_far(); }
  const book::Book& book() const { return *book_; }

 private:
  ShadowArm() = default;

  std::string name_;
  std::unique_ptr<config::ScenarioConfig> config_;
  std::vector<std::string> instruments_;
  std::shared_ptr<chain::Chain> chain_;
  std::unique_ptr<book::Book> book_;
  std::unique_ptr<book::BookLoop> loop_;
  std::unique_ptr<book::RunRecorder> recorder_;
  book::OrderHash hash_;
  experiment::Series equity_;
  journal::DecisionRecord decision_;
  bool decided_ = false;
  std::string failure_;
  std::vector<std::string> stages_;
};

}  // namespace cadre::shadow

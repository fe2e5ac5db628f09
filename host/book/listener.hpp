#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/chain/decision.hpp"
#include "host/chain/succession.hpp"
#include "host/execution/order_schedule.hpp"
#include "host/execution/order_tracker.hpp"
#include "host/journal/records.hpp"
#include "host/model/bar.hpp"
#include "host/model/portfolio.hpp"

namespace cadre::book {

/// Hears what happens in a book, in its order: the journal and the report are listeners. Called on the book's
/// thread.
class BookListener {
 public:
  virtual ~BookListener() = default;
  virtual void on_revision(std::uint64_t /*sequence*/, const journal::RevisionRecord&) {}
  virtual void on_universe(std::uint64_t /*sequence*/, const journal::UniverseRecord&) {}
  virtual void on_bar(std::uint64_t /*sequence*/, const model::Bar&) {}
  virtual void on_signal(std::uint64_t /*sequence*/, const journal::SignalRecord&) {}
  virtual void on_report(std::uint64_t /*sequence*/, const cadre_execution_report&) {}
  /// An agent could not take in the event.
  virtual void on_observe_failure(std::uint64_t /*sequence*/, const chain::ObserveFailure&) {}
  virtual void on_timer(std::uint64_t /*sequence*/, const journal::TimerRecord&) {}
  /// A view began to be followed, in the decision before; and what became of one.
  virtual void on_view(std::uint64_t /*sequence*/, const journal::ViewRecord&) {}
  virtual void on_outcome(std::uint64_t /*sequence*/, const journal::OutcomeRecord&) {}
  virtual void on_decision(std::uint64_t /*sequence*/, const chain::Decision&) {}
  virtual void on_order(std::uint64_t /*sequence*/, const chain::DecidedOrder&) {}
  virtual void on_order_request(std::uint64_t /*sequence*/, const execution::OrderRequest&) {}
  /// As it stands from here on; without slices it has ended.
  virtual void on_parent_order(std::uint64_t /*sequence*/, const execution::ParentOrder&) {}
  /// A report that contradicts its order, and changed nothing.
  virtual void on_report_ignored(const cadre_execution_report&) {}
  virtual void on_command(std::uint64_t /*sequence*/, const journal::CommandRecord&) {}
  virtual void on_checkpoint(std::uint64_t /*sequence*/, const journal::CheckpointRecord&) {}
  /// Orders are about to leave: whoever keeps them makes them durable now. False: it could not, and nothing
  /// may leave.
  virtual bool on_sending(std::uint64_t /*sequence*/) { return true; }
  virtual void on_account(std::uint64_t /*sequence*/, const journal::AccountRecord&) {}
};

}  // namespace cadre::book

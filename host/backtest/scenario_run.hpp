#pragma once

#include <functional>

#include "host/book/book_loop.hpp"
#include "host/book/dated_changes.hpp"

namespace cadre::backtest {

/// A book that goes through a source from its first bar to its last, with the changes its plan dates: a
/// backtest, a benchmark, a replay.
class ScenarioRun {
 public:
  /// All of them have to outlive it.
  ScenarioRun(const config::ScenarioConfig& config, book::RevisionPlan& revisions, const agent::Store& store,
              book::MarketSource& source)
      : source_(source),
        book_(config, source.instruments(), source.expected_bars()),
        changes_(book_, revisions, store),
        loop_(book_, config) {}

  book::Book& book() { return book_; }
  const book::Book& book() const { return book_; }
  const book::DatedChanges& changes() const { return changes_; }

  /// Builds the chains; listeners have to be there already. Errors: those of DatedChanges::start.
  base::Problems start() { return changes_.start(); }
  /// Runs to the end of the source. `progress` is told the number of bars done; may be empty. Errors: those
  /// of the loop and of the changes; INVARIANT_BROKEN.
  base::Problems run(const std::function<void(std::size_t)>& progress);
  /// Dated changes of the chain and of the universe that the source ended before.
  std::size_t changes_left() const { return changes_.left() + loop_.universes_left(); }

 private:
  book::MarketSource& source_;
  book::Book book_;
  book::DatedChanges changes_;
  book::BookLoop loop_;
};

}  // namespace cadre::backtest

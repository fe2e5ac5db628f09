#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "host/book/book.hpp"
#include "host/book/market_source.hpp"
#include "host/journal/journal.hpp"

namespace cadre::book {

/// The one loop: bars in, decisions out, whoever feeds it: a backtest, a running host, an arm of a shadow
/// experiment, a replay; and recovery, which retells events one by one and decides nothing. [decision-thread]
class BookLoop {
 public:
  /// Both have to outlive it. `config`: of the book, for the dates on which its universe changes; the book
  /// has been through those up to its date.
  BookLoop(Book& book, const config::ScenarioConfig& config);

  /// What a driver does between two bars: dated changes, progress, a checkpoint. Errors end the run.
  using BetweenBars = std::function<base::Problems(std::int32_t date)>;

  /// Runs to the end of the source. Errors: those of step() and of `between_bars`.
  base::Problems run(MarketSource& source, const BetweenBars& between_bars);
  /// One bar with the signals that were known by its close. Errors: ENVIRONMENT_FAILED, BOOK_OVERFLOW; the
  /// book cannot go on then.
  base::Problems step(const model::Bar& bar, std::span<const model::ExternalSignal> signals);
  /// The decision of the last step; null when there was none.
  const chain::Decision* decision() const { return decision_; }

  enum class Retold { applied, not_an_input, unreadable };
  /// One event as a journal tells it.
  Retold retell(const journal::Record& record);

  /// Dated changes of the universe that no bar has come to yet.
  std::size_t universes_left() const { return config_.universe.size() - next_universe_; }

 private:
  /// Why the book cannot go on.
  base::Problems failure(std::int32_t date) const;
  void skip_universes_until(std::int32_t date);
  void change_universe(std::int32_t date);

  Book& book_;
  const config::ScenarioConfig& config_;
  std::size_t next_universe_ = 0;
  const chain::Decision* decision_ = nullptr;
};

}  // namespace cadre::book

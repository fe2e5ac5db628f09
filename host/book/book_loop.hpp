#pragma once

#include <cstddef>
#include <functional>
#include <optional>
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

  /// Tells agents of the timers that are due by then, as the clock says: those that are due by the next bar
  /// come before it by themselves.
  void take_timers(std::int64_t now_ns) { book_.take_timers(now_ns); }
  /// When the clock should say so: the due time of the earliest timer, when the newest bar is of these days.
  /// With older data the time of the data is the clock: nothing.
  std::optional<std::int64_t> clock_due_ns(std::int64_t now_ns) const;

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

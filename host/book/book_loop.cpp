#include "host/book/book_loop.hpp"

#include "host/base/date.hpp"
#include "host/journal/signal_record.hpp"

namespace cadre::book {

BookLoop::BookLoop(Book& book, const config::ScenarioConfig& config) : book_(book), config_(config) {
  skip_universes_until(book_.ledger().date());
}

base::Problems BookLoop::run(MarketSource& source, const BetweenBars& between_bars) {
  model::Bar bar;
  std::vector<model::ExternalSignal> signals;
  while (source.next(bar, signals)) {
    base::Problems problems = step(bar, signals);
    if (!problems.has_errors() && between_bars) problems = between_bars(bar.date);
    if (problems.has_errors()) return problems;
  }
  return {};
}

base::Problems BookLoop::step(const model::Bar& bar, std::span<const model::ExternalSignal> signals) {
  decision_ = nullptr;
  book_.take_timers(bar.time_ns);                       // what was due before it
  cancel_in_windows(book_, bar.time_ns - 1, bar.date);  // what may not be filled in it: it ends at its time
  book_.take_bar(bar);                                  // marks, history; every agent observes
  book_.take_fills();                                   // what the environment made of it
  compare_with_venue(book_);                            // whether it holds what the book does
  base::Problems problems = failure(bar.date);
  if (problems.has_errors()) return problems;
  change_universe(bar.date);  // what is due by this date
  for (const model::ExternalSignal& signal : signals)
    book_.take_signal(signal);
  decision_ = book_.decide();  // the chain, the gate, the environment
  const bool has_asked = decision_ != nullptr && !decision_->requests.empty();
  if (has_asked || !book_.ledger().schedule().empty()) {
    book_.take_fills();    // what became of what the decision asked for
    release_parts(book_);  // of orders that are sent in parts or had to wait
  }
  problems = failure(bar.date);
  if (problems.has_errors()) return problems;
  book_.close_bar();  // where the book stands
  return problems;
}

std::optional<std::int64_t> BookLoop::clock_due_ns(std::int64_t now_ns) const {
  constexpr std::int64_t these_days_ns = 7ll * 24 * 3600 * 1'000'000'000;
  if (book_.timers_.armed().empty() || now_ns - book_.ledger_.time_ns() > these_days_ns) return std::nullopt;
  return book_.timers_.earliest_ns();
}

void BookLoop::skip_universes_until(std::int32_t date) {
  while (next_universe_ < config_.universe.size() && config_.universe[next_universe_].from <= date)
    ++next_universe_;
}

/// Several changes that are due at once are one: the last.
void BookLoop::change_universe(std::int32_t date) {
  const std::size_t first = next_universe_;
  skip_universes_until(date);
  if (next_universe_ != first) book_.change_universe(config_.universe[next_universe_ - 1].instruments);
}

BookLoop::Retold BookLoop::retell(const journal::Record& record) {
  base::Decoder from(record.payload);
  switch (record.type) {
    case journal::RecordType::bar: {
      model::Bar bar;
      if (!journal::decode(from, bar, record.format)) return Retold::unreadable;
      book_.take_bar(bar);
      skip_universes_until(bar.date);  // the journal tells what they were
      return Retold::applied;
    }
    case journal::RecordType::signal: {
      journal::SignalRecord signal;
      if (!decode(from, signal, record.format)) return Retold::unreadable;
      book_.take_signal(journal::signal_of(signal));
      return Retold::applied;
    }
    case journal::RecordType::universe: {
      journal::UniverseRecord universe;
      if (!decode(from, universe, record.format)) return Retold::unreadable;
      book_.change_universe(universe.instruments);
      return Retold::applied;
    }
    case journal::RecordType::timer: {
      journal::TimerRecord timer;
      if (!decode(from, timer, record.format)) return Retold::unreadable;
      book_.ledger_.begin_event();
      book_.timers_.retell(timer);
      book_.tell_alone(timer);
      return Retold::applied;
    }
    case journal::RecordType::view: {
      journal::ViewRecord view;
      if (!decode(from, view, record.format)) return Retold::unreadable;
      book_.views_.retell(book_.ledger_, view);
      return Retold::applied;
    }
    case journal::RecordType::command:
    case journal::RecordType::revision:
      recover_sequence(book_.ledger_, record.sequence);
      return Retold::applied;
    default:
      return Retold::not_an_input;
  }
}

base::Problems BookLoop::failure(std::int32_t date) const {
  base::Problems problems;
  const std::string& reason = book_.environment_.failure_reason();
  if (book_.environment_.failed())
    problems.error("ENVIRONMENT_FAILED", config_.document.place("/execution_environment"),
                   "the execution environment cannot follow the market: at " + base::format_date(date) +
                       " it answered " + agent::status_name(book_.environment_.failure()) +
                       (reason.empty() ? "" : ": " + reason),
                   reason.empty() ? "what it logged may say why" : "");
  else if (!book_.ledger().stopped().empty())
    problems.error("BOOK_OVERFLOW", config_.document.place("/book"),
                   "on " + base::format_date(date) + " " + book_.ledger().stopped(),
                   "look at the prices of that day, or use a larger unit of currency");
  return problems;
}

}  // namespace cadre::book

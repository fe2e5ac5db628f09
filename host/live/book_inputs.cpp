// How inputs come into a book from other threads.

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>

#include "host/base/date.hpp"
#include "host/base/log.hpp"
#include "host/base/text.hpp"
#include "host/book/agent_restart.hpp"
#include "host/config/market_data.hpp"
#include "host/live/book_runner.hpp"
#include "host/live/order_notices.hpp"
#include "host/market/posted_bars.hpp"
#include "host/model/bar.hpp"
#include "host/model/signal.hpp"

namespace cadre::live {

Answer BookRunner::lost() const {
  base::Problems problems = why_stopped();
  if (problems.empty())
    problems.error("INPUT_LOST", {}, "the book ended before this was durable",
                   "send it again once the host is ready");
  return {Outcome::stopping, {}, problems};
}

Answer BookRunner::full(std::size_t taken, std::size_t offered, boost::json::object body) {
  metrics_.input_refused(metrics::Refused::full).add(offered - taken);
  base::Problems problems;
  problems.error("QUEUE_FULL", {},
                 "the queue of " + id_ + " has room for " + std::to_string(queue_.capacity()) + ": " +
                     std::to_string(taken) + " of " + std::to_string(offered) + " were taken",
                 "send the rest again a little later");
  return {Outcome::full, std::move(body), problems};
}

Answer BookRunner::wait_for(const Offer& offer) {
  for (std::size_t i = offer.taken; i < offer.offered; ++i)
    offer.ticket->skip();
  if (offer.before != nullptr && !offer.before->wait(pulse_)) return lost();
  if (!offer.ticket->wait(pulse_)) return lost();
  const base::Problems refused = offer.ticket->refused();
  const std::size_t taken = refused.has_errors() ? offer.ticket->taken() : offer.taken;
  boost::json::object body{{"accepted", taken}};
  if (offer.duplicates != 0) body["duplicates"] = offer.duplicates;
  if (offer.outside != 0) body["outside_session"] = offer.outside;
  if (offer.rows != 0) body["rows"] = offer.rows;
  if (offer.rows != 0) body["bar_is_open"] = offer.is_open;
  if (taken != 0) {
    body["first_sequence"] = offer.ticket->first_sequence();
    body["last_sequence"] = offer.ticket->last_sequence();
  }
  if (refused.has_errors()) {
    metrics_.input_refused(metrics::Refused::invalid).add(offer.offered - taken);
    return {Outcome::invalid, std::move(body), refused};
  }
  if (taken == offer.offered) return {Outcome::accepted, std::move(body), {}};
  return full(taken, offer.offered, std::move(body));
}

Answer BookRunner::offer_bars(std::span<const std::string> texts) {
  // Nobody waits for a book that does not come back, and the queue of one that has stopped is closed.
  if (why_stopped().has_errors()) return lost();
  std::unique_lock lock(door_.mutex);
  auto posted =
      market::read_bars(texts, door_.shape, door_.bars, base::date_of_time(base::now_ns()), door_.open);
  if (!posted) {
    lock.unlock();
    metrics_.input_refused(metrics::Refused::invalid).add(texts.size());
    notice_refused(posted.problems());
    return {Outcome::invalid, {}, posted.problems()};
  }
  // Rows that complete a bar which finds no room would be late when they come again.
  if (posted->rows != 0 && posted->bars.size() > queue_.room()) return full(0, texts.size(), {});
  Offer offer{posted->bars.size(),
              0,
              posted->duplicates,
              posted->outside,
              posted->rows,
              posted->open.is_open(),
              std::make_shared<Ticket>(posted->bars.size()),
              {}};
  // What is said again may still be on its way into the journal.
  if (offer.duplicates != 0) offer.before = door_.newest_bar;
  const auto taken = push_bars(*posted, offer.ticket);
  if (!taken) return lost();
  offer.taken = *taken;
  lock.unlock();
  return wait_for(offer);
}

/// Into the queue, and what the door has to know of them; how many found room. Nothing: the book takes none.
std::optional<std::size_t> BookRunner::push_bars(market::PostedBars& posted,
                                                 const std::shared_ptr<Ticket>& ticket) {
  std::vector<market::TakenBars::Mark> marks;
  std::vector<Input> inputs;
  for (std::size_t i = 0; i < posted.bars.size(); ++i) {
    const std::string suspect = market::moves_text(posted.moves[i], instruments_);
    const bool halts = !suspect.empty() && door_.shape.on_suspect_move == market::MovePolicy::halt;
    marks.push_back(market::TakenBars::mark_of(posted.bars[i]));
    marks.back().moves = std::move(posted.moves[i]);
    inputs.push_back({BarInput{std::move(posted.bars[i]), {}, suspect, halts}, ticket});
  }
  const auto taken = queue_.push(std::move(inputs));
  if (!taken) return std::nullopt;
  for (std::size_t i = 0; i < *taken; ++i)
    door_.bars.add(std::move(marks[i]));
  if (*taken != 0) {
    door_.newest_bar = ticket;
    notice({market::moves_text(door_.bars.moves(), instruments_)});
  }
  const bool is_another = posted.open.bar.time_ns != door_.open.bar.time_ns;
  door_.open = std::move(posted.open);
  if (is_another && door_.open.is_open()) {
    door_.open_since_ns = base::now_ns();
    // The book's thread waits for no longer than this bar may take.
    if (config_->data.prices.bar_grace_seconds) (void)queue_.push_work([] {});
  }
  return taken;
}

/// When the bar whose rows are coming is complete without the rest; nothing: no such time is set.
std::optional<std::int64_t> BookRunner::grace_due_ns() {
  const auto& grace_seconds = config_->data.prices.bar_grace_seconds;
  if (!grace_seconds) return std::nullopt;
  const std::lock_guard lock(door_.mutex);
  if (!door_.open.is_open()) return std::nullopt;
  return door_.open_since_ns + std::llround(*grace_seconds * 1e9);
}

/// Puts the bar whose time is over into the queue. One that finds no room is tried again.
void BookRunner::end_grace() {
  const auto due_ns = grace_due_ns();
  if (!due_ns || *due_ns > base::now_ns()) return;
  const std::lock_guard lock(door_.mutex);
  if (!door_.open.is_open() || queue_.room() == 0) return;
  market::PostedBars complete;
  const std::vector<std::uint8_t> confirmed = door_.open.confirmed;
  complete.bars.push_back(door_.open.finish(model::Completion::grace_ended));
  complete.moves.push_back(
      market::find_moves(door_.bars.closes_e9(), complete.bars[0], door_.bars.suspect_move()));
  std::erase_if(complete.moves[0], [&](const auto& move) { return confirmed[move.instrument] != 0; });
  (void)push_bars(complete, std::make_shared<Ticket>(1));
}

Answer BookRunner::offer_signals(std::span<const std::string> texts) {
  if (why_stopped().has_errors()) return lost();
  std::unique_lock lock(door_.mutex);
  auto signals = market::read_posted_signals(texts, instruments_, door_.bars.newest(),
                                             base::date_of_time(base::now_ns()));
  base::Problems problems = signals.problems();
  const bool is_invalid = problems.has_errors();
  std::vector<std::size_t> places;  // of the new ones
  for (std::size_t i = 0; signals && i < signals->size(); ++i) {
    const market::SignalIds::Known known = door_.signal_ids.find((*signals)[i]);
    if (known == market::SignalIds::Known::new_one) places.push_back(i);
    if (known == market::SignalIds::Known::other)
      problems.error(
          "SIGNAL_ID_TAKEN", base::Place::of("signals"),
          "the id " + base::quote((*signals)[i].id) + " is that of another signal that the book took",
          "give each signal an id of its own; one that is said again has the same content");
  }
  if (problems.has_errors()) {
    metrics_.input_refused(metrics::Refused::invalid).add(texts.size());
    return {is_invalid ? Outcome::invalid : Outcome::conflict, {}, problems};
  }
  const auto ticket = std::make_shared<Ticket>(places.size());
  // What is said again may still be on its way into the journal.
  const std::shared_ptr<Ticket> before = places.size() < signals->size() ? door_.newest_signal : nullptr;
  std::vector<Input> inputs;
  inputs.reserve(places.size());
  for (const std::size_t place : places)
    inputs.push_back({(*signals)[place], ticket});
  const auto taken = queue_.push(std::move(inputs));
  if (!taken) return lost();
  for (std::size_t i = 0; i < *taken; ++i)
    door_.signal_ids.add((*signals)[places[i]], 0);
  if (*taken != 0) door_.newest_signal = ticket;
  lock.unlock();
  return wait_for_signals(*signals, places, *taken, ticket, before);
}

/// `places`: of those that were new; the first `taken` of them found room. A signal that is said again is
/// answered as it was the first time.
Answer BookRunner::wait_for_signals(std::span<const model::ExternalSignal> signals,
                                    const std::vector<std::size_t>& places, std::size_t taken,
                                    const std::shared_ptr<Ticket>& ticket,
                                    const std::shared_ptr<Ticket>& before) {
  for (std::size_t i = taken; i < places.size(); ++i)
    ticket->skip();
  if (before != nullptr && !before->wait(pulse_)) return lost();
  if (!places.empty() && !ticket->wait(pulse_)) return lost();
  const std::size_t accepted = taken < places.size() ? places[taken] : signals.size();
  std::uint64_t first = ticket->first_sequence(), last = ticket->last_sequence();
  {
    const std::lock_guard lock(door_.mutex);
    for (const model::ExternalSignal& signal : signals.first(accepted)) {
      const std::uint64_t sequence = signal.id.empty() ? 0 : door_.signal_ids.sequence_of(signal.id);
      if (sequence == 0) continue;
      first = first == 0 ? sequence : std::min(first, sequence);
      last = std::max(last, sequence);
    }
  }
  boost::json::object body{{"accepted", accepted}};
  if (const std::size_t repeated = accepted - taken; repeated != 0) body["repeated"] = repeated;
  if (accepted != 0) {
    body["first_sequence"] = first;
    body["last_sequence"] = last;
  }
  if (accepted == signals.size()) return {Outcome::accepted, std::move(body), {}};
  return full(accepted, signals.size(), std::move(body));
}

bool BookRunner::feed(BarInput bar, const std::function<bool()>& goes_on) {
  const auto ticket = std::make_shared<Ticket>(1);
  {
    const std::lock_guard lock(door_.mutex);
    if (!door_.bars.is_newer(bar.bar.time_ns)) return true;
    door_.bars.add(bar.bar);
    door_.newest_bar = ticket;
  }
  Input input{std::move(bar), ticket};
  while (!queue_.push_waiting(input, pulse_)) {
    if (!queue_.takes_inputs() || !goes_on()) return false;
  }
  return true;
}

/// Where the newest revision and the journal have left it. Before anyone is let in.
void BookRunner::prepare_door() {
  door_.shape = config::bar_shape(config_->data, instruments_);
  door_.bars.watch_moves(config_->data.prices.suspect_move);
  follow_chain();
  notice({market::moves_text(door_.bars.moves(), instruments_)});
}

/// What the agents of the chain ask of every bar.
void BookRunner::follow_chain() {
  std::vector<market::IntradayNeed> needs;
  book_->chain().each_stage([&](const chain::Stage& stage) {
    const auto settings = boost::json::parse(stage.agent->spec().config);
    for (market::IntradayNeed& need :
         config::intraday_needs(stage.agent->declaration().config_schema, settings, stage.name))
      needs.push_back(std::move(need));
  });
  const std::lock_guard lock(door_.mutex);
  door_.shape.needs = std::move(needs);
}

void follow_host(BookRunner& book, const config::HostConfig& host) {
  book.queue_.set_capacity(host.queue.capacity);
  for (const config::BookConfig& each : host.books) {
    if (each.scenario.book.id != book.id_) continue;
    book.long_wait_sessions_ = each.scenario.book.long_wait_sessions.value_or(long_wait_sessions);
    const std::lock_guard lock(book.door_.mutex);
    book.door_.shape.on_suspect_move = each.scenario.data.prices.on_suspect_move;
  }
}

/// On the book's thread, before a bar is taken. False: the book cannot use it, or one before it that came
/// with it; it stays as it was, and the right bar of that time is welcome.
bool BookRunner::takes(Input& input) {
  const BarInput& offered = std::get<BarInput>(input.what);
  const bool follows_refused = input.ticket != nullptr && input.ticket->refused().has_errors();
  const std::string overflow =
      follows_refused ? std::string() : book::why_not_marked(book_->ledger(), offered.bar);
  if (!follows_refused && overflow.empty()) {
    watch_gap(offered.bar);
    tell_moves(offered);
    if (stopped_.empty()) return true;
    if (input.ticket != nullptr) input.ticket->lost();
    return false;
  }
  {
    const std::lock_guard lock(door_.mutex);
    door_.bars.forget(offered.bar, book_->ledger().last_bar());
  }
  if (follows_refused) {
    input.ticket->skip();
    return false;
  }
  const std::string date = base::format_date(offered.bar.date);
  feed_.say("bar_refused", {{"book", id_}, {"date", date}, {"why", overflow}});
  if (input.ticket != nullptr)
    input.ticket->refuse({base::Severity::error, "BAR_OVERFLOW", base::Place::of("bars"),
                          "the bar of " + date + " is not taken: at its prices " + overflow,
                          "are its prices right? The right bar of that date is welcome"});
  return false;
}

/// Tells of a bar whose prices look wrong, and halts the book before it takes it where that is asked for.
void BookRunner::tell_moves(const BarInput& input) {
  if (input.suspect_moves.empty()) return;
  say_move(input.suspect_moves, input.halts ? "halt" : "take");
  if (!input.halts) return;
  halts_.order_halt(input.suspect_moves);
  take_halts();
}

void BookRunner::note_sequence(const model::ExternalSignal& signal) {
  if (signal.id.empty()) return;
  const std::lock_guard lock(door_.mutex);
  door_.signal_ids.became(signal.id, book_->ledger().sequence());
}

void BookRunner::notice(const SuspectNotice& notice) {
  const std::lock_guard lock(snapshot_mutex_);
  notice_ = notice;
}

/// Bars that were refused for their moves are told as those that were taken are.
void BookRunner::notice_refused(const base::Problems& problems) {
  std::vector<std::string> moves;
  for (const base::Problem& problem : problems) {
    if (problem.code == "BAR_SUSPECT_MOVE") moves.push_back(problem.message);
  }
  if (moves.empty()) return;
  constexpr std::size_t shown = 3;
  const std::size_t more = moves.size() > shown ? moves.size() - shown : 0;
  moves.resize(moves.size() - more);
  std::string text = base::join(moves, "; ");
  if (more != 0) text += "; and " + std::to_string(more) + " more";
  notice({text, true});
  say_move(text, "refuse");
}

void BookRunner::say_move(const std::string& moves, const char* action) {
  base::log_event(base::LogLevel::warn, "suspect_move",
                  {{"book", id_}, {"moves", moves}, {"action", action}});
  feed_.say("suspect_move", {{"book", id_}, {"moves", moves}, {"action", action}});
}

/// A book takes no bar of a day before its last: days that lack are told with the bar behind them.
void BookRunner::watch_gap(const model::Bar& bar) {
  constexpr std::int64_t days_most = 10;  // the longest that exchanges close for holidays
  constexpr int bars_told = 5;
  const std::int32_t before = book_->ledger().date();
  if (before == 0) return;
  const std::int64_t days = base::days_since_epoch(bar.date) - base::days_since_epoch(before);
  if (days <= days_most) {
    if (++gap_.bars_since >= bars_told) gap_ = {};
    return;
  }
  gap_ = {base::join({"no bar between ", base::format_date(before), " and ", base::format_date(bar.date),
                      ", ", std::to_string(days), " days"},
                     ""),
          0};
  base::log_event(base::LogLevel::warn, "bar_gap", {{"book", id_}, {"gap", gap_.text}});
  feed_.say("bar_gap", {{"book", id_}, {"gap", gap_.text}});
}

void BookRunner::take_command(const journal::CommandRecord& command, std::shared_ptr<Ticket> ticket) {
  book_->take_command(command);
  // With what the instance knows that was made again.
  if (command.kind == book::agent_restarted) checkpoints_.take();
  if (ticket != nullptr)
    keeper_->took(std::move(ticket), book_->ledger().sequence());
  else if (!keeper_->commit())
    stop_at_journal();
  publish();
}

}  // namespace cadre::live

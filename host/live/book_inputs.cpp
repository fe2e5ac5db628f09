// How inputs come into a book from other threads.

#include <boost/json.hpp>

#include "host/base/date.hpp"
#include "host/book/agent_restart.hpp"
#include "host/config/market_data.hpp"
#include "host/live/book_runner.hpp"
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

Answer BookRunner::wait_for(const Offer& offer) {
  for (std::size_t i = offer.taken; i < offer.offered; ++i)
    offer.ticket->skip();
  if (offer.before != nullptr && !offer.before->wait(pulse_)) return lost();
  if (!offer.ticket->wait(pulse_)) return lost();
  boost::json::object body{{"accepted", offer.taken}};
  if (offer.duplicates != 0) body["duplicates"] = offer.duplicates;
  if (offer.taken != 0) {
    body["first_sequence"] = offer.ticket->first_sequence();
    body["last_sequence"] = offer.ticket->last_sequence();
  }
  if (offer.taken == offer.offered) return {Outcome::accepted, std::move(body), {}};
  metrics_.input_refused(metrics::Refused::full).add(offer.offered - offer.taken);
  base::Problems problems;
  problems.error("QUEUE_FULL", {},
                 "the queue of " + id_ + " has room for " + std::to_string(queue_.capacity()) + ": " +
                     std::to_string(offer.taken) + " of " + std::to_string(offer.offered) + " were taken",
                 "send the rest again a little later");
  return {Outcome::full, std::move(body), problems};
}

Answer BookRunner::offer_bars(std::span<const std::string> texts) {
  if (pulse_.is_stuck()) return lost();  // nobody waits for it, and its queue is not filled up
  std::unique_lock lock(offer_mutex_);
  auto posted = market::read_bars(texts, config::bar_shape(config_->data, instruments_), bars_,
                                  base::date_of_time(base::now_ns()));
  if (!posted) {
    metrics_.input_refused(metrics::Refused::invalid).add(texts.size());
    return {Outcome::invalid, {}, posted.problems()};
  }
  Offer offer{posted->bars.size(), 0, posted->duplicates, std::make_shared<Ticket>(posted->bars.size()), {}};
  // What is said again may still be on its way into the journal.
  if (offer.duplicates != 0) offer.before = newest_bar_;
  std::vector<market::TakenBars::Mark> marks;
  std::vector<Input> inputs;
  for (model::Bar& bar : posted->bars) {
    marks.push_back(market::TakenBars::mark_of(bar));
    inputs.push_back({BarInput{std::move(bar), {}}, offer.ticket});
  }
  const auto taken = queue_.push(std::move(inputs));
  if (!taken) return lost();
  offer.taken = *taken;
  for (std::size_t i = 0; i < offer.taken; ++i)
    bars_.add(marks[i]);
  if (offer.taken != 0) newest_bar_ = offer.ticket;
  lock.unlock();
  return wait_for(offer);
}

Answer BookRunner::offer_signals(std::span<const std::string> texts) {
  if (pulse_.is_stuck()) return lost();
  auto signals = market::read_posted_signals(texts, instruments_);
  if (!signals) {
    metrics_.input_refused(metrics::Refused::invalid).add(texts.size());
    return {Outcome::invalid, {}, signals.problems()};
  }
  const auto ticket = std::make_shared<Ticket>(signals->size());
  std::vector<Input> inputs;
  for (model::ExternalSignal& signal : *signals)
    inputs.push_back({std::move(signal), ticket});
  const std::size_t offered = inputs.size();
  const auto taken = queue_.push(std::move(inputs));
  if (!taken) return lost();
  return wait_for({offered, *taken, 0, ticket, {}});
}

bool BookRunner::feed(BarInput bar, const std::function<bool()>& goes_on) {
  const auto ticket = std::make_shared<Ticket>(1);
  {
    const std::lock_guard lock(offer_mutex_);
    if (bar.bar.date <= bars_.newest()) return true;
    bars_.add(bar.bar);
    newest_bar_ = ticket;
  }
  Input input{std::move(bar), ticket};
  while (!queue_.push_waiting(input, pulse_)) {
    if (!queue_.takes_inputs() || !goes_on()) return false;
  }
  return true;
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

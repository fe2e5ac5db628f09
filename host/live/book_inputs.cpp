// How inputs come into a book from other threads.

#include <boost/json.hpp>

#include "host/live/book_runner.hpp"
#include "host/live/inputs.hpp"

namespace cadre::live {

Answer BookRunner::wait_for(std::size_t taken, std::size_t offered, const std::shared_ptr<Ticket>& ticket) {
  for (std::size_t i = taken; i < offered; ++i)
    ticket->skip();
  boost::json::object body{{"accepted", taken}};
  if (!ticket->wait()) {
    base::Problems problems;
    problems.error("INPUT_LOST", {"", 0, 0, ""},
                   "the book ended or its journal failed before this was durable",
                   "send it again once the host is ready");
    return {Outcome::stopping, {}, problems};
  }
  if (taken != 0) {
    body["first_sequence"] = ticket->first_sequence();
    body["last_sequence"] = ticket->last_sequence();
  }
  if (taken == offered) return {Outcome::accepted, std::move(body), {}};
  metrics_.input_refused(metrics::Refused::full).add(offered - taken);
  base::Problems problems;
  problems.error("QUEUE_FULL", {"", 0, 0, ""},
                 "the queue of " + id_ + " has room for " + std::to_string(queue_.capacity()) + ": " +
                     std::to_string(taken) + " of " + std::to_string(offered) + " were taken",
                 "send the rest again a little later");
  return {Outcome::full, std::move(body), problems};
}

Answer BookRunner::offer_bars(std::span<const std::string> texts) {
  const auto ticket = std::make_shared<Ticket>(texts.size());
  std::vector<Input> inputs;
  std::unique_lock lock(offer_mutex_);
  auto bars = read_bars(texts, instruments_, config_->data, newest_date_);
  if (!bars) {
    metrics_.input_refused(metrics::Refused::invalid).add(texts.size());
    return {Outcome::invalid, {}, bars.problems()};
  }
  std::vector<std::int32_t> dates;
  for (journal::BarRecord& bar : *bars) {
    dates.push_back(bar.date);
    inputs.push_back({BarInput{std::move(bar), {}}, ticket});
  }
  const std::size_t taken = queue_.push(std::move(inputs));
  if (taken != 0) newest_date_ = dates[taken - 1];
  lock.unlock();
  return wait_for(taken, dates.size(), ticket);
}

Answer BookRunner::offer_signals(std::span<const std::string> texts) {
  auto signals = read_posted_signals(texts, instruments_);
  if (!signals) {
    metrics_.input_refused(metrics::Refused::invalid).add(texts.size());
    return {Outcome::invalid, {}, signals.problems()};
  }
  const auto ticket = std::make_shared<Ticket>(signals->size());
  std::vector<Input> inputs;
  for (market::ExternalSignal& signal : *signals)
    inputs.push_back({std::move(signal), ticket});
  const std::size_t offered = inputs.size();
  const std::size_t taken = queue_.push(std::move(inputs));
  return wait_for(taken, offered, ticket);
}

bool BookRunner::feed(BarInput bar) {
  {
    const std::lock_guard lock(offer_mutex_);
    if (bar.bar.date <= newest_date_) return true;
    newest_date_ = bar.bar.date;
  }
  return queue_.push_waiting({std::move(bar), nullptr});
}

}  // namespace cadre::live

#include "host/control/deadline_watch.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "host/base/log.hpp"

namespace cadre::control {

namespace {

constexpr std::chrono::microseconds look_interval_least{1000};
constexpr std::chrono::microseconds look_interval_most{100'000};
constexpr int looks_within_deadline = 4;

std::chrono::microseconds interval_for(std::uint32_t shortest_deadline_us) {
  if (shortest_deadline_us == 0) return look_interval_most;
  return std::clamp(std::chrono::microseconds(shortest_deadline_us / looks_within_deadline),
                    look_interval_least, look_interval_most);
}

}  // namespace

DeadlineWatch::DeadlineWatch(const agent::FlightRecorder& recorder, const live::BookList& books,
                             live::EventFeed& feed, metrics::Metrics& metrics)
    : recorder_(recorder), books_(books), feed_(feed), metrics_(metrics), thread_([this] { run(); }) {}

DeadlineWatch::~DeadlineWatch() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void DeadlineWatch::run() {
  std::unique_lock lock(mutex_);
  Clock::time_point asked{};
  std::chrono::microseconds interval = look_interval_most;
  while (!changed_.wait_for(lock, interval, [&] { return ends_; })) {
    look();
    // Agents come and go with revisions.
    if (const Clock::time_point now = Clock::now(); now - asked >= look_interval_most) {
      interval = interval_for(recorder_.shortest_deadline_us());
      asked = now;
    }
  }
}

void DeadlineWatch::look() {
  const Clock::time_point now = Clock::now();
  std::array<agent::FlightRecorder::Timed, agent::FlightRecorder::slots_most> seen;
  recorder_.look_at_deadlines(seen);
  for (std::size_t slot = 0; slot < seen.size(); ++slot) {
    Call& call = calls_[slot];
    if (seen[slot].serial != call.serial) {
      call = {seen[slot].serial, now, false};
      continue;
    }
    const Clock::duration lasted = now - call.first_seen;
    if (call.serial == 0 || call.is_told || lasted <= std::chrono::microseconds(seen[slot].deadline_us))
      continue;
    call.is_told = true;
    tell(slot, call, lasted);
  }
}

void DeadlineWatch::tell(std::size_t slot, const Call& call, Clock::duration lasted) {
  const auto record = recorder_.call_of(slot, call.serial);
  if (!record) return;  // it has just come back; the next time it may be caught
  const auto at_least_us = std::chrono::duration_cast<std::chrono::microseconds>(lasted).count();
  const std::string what = agent::flight_name(record->flight) + " took " + std::to_string(at_least_us) +
                           " us or more, its deadline is " + std::to_string(record->card.deadline_us) + " us";
  for (const auto& book : books_.now()) {
    if (book->pulse().slot() == static_cast<std::int64_t>(slot)) tell_book(*book, *record, what);
  }
}

/// What time decided is an input of the book, taken when the call has come back.
void DeadlineWatch::tell_book(live::BookRunner& book, const agent::FlightRecord& call,
                              const std::string& what) {
  const agent::FlightCard& card = call.card;
  metrics_.agent_deadline_misses(book.id(), card.stage).add();
  base::log_event(base::LogLevel::warn, "deadline_missed",
                  {{"book", book.id()}, {"stage", card.stage}, {"agent", card.agent}, {"what", what}});
  feed_.say("deadline_missed", {{"book", book.id()},
                                {"stage", card.stage},
                                {"agent", card.agent},
                                {"sequence", call.event},
                                {"what", what}});
  book.post_work([&book, card, what](book::Book& at) {
    book.take_command(book::missed_deadline(card, at.ledger().date(), what));
  });
}

}  // namespace cadre::control

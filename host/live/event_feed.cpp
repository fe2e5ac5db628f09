#include "host/live/event_feed.hpp"

#include <boost/json.hpp>
#include <utility>

#include "host/base/date.hpp"

namespace cadre::live {

std::span<const std::string_view> event_kinds() {
  static constexpr std::string_view kinds[] = {"adopted",
                                               "agent_back",
                                               "agent_failed",
                                               "agent_hangs",
                                               "agent_not_restarted",
                                               "agent_quarantined",
                                               "agent_restarted",
                                               "apply_refused",
                                               "bar_gap",
                                               "bar_refused",
                                               "book_added",
                                               "book_removed",
                                               "book_stopped",
                                               "crashed",
                                               "deadline_missed",
                                               "decision",
                                               "disk_low",
                                               "disk_recovered",
                                               "events_missed",
                                               "experiment_failed",
                                               "experiment_resumed",
                                               "experiment_started",
                                               "experiment_stopped",
                                               "flights_lost",
                                               "halt",
                                               "halt_not_durable",
                                               "killed",
                                               "not_closed",
                                               "prices_ended",
                                               "quarantined",
                                               "reduce",
                                               "released",
                                               "report_ignored",
                                               "resume",
                                               "revision",
                                               "socket_back",
                                               "socket_lost",
                                               "started",
                                               "stopping",
                                               "stuck",
                                               "suspect",
                                               "suspect_move",
                                               "trading_state",
                                               "trial_confirmed",
                                               "trial_failed",
                                               "unstuck",
                                               "venue_break"};
  return kinds;
}

void EventFeed::say(std::string_view event, boost::json::object members) {
  const std::lock_guard lock(mutex_);
  boost::json::object whole{{"id", ++last_id_}, {"time", base::now_text()}, {"event", event}};
  for (auto& member : members)
    whole[member.key()] = std::move(member.value());
  std::string text = boost::json::serialize(whole);
  for (const auto& [number, listener] : listeners_)
    listener(last_id_, text);
  remembered_.emplace_back(last_id_, std::move(text));
  if (remembered_.size() > remembered_most) remembered_.pop_front();
}

void EventFeed::begin_after(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  last_id_ = id;
}

std::uint64_t EventFeed::last_id() const {
  const std::lock_guard lock(mutex_);
  return last_id_;
}

std::uint64_t EventFeed::listen(std::uint64_t after, EventListener listener) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t oldest = remembered_.empty() ? last_id_ + 1 : remembered_.front().first;
  // An id that was never given is of another state folder: its events begin anew.
  const bool is_ahead = after > last_id_;
  if (is_ahead) after = 0;
  if (is_ahead || (after != 0 && after + 1 < oldest)) {
    const boost::json::object missed{{"id", oldest - 1},
                                     {"time", base::now_text()},
                                     {"event", "events_missed"},
                                     {"from", after + 1},
                                     {"to", oldest - 1},
                                     {"why", is_ahead ? "the id was never given here: another state folder"
                                                      : "only the newest are remembered, by one process"}};
    listener(oldest - 1, boost::json::serialize(missed));
  }
  for (const auto& [id, text] : remembered_) {
    if (id > after) listener(id, text);
  }
  listeners_.emplace(++last_number_, std::move(listener));
  return last_number_;
}

void EventFeed::stop_listening(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  listeners_.erase(number);
}

}  // namespace cadre::live

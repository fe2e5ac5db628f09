#include "host/live/event_feed.hpp"

#include <boost/json.hpp>
#include <chrono>
#include <utility>

#include "host/base/date.hpp"

namespace cadre::live {

std::int64_t now_ns() {
  return std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string now_text() {
  constexpr std::int64_t millisecond = 1'000'000;
  return base::format_time(now_ns() / millisecond * millisecond);
}

void EventFeed::say(std::string_view event, boost::json::object members) {
  const std::lock_guard lock(mutex_);
  boost::json::object whole{{"id", ++last_id_}, {"time", now_text()}, {"event", event}};
  for (auto& [key, value] : members)
    whole[key] = std::move(value);
  std::string text = boost::json::serialize(whole);
  for (const auto& [number, listener] : listeners_)
    listener(last_id_, text);
  remembered_.emplace_back(last_id_, std::move(text));
  if (remembered_.size() > remembered_most) remembered_.pop_front();
}

std::uint64_t EventFeed::listen(std::uint64_t after, EventListener listener) {
  const std::lock_guard lock(mutex_);
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

#include "host/live/event_feed.hpp"

#include <boost/json.hpp>
#include <utility>

#include "host/base/date.hpp"

namespace cadre::live {

void EventFeed::say(std::string_view event, boost::json::object members) {
  const std::lock_guard lock(mutex_);
  boost::json::object whole{{"id", ++last_id_}, {"time", base::now_text()}, {"event", event}};
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

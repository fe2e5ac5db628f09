#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "host/live/answer.hpp"

namespace cadre::live {

/// The kinds of events that a host tells, sorted. Static storage.
std::span<const std::string_view> event_kinds();

/// What happened, for people who watch: the newest events, and those who hear every new one. [any-thread]
class EventFeed {
 public:
  /// Adds id and time to the members and tells everyone.
  void say(std::string_view event, boost::json::object members);

  /// The next id is one more. Before anything is said.
  void begin_after(std::uint64_t id);
  std::uint64_t last_id() const;

  /// As HostControl::listen.
  std::uint64_t listen(std::uint64_t after, EventListener listener);
  void stop_listening(std::uint64_t number);

 private:
  static constexpr std::size_t remembered_most = 4096;

  mutable std::mutex mutex_;
  std::uint64_t last_id_ = 0;
  std::uint64_t last_number_ = 0;
  std::deque<std::pair<std::uint64_t, std::string>> remembered_;
  std::map<std::uint64_t, EventListener> listeners_;
};

}  // namespace cadre::live

#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "cadre/host.h"
#include "host/agent/last_reason.hpp"
#include "host/agent/timer_requests.hpp"

namespace cadre::agent {

/// While it lives, what agents say through cadre.reason/1 on this thread goes to `to`: of calls that run
/// beside the instance's own.
class ReasonElsewhere {
 public:
  explicit ReasonElsewhere(LastReason& to);
  ~ReasonElsewhere();
  ReasonElsewhere(const ReasonElsewhere&) = delete;
  ReasonElsewhere& operator=(const ReasonElsewhere&) = delete;
};

/// What one instance sees of the host: a cadre_host with its extensions (log, config_reader, random, reason,
/// timer). Has to stay where it is for the life of the instance.
class HostServices {
 public:
  /// `key` makes the instance's random numbers its own: book and stage, say.
  HostServices(std::string instance, std::uint64_t seed, std::string_view key);
  HostServices(const HostServices&) = delete;
  HostServices& operator=(const HostServices&) = delete;

  const cadre_host* host() const { return &host_; }
  const std::string& instance() const { return instance_; }
  std::uint64_t random_key() const { return random_key_; }

  /// Warnings that the agent logs while this is on are kept for the user, as problems of the configuration,
  /// instead of logged.
  void keep_warnings(bool keep) const { keep_warnings_ = keep; }
  std::vector<std::string>& kept_warnings() const { return kept_warnings_; }
  bool keeps_warnings() const { return keep_warnings_; }

  /// What the agent says through cadre.reason/1.
  LastReason& reason() const { return reason_; }
  /// What the agent asks for through cadre.timer/1.
  TimerRequests& timers() const { return timers_; }

  /// How often this instance has logged this text, with this time. A warning that comes again and again,
  /// with every pass of the risk loop, say, is logged at the first, tenth, hundredth time. [any-thread]
  std::uint64_t count_message(std::string_view text) const;

  /// The parsed configuration that config_reader answers from while its text is `text`; parsed once, not per
  /// question.
  const boost::json::value& parsed(std::string_view text) const;

 private:
  cadre_host host_;
  std::string instance_;
  std::uint64_t random_key_;
  mutable bool keep_warnings_ = false;
  mutable std::vector<std::string> kept_warnings_;
  mutable std::mutex messages_lock_;
  mutable std::map<std::string, std::uint64_t, std::less<>> messages_;
  mutable LastReason reason_;
  mutable TimerRequests timers_;
  mutable std::string parsed_text_;
  mutable boost::json::value parsed_;
};

}  // namespace cadre::agent

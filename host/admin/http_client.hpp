#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/admin/http_message.hpp"
#include "host/base/result.hpp"

namespace cadre::admin {

/// Where a host listens: at a socket, or else at a port of 127.0.0.1.
struct HostAddress {
  std::filesystem::path socket{};
  std::uint16_t port = 0;
  std::string token{};

  std::string shown() const;
};

/// A path, unix:PATH, or http://127.0.0.1:PORT (localhost too). Errors: HOST_ADDRESS_INVALID.
base::Result<HostAddress> parse_host_address(std::string_view text);

struct ClientRequest {
  std::string method = "GET";
  std::string target{};
  std::string body{};  ///< application/json when there is one
  std::vector<std::pair<std::string, std::string>> headers{};
};

enum class Delivery { answered, not_reachable, timed_out };

struct ClientResponse {
  Delivery delivery = Delivery::answered;
  std::string failure{};  ///< why there is no answer
  unsigned status = 0;
  std::map<std::string, std::string> headers{};  ///< names in lower case
  std::string body{};
};

/// One request on a connection of its own; blocks until the answer or the time-out.
ClientResponse send(const HostAddress& address, const ClientRequest& request,
                    std::chrono::milliseconds timeout = std::chrono::seconds(60));

struct FollowOptions {
  std::uint64_t after = 0;
  /// Connects again when the connection ends, from the last event on; else the first end is the end.
  bool reconnects = true;
  std::chrono::milliseconds pause{1'000};             ///< before connecting again
  std::chrono::milliseconds silence_timeout{45'000};  ///< three heartbeats missed
};

/// Blocks and calls with every event and comment of /v1/events until `hear` says false (answered), the host
/// refuses (answered, with its status), or cannot be reached at the first attempt, or at any when it is not
/// to connect again. `lost` is called once whenever a connection is lost that will be tried again.
ClientResponse follow_events(const HostAddress& address, FollowOptions options,
                             const std::function<bool(const EventParser::Item& item)>& hear,
                             const std::function<void(const std::string& why)>& lost = {});

}  // namespace cadre::admin

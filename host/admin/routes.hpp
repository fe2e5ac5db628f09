#pragma once

#include <string_view>
#include <vector>

#include "host/admin/http_message.hpp"
#include "host/control/host_control.hpp"

namespace cadre::admin {

/// One row of the table of routes, as the reference page shows it.
struct RouteDescription {
  std::string_view method;   ///< "GET" stands for HEAD too
  std::string_view pattern;  ///< "/v1/books/{book}/orders"; {...} is one segment
  std::string_view query;    ///< the member the query may have
  std::string description;
};

/// All routes there are, in the order of the reference. Static storage.
std::vector<RouteDescription> routes();

/// What the host has to say to a request. May block; may be called on any thread. The host must outlive the
/// response: a stream of events keeps calling it. [the handler of HttpServer]
Response answer(control::HostControl& host, const Request& request);

/// Objects that orders and decisions give when nobody names a limit, and at most.
constexpr std::size_t limit_default = 50;
constexpr std::size_t limit_max = 1000;

/// The comment in a stream of events between those remembered and the new ones.
constexpr std::string_view end_of_remembered = "now";

}  // namespace cadre::admin

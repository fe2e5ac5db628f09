#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "host/app/host_command.hpp"

namespace cadre::app {

/// The moment that --since names, in nanoseconds since 1970: a date, a time that ends in Z, or how long
/// before `now_ns`: 90s, 15m, 2h, 1d. Nothing for anything else.
std::optional<std::int64_t> since_moment(const std::string& text, std::int64_t now_ns);

/// Whether --kind, --book and --since let an event through. What was missed always passes.
bool passes(const HostArguments& arguments, std::optional<std::int64_t> since,
            const boost::json::value& event);

/// cadre events
int events(const HostArguments& arguments);

}  // namespace cadre::app

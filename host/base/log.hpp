#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace cadre::base {

enum class LogLevel { debug, info, warn, error, off };

/// Events below the level are dropped; the level at the start is warn. [any-thread]
void set_log_level(LogLevel level);

/// One JSON line on standard error: time, level, event, then the fields as strings. For people and
/// collectors; nothing may depend on it. [any-thread]
void log_event(LogLevel level, std::string_view event,
               std::initializer_list<std::pair<std::string_view, std::string>> fields);

}  // namespace cadre::base

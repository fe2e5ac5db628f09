#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace cadre::base {

enum class LogLevel { debug, info, warn, error, off };

/// Events below the level are dropped; the level at the start is warn. [any-thread]
void set_log_level(LogLevel level);

/// json: time, level, event and fields as one JSON line, for collectors; text: `warning: event: name value,
/// ...` for people at a terminal. json at the start. [any-thread]
enum class LogStyle { json, text };
void set_log_style(LogStyle style);

/// One line on standard error. Nothing may depend on it. [any-thread]
void log_event(LogLevel level, std::string_view event,
               std::initializer_list<std::pair<std::string_view, std::string>> fields);

}  // namespace cadre::base

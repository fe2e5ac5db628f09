#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace cadre::base {

enum class LogLevel { debug, info, warn, error, off };

/// "warn"; nothing for a word that is none of the five.
std::optional<LogLevel> log_level_named(std::string_view name);
std::string_view log_level_name(LogLevel level);

/// What events belong to: each part has a level of its own.
enum class LogPart { host, admin, revision, book, agent, experiment };
constexpr std::size_t log_parts = 6;
std::optional<LogPart> log_part_named(std::string_view name);
std::string_view log_part_name(LogPart part);

/// One kind of event. Every event that is logged has a row: part and reference page follow from it.
struct LogEvent {
  std::string_view name;
  LogPart part;
  std::string_view meaning;
};
/// Sorted by name. Static storage.
std::span<const LogEvent> log_events();

/// Events below the level of their part are dropped; at the start it is warn for all. [any-thread]
void set_log_level(LogLevel level);
void set_log_level(LogPart part, LogLevel level);
LogLevel log_level(LogPart part);

/// json: time, level, part, event and fields as one JSON line, for collectors; text: `warning: event: name
/// value, ...` for people at a terminal. json at the start. [any-thread]
enum class LogStyle { json, text };
void set_log_style(LogStyle style);

/// One line where the log goes: standard error, until open_log() says otherwise. Nothing may depend on it.
/// Values of more than 8 KiB are cut. [any-thread]
void log_event(LogLevel level, std::string_view event,
               std::initializer_list<std::pair<std::string_view, std::string>> fields);

}  // namespace cadre::base

#include "host/base/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <atomic>
#include <chrono>
#include <memory>

#include "host/base/date.hpp"
#include "host/base/json.hpp"
#include "host/base/text.hpp"

namespace cadre::base {
namespace {

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warn:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
    case LogLevel::off:
      return spdlog::level::off;
  }
  return spdlog::level::off;
}

// Adds time and level to a payload of JSON members that is escaped already: patterns would not escape it.
class JsonLineFormatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& line) override {
    const auto since_epoch =
        std::chrono::duration_cast<std::chrono::nanoseconds>(message.time.time_since_epoch());
    const auto level = spdlog::level::to_string_view(message.level);
    std::string text = "{\"time\":\"" + format_time(since_epoch.count()) + "\",\"level\":\"";
    text.append(level.data(), level.size());
    text += "\",";
    text.append(message.payload.data(), message.payload.size());
    text += "}\n";
    line.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<JsonLineFormatter>(); }
};

// For people: the payload is made for them, only the level goes in front.
class TextLineFormatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& line) override {
    const auto level = spdlog::level::to_string_view(message.level);
    line.append(level.data(), level.data() + level.size());
    constexpr std::string_view colon = ": ";
    line.append(colon.data(), colon.data() + colon.size());
    line.append(message.payload.data(), message.payload.data() + message.payload.size());
    line.push_back('\n');
  }
  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<TextLineFormatter>(); }
};

std::atomic<LogStyle> log_style{LogStyle::json};

spdlog::logger& logger() {
  // Never destroyed: destructors of other statics may still log.
  static spdlog::logger* const instance = [] {
    auto* created = new spdlog::logger("cadre", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    created->set_formatter(std::make_unique<JsonLineFormatter>());
    created->set_level(spdlog::level::warn);
    created->flush_on(spdlog::level::debug);
    return created;
  }();
  return *instance;
}

}  // namespace

void set_log_level(LogLevel level) {
  logger().set_level(spdlog_level(level));
}

void set_log_style(LogStyle style) {
  log_style = style;
  if (style == LogStyle::json)
    logger().set_formatter(std::make_unique<JsonLineFormatter>());
  else
    logger().set_formatter(std::make_unique<TextLineFormatter>());
}

void log_event(LogLevel level, std::string_view event,
               std::initializer_list<std::pair<std::string_view, std::string>> fields) {
  if (level == LogLevel::off || !logger().should_log(spdlog_level(level))) return;
  if (log_style == LogStyle::text) {
    std::string text(event);
    const char* separator = ": ";
    for (const auto& [name, value] : fields) {
      text += separator + std::string(name) + ' ' + value;
      separator = ", ";
    }
    text = on_one_line(std::move(text));
    logger().log(spdlog_level(level), spdlog::string_view_t(text.data(), text.size()));
    return;
  }
  std::string members = "\"event\":" + quote(event);
  for (const auto& [name, value] : fields)
    members += "," + quote(name) + ":" + quote(value);
  logger().log(spdlog_level(level), spdlog::string_view_t(members.data(), members.size()));
}

}  // namespace cadre::base

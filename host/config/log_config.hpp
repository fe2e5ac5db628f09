#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "host/base/log.hpp"
#include "host/base/log_output.hpp"

namespace cadre::base {

inline void value_named(std::string_view name, LogLevel& value) {
  value = log_level_named(name).value_or(LogLevel::info);
}
inline void value_named(std::string_view name, LogStyle& value) {
  value = name == "json" ? LogStyle::json : LogStyle::text;
}

}  // namespace cadre::base

namespace cadre::config {

/// Where the log goes, by the words of /log/output.
enum class LogTo { automatic, standard_error, standard_output, file, journal };
void value_named(std::string_view name, LogTo& value);

// The members are rows of host/config/keys.
#define KEY(name, type, schema) type name{};
struct LogConfig {
#include "host/config/keys/log.inc"

  /// Whether the levels and the style are the same.
  bool says_the_same(const LogConfig& other) const;
};
#undef KEY

/// From now on what is logged, and how a line looks, is what this says.
void apply_log(const LogConfig& config);

/// `state`: the folder where a relative path of its file begins.
base::LogOutput log_output(const LogConfig& config, const std::filesystem::path& state);

}  // namespace cadre::config

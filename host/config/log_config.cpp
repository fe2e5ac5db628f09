#include "host/config/log_config.hpp"

#include <array>
#include <utility>

namespace cadre::config {

namespace {

constexpr std::pair<std::string_view, LogTo> outputs[] = {{"auto", LogTo::automatic},
                                                          {"stderr", LogTo::standard_error},
                                                          {"stdout", LogTo::standard_output},
                                                          {"file", LogTo::file},
                                                          {"journald", LogTo::journal}};

base::LogOutput::Kind kind_of(LogTo output) {
  using Kind = base::LogOutput::Kind;
  switch (output) {
    case LogTo::standard_error:
      return Kind::standard_error;
    case LogTo::standard_output:
      return Kind::standard_output;
    case LogTo::file:
      return Kind::file;
    case LogTo::journal:
      return Kind::journal;
    default:
      return Kind::automatic;
  }
}

/// Of each part, in the order of base::LogPart.
std::array<std::optional<base::LogLevel>, base::log_parts> part_levels(const LogConfig& config) {
  return {config.host_level, config.admin_level, config.revision_level,
          config.book_level, config.agent_level, config.experiment_level};
}

}  // namespace

void value_named(std::string_view name, LogTo& value) {
  for (const auto& [word, output] : outputs) {
    if (word == name) value = output;
  }
}

bool LogConfig::says_the_same(const LogConfig& other) const {
  return level == other.level && style == other.style && part_levels(*this) == part_levels(other);
}

void apply_log(const LogConfig& config) {
  base::set_log_style(config.style);
  const auto levels = part_levels(config);
  for (std::size_t part = 0; part < levels.size(); ++part)
    base::set_log_level(static_cast<base::LogPart>(part), levels[part].value_or(config.level));
}

base::LogOutput log_output(const LogConfig& config, const std::filesystem::path& state) {
  return {.kind = kind_of(config.output),
          .file = state / config.file,
          .file_bytes_max = static_cast<std::size_t>(config.file_mb) << 20,
          .files_max = static_cast<std::size_t>(config.files),
          .journal_socket = config.journal_socket};
}

}  // namespace cadre::config

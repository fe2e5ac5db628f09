#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "host/config/scenario_config.hpp"

namespace cadre::config {

/// One book of a running host: a scenario, and where its relative paths begin.
struct BookConfig {
  ScenarioConfig scenario;
  std::filesystem::path folder;
};

/// A running host: its books, each under a scenario file that a backtest could run too, and what only a host
/// has.
struct HostConfig {
  std::string name;
  std::vector<BookConfig> books;       ///< by position; ids differ
  std::size_t queue_capacity = 1024;   ///< inputs per book that may wait
  std::uint64_t checkpoint_bars = 64;  ///< between two checkpoints
  bool watch = true;                   ///< files and agents are watched
  std::uint32_t debounce_ms = 200;
  std::optional<std::uint16_t> port;         ///< of loopback TCP beside the Unix socket; 0: any free one
  std::vector<std::filesystem::path> files;  ///< it was read from: what a watch looks at

  /// Everything in one object, chains and scenarios inside of it: what a revision keeps, and what read_host
  /// takes.
  boost::json::value complete;
};

/// Reads a host file, or a scenario file as a host of one book, with all files these name. All problems at
/// once.
base::Result<HostConfig> load_host(const std::filesystem::path& file);

/// The same from one complete document. `origin` is what problems name.
base::Result<HostConfig> read_host(const boost::json::value& complete, const std::string& origin);

/// The JSON Schema of host files.
const boost::json::value& host_schema();

}  // namespace cadre::config

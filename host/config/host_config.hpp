#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/config/log_config.hpp"
#include "host/config/scenario_config.hpp"

namespace cadre::config {

/// One book of a running host: a scenario, and where its relative paths begin.
struct BookConfig {
  ScenarioConfig scenario;
  std::filesystem::path folder;
};

/// What becomes of an edit of files that would undo what was applied or rolled back by other means.
enum class OnConflict { propose, take };
inline void value_named(std::string_view name, OnConflict& value) {
  value = name == "take" ? OnConflict::take : OnConflict::propose;
}

// The members of these are rows of host/config/keys.
#define KEY(name, type, schema) type name{};

struct QueueConfig {
#include "host/config/keys/queue.inc"
};

struct JournalConfig {
#include "host/config/keys/journal.inc"
};

struct CheckpointConfig {
#include "host/config/keys/checkpoint.inc"
};

struct ConfirmConfig {
#include "host/config/keys/confirm.inc"

  bool has_trials() const {
    return decisions > 0 || minutes > 0;
  }
};

struct WatchConfig {
#include "host/config/keys/watch.inc"
};

struct TrustConfig {
#include "host/config/keys/trust.inc"
};

struct AdminConfig {
#include "host/config/keys/admin.inc"
};

#undef KEY

/// A running host: its books, each under a scenario file that a backtest could run too, and what only a host
/// has.
struct HostConfig {
  std::string name;
  std::vector<BookConfig> books;  ///< by position; ids differ
  QueueConfig queue;
  CheckpointConfig checkpoint;
  JournalConfig journal;
  ConfirmConfig confirm;
  WatchConfig watch;
  TrustConfig trust;
  AdminConfig admin;
  LogConfig log;
  std::vector<ScopedLimit> limits;           ///< on the orders of all books
  std::uint64_t probe_timeout_ms = 0;        ///< of everything that a change has tried
  std::vector<std::filesystem::path> files;  ///< it was read from: what a watch looks at

  /// Everything in one object, chains and scenarios inside of it: what a revision keeps, and what read_host
  /// takes.
  boost::json::value complete;
};

/// Reads a host file, or a scenario file as a host of one book, with all files these name. All problems at
/// once.
base::Result<HostConfig> load_host(const std::filesystem::path& file);

/// The files that a host is read from, as far as they can be read: those of a document with problems too.
/// Empty when the file itself is no JSON.
std::vector<std::filesystem::path> named_files(const std::filesystem::path& file);

/// The same from one complete document. `origin` is what problems name.
base::Result<HostConfig> read_host(const boost::json::value& complete, const std::string& origin);

/// The JSON Schema of host files.
const boost::json::value& host_schema();

}  // namespace cadre::config

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>

#include "host/base/problem.hpp"

namespace cadre::base {

/// Where the log of a running host goes.
struct LogOutput {
  enum class Kind {
    automatic,  ///< the journal when standard error is connected to it ($JOURNAL_STREAM), else standard error
    standard_error,
    standard_output,
    file,    ///< rotated
    journal  ///< journald, by its own protocol: priority and fields
  };
  Kind kind = Kind::automatic;
  std::filesystem::path file{};
  std::size_t file_bytes_max = std::size_t{16} << 20;
  std::size_t files_max = 5;  ///< old ones beside the one that is written
  /// Where journald listens.
  std::filesystem::path journal_socket = "/run/systemd/journal/socket";
};

/// Lines that may wait to be written; of more the oldest are dropped, and counted.
constexpr std::size_t log_lines_max = 8192;

/// From now on a thread writes the log, and whoever logs waits for nothing: neither a disk nor a pipe that
/// nobody reads. Errors: LOG_NOT_POSSIBLE. [not at the same time as close_log]
Problems open_log(const LogOutput& output);
/// Waits until what was logged is written, at most so long; what is left then is dropped.
void close_log(std::chrono::milliseconds patience);

/// Lines that were dropped since the process began. [any-thread]
std::uint64_t log_dropped();

}  // namespace cadre::base

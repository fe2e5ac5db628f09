#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/agent/flight_recorder.hpp"
#include "host/base/durable_lines.hpp"

namespace cadre::agent {

/// One agent that is not let in: these bytes under these settings.
struct Quarantined {
  std::uint64_t number = 0;  ///< 1 and up
  FlightRecord record;       ///< what it did when it crashed or hung
  std::string why{};         ///< "SIGSEGV at 0x0", "it did not come back"
  std::string time{};

  /// "risk (my.risk 1.2.0) in analyze_risk at event 12 of book main: SIGSEGV at 0x0 (quarantine 3)"
  std::string text() const;
};

/// What crashed or hung a host, in a file of its state folder: it is not run again before a person releases
/// it. [any-thread]
class Quarantine {
 public:
  /// Errors and warnings: those of DurableLines.
  static base::Result<std::unique_ptr<Quarantine>> open(const std::filesystem::path& file);

  /// On the disk when this returns. What is held already is not held twice. Errors: FILE_NOT_WRITABLE.
  base::Problems add(const FlightRecord& record, const std::string& why);
  /// Errors: QUARANTINE_UNKNOWN, FILE_NOT_WRITABLE.
  base::Problems release(std::uint64_t number, std::string_view actor, std::string_view reason);

  /// Those that are held, oldest first.
  std::vector<Quarantined> held() const;
  /// Why these bytes under these settings (canonical JSON) are not let in.
  std::optional<Quarantined> find(const std::string& digest, const std::string& config) const;

 private:
  explicit Quarantine(base::DurableLines lines) : lines_(std::move(lines)) {}

  mutable std::mutex mutex_;
  base::DurableLines lines_;
  std::vector<Quarantined> held_;
  std::uint64_t last_ = 0;
};

}  // namespace cadre::agent

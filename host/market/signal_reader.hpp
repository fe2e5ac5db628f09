#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/result.hpp"
#include "host/model/signal.hpp"

namespace cadre::market {

/// Reads CSV with the columns time, strategy, instrument, direction, strength, confidence, horizon_days and,
/// where it likes, id, in any order, or, when the name ends in .jsonl, JSON lines with those keys. The times
/// of one strategy must not go back; the result is sorted by time, equal times in the order of the file. A
/// signal that is said again with the same id is one. `instruments` are the known ones. All problems at once,
/// at most 50 in full. Codes: FILE_..., CSV_..., JSON_..., CONFIG_..., SIGNAL_BAD_TIME, SIGNAL_TIME_ORDER,
/// SIGNAL_BAD_VALUE, SIGNAL_OUT_OF_RANGE, SIGNAL_ID_TAKEN, INSTRUMENT_UNKNOWN.
base::Result<std::vector<model::ExternalSignal>> read_signals(const std::filesystem::path& path,
                                                              const std::vector<std::string>& instruments);

/// Up to which date signals may be. Dates as yyyymmdd.
struct SignalDates {
  std::int32_t latest = 0;  ///< 0: any date will do
  std::int32_t today = 0;   ///< what problems show beside it
};

/// The same of a text of JSON lines that came another way; `name` is what problems show for a file. Besides:
/// SIGNAL_FAR_AHEAD.
base::Result<std::vector<model::ExternalSignal>> parse_signals(const std::string& name, std::string_view text,
                                                               const std::vector<std::string>& instruments,
                                                               const SignalDates& dates = {});

}  // namespace cadre::market

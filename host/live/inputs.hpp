#pragma once

#include <span>
#include <string>
#include <vector>

#include "host/config/scenario_config.hpp"
#include "host/journal/records.hpp"
#include "host/market/signal_reader.hpp"

namespace cadre::live {

/// Bars as they are posted, one JSON object each:
///   {"date": "1992-01-02", "bars": {"AA": {"open": 31, "high": 32, "low": 30.5, "close": 31.25, "volume":
///   100},
///    "GE": {"close": 12}, ...}}
/// A number for an instrument is its close; open, high and low come together, for all instruments or none;
/// volume when the data declare it. Later than `after` (yyyymmdd), each later than the one before. All
/// problems at once, placed at bars[0], bars[1] ... Codes: JSON_..., CONFIG_..., BAR_....
base::Result<std::vector<journal::BarRecord>> read_bars(std::span<const std::string> texts,
                                                        const std::vector<std::string>& instruments,
                                                        const config::DataConfig& data, std::int32_t after);

/// Signals as they are posted, one JSON object each, with the keys of a JSON lines file.
base::Result<std::vector<market::ExternalSignal>> read_posted_signals(
    std::span<const std::string> texts, const std::vector<std::string>& instruments);

}  // namespace cadre::live

#pragma once

#include <string>

#include "host/config/key_reader.hpp"
#include "host/config/scenario_config.hpp"
#include "host/market/bar_times.hpp"

namespace cadre::config {

/// Found by KeyReader::take, by the type of its last argument.
void read_members(KeyReader& reader, const std::string& at, GroupWeight& value);
void read_members(KeyReader& reader, const std::string& at, RepeatedExecutions& value);
void read_members(KeyReader& reader, const std::string& at, TurnoverBudget& value);
void read_members(KeyReader& reader, const std::string& at, ScopedLimit& value);
void read_members(KeyReader& reader, const std::string& at, NoTradeWindow& value);

/// Problems: a group that is named twice, an entry of limits that bounds nothing.
void check_limits(KeyReader& reader, const ConstraintsConfig& constraints, const PreTradeConfig& config);

/// Fills in the zone of windows that name none. Problems: a window of hours where bars have no times.
void check_windows(KeyReader& reader, const market::BarTiming& timing, PreTradeConfig& config);

}  // namespace cadre::config

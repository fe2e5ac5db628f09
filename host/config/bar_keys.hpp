#pragma once

#include <boost/json/value.hpp>

#include "host/config/key_reader.hpp"
#include "host/config/scenario_config.hpp"
#include "host/market/bar_times.hpp"

namespace cadre::config {

/// How bars lie in time, by the keys below /data/prices. Problems: CONFIG_OUT_OF_RANGE, CONFIG_BAD_TIME,
/// CONFIG_CONTRADICTION, TIME_ZONE_UNKNOWN.
market::BarTiming read_bar_timing(KeyReader& reader, const PricesConfig& prices);

/// Where a scenario of bars within a day does not say how many there are a year, and their session does, that
/// number takes the place of the default. `written`: without defaults; `filled`: with them.
void fill_periods_per_year(const boost::json::value& written, boost::json::value& filled);

/// Refuses bars within a day where nothing says how many there are a year: BAR_PERIODS_PER_YEAR.
void check_periods_per_year(const base::JsonDocument& written, base::Problems& problems);

/// 252 where nobody says.
double sessions_per_year(const DataConfig& data);

}  // namespace cadre::config

#pragma once

#include <string>
#include <vector>

#include "host/config/scenario_config.hpp"
#include "host/market/posted_bars.hpp"
#include "host/market/price_reader.hpp"

/// What a configuration says of its data, as the readers of the market take it.
namespace cadre::config {

/// How the data of a scenario want their prices read.
market::PriceOptions price_options(const DataConfig& data);

/// The instruments of a book's bars, sorted: those its data name, else those of its price file. Errors: those
/// of read_prices and of check_listed.
base::Result<std::vector<std::string>> instruments_of(const ScenarioConfig& config);

/// What bars of these data look like when they are posted. `instruments`: sorted.
market::BarShape bar_shape(const DataConfig& data, std::vector<std::string> instruments);

/// The fields of a bar that an agent cannot do without under its settings: its schema says so beside the
/// values of a key, as in "fill_at": {"enum": ["open", "close"], "x-bar-fields": {"open": ["open"]}}.
/// `who`: how it is named.
std::vector<market::IntradayNeed> intraday_needs(const boost::json::value& config_schema,
                                                 const boost::json::value& settings, const std::string& who);

}  // namespace cadre::config

#include "host/config/market_data.hpp"

#include <algorithm>

namespace cadre::config {

market::PriceOptions price_options(const DataConfig& data) {
  market::PriceOptions options;
  options.file = data.prices;
  options.adjustment = data.adjustment == "raw"     ? market::Adjustment::raw
                       : data.adjustment == "split" ? market::Adjustment::split
                                                    : market::Adjustment::total_return;
  options.volume = data.volume == "shares" ? market::VolumeDeclared::shares : market::VolumeDeclared::none;
  options.missing = data.missing == "refuse"  ? market::MissingPolicy::refuse
                    : data.missing == "carry" ? market::MissingPolicy::carry
                                              : market::MissingPolicy::leave;
  options.instruments = data.instruments;
  options.from = data.from;
  options.to = data.to;
  options.suspect_move = data.suspect_move;
  return options;
}

base::Result<std::vector<std::string>> instruments_of(const DataConfig& data) {
  if (!data.instruments.empty()) {
    std::vector<std::string> ids = data.instruments;
    std::sort(ids.begin(), ids.end());
    return ids;
  }
  auto prices = market::read_prices(price_options(data));
  if (!prices) return prices.problems();
  return prices->instruments;
}

market::BarShape bar_shape(const DataConfig& data, std::vector<std::string> instruments) {
  return {std::move(instruments), data.volume == "shares", data.missing != "refuse"};
}

}  // namespace cadre::config

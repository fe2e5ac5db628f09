#include "host/config/market_data.hpp"

#include <algorithm>

namespace cadre::config {

market::PriceOptions price_options(const DataConfig& data) {
  market::PriceOptions options;
  options.file = data.prices.file;
  options.adjustment = data.prices.adjustment == "raw"     ? market::Adjustment::raw
                       : data.prices.adjustment == "split" ? market::Adjustment::split
                                                           : market::Adjustment::total_return;
  options.volume =
      data.prices.volume == "shares" ? market::VolumeDeclared::shares : market::VolumeDeclared::none;
  options.missing = data.prices.missing == "refuse"  ? market::MissingPolicy::refuse
                    : data.prices.missing == "carry" ? market::MissingPolicy::carry
                                                     : market::MissingPolicy::leave;
  options.instruments = data.prices.instruments;
  options.from = data.from.date;
  options.to = data.to.date;
  options.suspect_move = data.prices.suspect_move;
  return options;
}

base::Result<std::vector<std::string>> instruments_of(const DataConfig& data) {
  if (!data.prices.instruments.empty()) {
    std::vector<std::string> ids = data.prices.instruments;
    std::sort(ids.begin(), ids.end());
    return ids;
  }
  auto prices = market::read_prices(price_options(data));
  if (!prices) return prices.problems();
  return prices->instruments;
}

market::BarShape bar_shape(const DataConfig& data, std::vector<std::string> instruments) {
  return {std::move(instruments), data.prices.volume == "shares", data.prices.missing != "refuse"};
}

}  // namespace cadre::config

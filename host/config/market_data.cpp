#include "host/config/market_data.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "host/base/json.hpp"
#include "host/base/text.hpp"
#include "host/config/instrument_table.hpp"
#include "host/config/known_names.hpp"

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
  options.columns = data.prices.columns;
  options.timing = data.timing;
  options.scale = data.prices.scale.value_or(1);
  return options;
}

namespace {

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

}  // namespace

base::Result<std::vector<std::string>> instruments_of(const ScenarioConfig& config) {
  auto ids = instruments_of(config.data);
  if (!ids) return base::asked_for_at(ids.problems(), config.document.place("/data/prices/file"));
  base::Problems problems = check_listed(config, *ids);
  problems.append(check_short_rates(config, *ids));
  problems.append(check_names(config, *ids));
  if (problems.has_errors()) return problems;
  return ids;
}

market::BarShape bar_shape(const DataConfig& data, std::vector<std::string> instruments) {
  return {std::move(instruments),
          data.prices.volume == "shares",
          data.prices.missing != "refuse",
          data.prices.on_suspect_move,
          {},
          data.timing,
          data.prices.scale.value_or(1)};
}

std::vector<market::IntradayNeed> intraday_needs(const boost::json::value& config_schema,
                                                 const boost::json::value& settings, const std::string& who) {
  std::vector<market::IntradayNeed> needs;
  const boost::json::value* properties = base::find(config_schema, "/properties");
  if (properties == nullptr || !properties->is_object() || !settings.is_object()) return needs;
  for (const auto& [key, schema] : properties->get_object()) {
    const boost::json::value* chosen = settings.get_object().if_contains(key);
    const boost::json::value* by_value = base::find(schema, "/x-bar-fields");
    if (chosen == nullptr || by_value == nullptr || !chosen->is_string()) continue;
    const std::string value(chosen->get_string());
    const boost::json::value* fields = base::find(*by_value, "/" + base::pointer_token(value));
    if (fields == nullptr || !fields->is_array()) continue;
    const std::string whom = base::join({who, " (", std::string(key), ": ", value, ")"}, "");
    for (const boost::json::value& field : fields->get_array()) {
      if (field.is_string()) needs.push_back({std::string(field.get_string()), whom});
    }
  }
  return needs;
}

}  // namespace cadre::config

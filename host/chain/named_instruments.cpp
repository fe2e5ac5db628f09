#include "host/chain/named_instruments.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "host/base/json.hpp"
#include "host/base/text.hpp"

namespace cadre::chain {

namespace {

namespace json = boost::json;

/// visit(text, pointer) for every text below a value that its schema says is an instrument.
template <class Visit>
void each_instrument(const json::value& schema, const json::value& value, const std::string& pointer,
                     const Visit& visit) {
  const json::value* format = base::find(schema, "/format");
  if (value.is_string() && format != nullptr && *format == "instrument")
    visit(std::string(value.get_string()), pointer);
  if (const json::value* items = base::find(schema, "/items"); value.is_array() && items != nullptr) {
    for (std::size_t k = 0; k < value.get_array().size(); ++k)
      each_instrument(*items, value.get_array()[k], pointer + "/" + std::to_string(k), visit);
  }
  const json::value* properties = base::find(schema, "/properties");
  if (!value.is_object() || properties == nullptr || !properties->is_object()) return;
  for (const auto& [key, inner] : properties->get_object()) {
    const json::value* member = value.get_object().if_contains(key);
    if (member != nullptr) each_instrument(inner, *member, pointer + "/" + std::string(key), visit);
  }
}

}  // namespace

base::Problems check_named_instruments(const config::ScenarioConfig& config, const ChainPlan& plan,
                                       const std::vector<std::string>& known) {
  base::Problems problems;
  for (const PlannedStage& stage : plan.stages) {
    each_instrument(
        stage.entry.agent->config_schema, stage.instance->config, stage.instance->pointer + "/config",
        [&](const std::string& id, const std::string& pointer) {
          if (std::binary_search(known.begin(), known.end(), id)) return;
          problems.error("INSTRUMENT_UNKNOWN", config.document.place(pointer),
                         "the data have no instrument " + base::quote(id) + base::did_you_mean(id, known));
        });
  }
  return problems;
}

}  // namespace cadre::chain

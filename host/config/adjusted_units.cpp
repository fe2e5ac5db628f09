#include "host/config/adjusted_units.hpp"

#include <boost/json.hpp>
#include <string>

#include "host/base/capped_problems.hpp"
#include "host/base/text.hpp"
#include "host/config/instrument_table.hpp"

namespace cadre::config {

namespace json = boost::json;

namespace {

constexpr const char* environment_config = "/execution_environment/config";

/// Visits the pointer and the value of each number above zero that is money per share.
template <class Visit>
void each_per_share(const json::value& value, const std::string& pointer, const Visit& visit) {
  if (const json::array* items = value.if_array()) {
    for (std::size_t k = 0; k < items->size(); ++k)
      each_per_share((*items)[k], pointer + '/' + std::to_string(k), visit);
    return;
  }
  const json::object* members = value.if_object();
  if (members == nullptr) return;
  for (const auto& [name, member] : *members) {
    const std::string at = pointer + '/' + base::pointer_token(name);
    const bool is_fee = std::string_view(name).ends_with("per_share") && member.is_number();
    if (is_fee && member.template to_number<double>() > 0)
      visit(at, member);
    else
      each_per_share(member, at, visit);
  }
}

/// What is wrong with the steps of an instrument, or of all, on adjusted prices; empty: nothing.
std::string coarse_steps(const model::Instrument& about) {
  constexpr base::Price finest = base::Price::from_raw(10'000'000);  // a hundredth, as where nothing is said
  constexpr base::Quantity one = base::Quantity::from_raw(1'000'000'000);
  if (about.lot.raw() > one.raw()) return "lots of " + about.lot.to_string();
  if (about.ticks.size() > 1) return "ticks by price";
  const base::Price tick = about.ticks.empty() ? about.tick : about.ticks.front().tick;
  return tick.raw() > finest.raw() ? "ticks of " + tick.to_string() : std::string();
}

}  // namespace

void check_ticks_and_lots(const ScenarioConfig& config, base::Problems& problems) {
  const PricesConfig& prices = config.data.prices;
  if (prices.adjustment == "raw" || prices.ticks_and_lots == "accept") return;
  base::CappedProblems found(config.document.file());
  const auto refuse = [&](const model::Instrument& about, const std::string& pointer) {
    const std::string steps = coarse_steps(about);
    if (steps.empty()) return;
    found.error("CONFIG_ADJUSTED_STEPS", config.document.place(pointer),
                steps + " on prices whose adjustment is " + base::quote(prices.adjustment) +
                    ": neither their prices nor their shares are those of the exchange",
                R"(use raw prices, or say "ticks_and_lots": "accept" in /data/prices)");
  };
  model::Instrument usual;
  usual.tick = config.instruments.tick;
  usual.lot = config.instruments.lot;
  refuse(usual, "/instruments");
  const bool is_said = !coarse_steps(usual).empty();  // of every row that does not say otherwise
  if (config.instruments.table != nullptr && !is_said) {
    for (const InstrumentTable::Row& row : config.instruments.table->rows)
      refuse(row.about, row.pointer);
  }
  problems.append(found.take());
}

void check_per_share_fees(const base::JsonDocument& document, const PricesConfig& prices,
                          base::Problems& problems) {
  if (prices.adjustment == "raw" || prices.per_share_fees == "accept") return;
  const json::value* config = base::find(document.root(), environment_config);
  if (config == nullptr) return;
  each_per_share(*config, environment_config, [&](const std::string& at, const json::value& fee) {
    problems.error("CONFIG_ADJUSTED_FEES", document.place(at),
                   base::canonical(fee) + " of money a share, on prices whose adjustment is " +
                       base::quote(prices.adjustment) + ": their shares are not those that were traded",
                   R"(use basis points or raw prices, or say "per_share_fees": "accept" in /data/prices)");
  });
}

}  // namespace cadre::config

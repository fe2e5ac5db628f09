#include "host/app/desk_files.hpp"

#include <boost/json.hpp>

#include "host/app/published_schema.hpp"
#include "host/base/embed.hpp"
#include "host/base/json.hpp"
#include "host/base/text.hpp"
#include "host/config/host_config.hpp"
#include "host/config/scenario_schema.hpp"

// The demo's prices and chain, as they lie in the tree.
CADRE_EMBED(cadre_demo_prices, CADRE_DEMO_PRICES);
CADRE_EMBED(cadre_demo_chain, CADRE_DEMO_CHAIN);

namespace cadre::app {

namespace json = boost::json;

namespace {

json::object host_file(const DeskPlan& plan) {
  return {{"$schema", "schema/host.schema.json"},
          {"name", plan.name},
          {"books", json::array{{{"scenario", "scenarios/main.json"}}}}};
}

json::object scenario_file(const DeskPlan& plan) {
  json::object prices{{"file", "../prices/daily.csv"}, {"adjustment", "split"}, {"volume", "none"}};
  if (!plan.instruments.empty()) prices["instruments"] = json::value_from(plan.instruments);
  return {{"$schema", "../schema/scenario.schema.json"},
          {"name", plan.name},
          {"scenario", "backtest"},
          {"chain", "../chains/main.json"},
          {"book", {{"id", "main"}, {"currency", "USD"}, {"initial_cash", 1'000'000}}},
          {"data", {{"prices", std::move(prices)}, {"periods_per_year", 252}}},
          {"execution_environment",
           {{"agent", "cadre.simulated_execution"},
            {"config", {{"fill_at", "close"}, {"commission_bp", 2}, {"half_spread_bp", 2}}}}}};
}

json::object chain_file(const DeskPlan& plan) {
  json::object chain = json::parse({cadre_demo_chain_begin, cadre_demo_chain_end}).as_object();
  json::object named{{"$schema", "../schema/chain.schema.json"}, {"name", plan.name}};
  chain.erase("name");
  if (!plan.instruments.empty()) {
    chain["description"] = "Signals sent to the book, in equal weights, bounded by risk and by correlation";
    chain["signal_sources"] = json::array{{{"name", "external"}, {"agent", "cadre.external_signals"}}};
  }
  for (auto& [key, value] : chain)
    named.emplace(key, value);
  return named;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> desk_files(const DeskPlan& plan) {
  const auto text = [](const json::value& value) { return base::pretty(value) + "\n"; };
  const std::string prices = plan.instruments.empty()
                                 ? std::string(cadre_demo_prices_begin, cadre_demo_prices_end)
                                 : "date," + base::join(plan.instruments, ",") + "\n";
  return {{"host.json", text(host_file(plan))},
          {"scenarios/main.json", text(scenario_file(plan))},
          {"chains/main.json", text(chain_file(plan))},
          {"prices/daily.csv", prices},
          {"schema/host.schema.json", text(published_schema(config::host_schema(), "host"))},
          {"schema/scenario.schema.json", text(published_schema(config::scenario_schema(), "scenario"))},
          {"schema/chain.schema.json", text(published_schema(config::chain_schema(), "chain"))},
          {".gitignore", "*.state/\n"}};
}

}  // namespace cadre::app

#include "host/backtest/prepared_run.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "host/base/text.hpp"
#include "host/config/instrument_table.hpp"
#include "host/config/market_data.hpp"
#include "host/market/price_reader.hpp"
#include "host/model/quantity.hpp"

namespace cadre::backtest {

namespace fs = std::filesystem;

namespace {

/// Groups that a bound names and no instrument is in.
void check_groups(const config::ScenarioConfig& config, const std::vector<std::string>& instruments,
                  base::Problems& problems) {
  std::vector<std::string> known;
  for (const std::string& id : instruments) {
    const model::Instrument about = config::describe_instrument(config.instruments, id);
    known.insert(known.end(), about.groups.begin(), about.groups.end());
  }
  std::sort(known.begin(), known.end());
  known.erase(std::unique(known.begin(), known.end()), known.end());
  for (std::size_t i = 0; i < config.chain.constraints.max_group_weight.size(); ++i) {
    const std::string& group = config.chain.constraints.max_group_weight[i].group;
    if (group == "*" || std::binary_search(known.begin(), known.end(), group)) continue;
    problems.error(
        "GROUP_UNKNOWN",
        config.document.place("/chain/constraints/max_group_weight/" + std::to_string(i) + "/group"),
        "no instrument is in a group " + base::quote(group) + base::did_you_mean(group, known),
        "name groups in /instruments/groups or in the table of instruments");
  }
}

void check_names(const config::ScenarioConfig& config, const std::vector<std::string>& known,
                 base::Problems& problems) {
  const auto check = [&](const std::string& id, const std::string& pointer) {
    if (std::binary_search(known.begin(), known.end(), id)) return;
    problems.error("INSTRUMENT_UNKNOWN", config.document.place(pointer),
                   "the data have no instrument " + base::quote(id) + base::did_you_mean(id, known));
  };
  for (const config::UniverseChange& change : config.universe) {
    for (std::size_t i = 0; i < change.instruments.size(); ++i)
      check(change.instruments[i], change.pointer + "/instruments/" + std::to_string(i));
  }
  for (std::size_t i = 0; i < config.pre_trade_checks.restricted.size(); ++i) {
    check(config.pre_trade_checks.restricted[i], "/pre_trade_checks/restricted/" + std::to_string(i));
  }
  for (std::size_t i = 0; i < config.pre_trade_checks.no_trade_windows.size(); ++i) {
    const auto& named = config.pre_trade_checks.no_trade_windows[i].instruments;
    for (std::size_t k = 0; k < named.size(); ++k)
      check(named[k],
            "/pre_trade_checks/no_trade_windows/" + std::to_string(i) + "/instruments/" + std::to_string(k));
  }
  for (std::size_t i = 0; i < config.pre_trade_checks.limits.size(); ++i) {
    const std::string at = "/pre_trade_checks/limits/" + std::to_string(i) + "/instrument";
    const std::string& named = config.pre_trade_checks.limits[i].instrument;
    if (!named.empty() && base::find(config.document.root(), at) != nullptr) check(named, at);
  }
  check_groups(config, known, problems);
  for (const auto& [instrument, group] : config.instruments.groups)
    check(instrument, "/instruments/groups/" + base::pointer_token(instrument));
}

/// Cash that buys more units of an instrument than a position can have.
void warn_of_quantities(const config::ScenarioConfig& config, const market::PriceHistory& prices,
                        base::Problems& problems) {
  const double cash = config.book.initial_cash.to_double() * config.chain.constraints.max_gross_exposure;
  for (std::size_t column = 0; column < prices.columns(); ++column) {
    std::int64_t lowest_e9 = 0;
    for (std::size_t row = 0; row < prices.rows(); ++row) {
      const std::int64_t close_e9 = prices.close_e9[row * prices.columns() + column];
      if (close_e9 > 0 && (lowest_e9 == 0 || close_e9 < lowest_e9)) lowest_e9 = close_e9;
    }
    const base::Price lowest = base::Price::from_raw(lowest_e9);
    const model::Instrument about =
        config::describe_instrument(config.instruments, prices.instruments[column]);
    const double unit = lowest.to_double() * about.multiplier.to_double();
    if (lowest_e9 == 0 || cash / unit <= static_cast<double>(model::position_units_most)) continue;
    problems.warning("QUANTITY_LIMIT", config.document.place("/book/initial_cash"),
                     "the cash would buy more than 9,000,000,000 units of " + prices.instruments[column] +
                         " at " + lowest.to_string() +
                         ", the largest position there is: orders are cut to it",
                     "quote it for 1,000 units or more, or give the book less cash");
  }
}

}  // namespace

base::Result<PreparedRun> prepare_run(const BacktestOptions& options) {
  auto loaded = config::load_scenario(options.config, options.overrides);
  if (!loaded) return loaded.problems();
  PreparedRun run;
  run.folder = fs::absolute(options.config).parent_path();
  run.config = std::make_unique<config::ScenarioConfig>(std::move(loaded).take());
  base::Problems problems;

  auto prices = market::read_prices(config::price_options(run.config->data));
  problems.append(base::asked_for_at(prices.problems(), run.config->document.place("/data/prices/file")));
  if (prices) {
    run.prices = std::move(prices).take();
    problems.append(config::check_listed(*run.config, run.prices.instruments));
    problems.append(config::check_short_rates(*run.config, run.prices.instruments));
    problems.append(config::check_listing_days(*run.config, run.prices));
    check_names(*run.config, run.prices.instruments, problems);
    warn_of_quantities(*run.config, run.prices, problems);
    if (!run.config->data.signals.file.empty()) {
      auto signals = market::read_signals(run.config->data.signals.file, run.prices.instruments);
      problems.append(
          base::asked_for_at(signals.problems(), run.config->document.place("/data/signals/file")));
      if (signals) run.signals = std::move(signals).take();
    }
  }

  run.catalog = agent::Catalog::discover(options.agent_folders);
  auto revisions = book::plan_revisions(*run.config, run.folder, run.catalog);
  problems.append(revisions.problems());
  // A manifest that cannot be used is a warning as long as nobody needs it.
  for (base::Problem problem : run.catalog.problems()) {
    if (revisions) problem.severity = base::Severity::warning;
    problems.add(std::move(problem));
  }
  if (problems.has_errors()) return problems;
  run.revisions = std::move(revisions).take();
  run.warnings = problems;
  return run;
}

}  // namespace cadre::backtest

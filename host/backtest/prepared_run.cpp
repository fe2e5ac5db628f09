#include "host/backtest/prepared_run.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "host/base/text.hpp"
#include "host/chain/named_instruments.hpp"
#include "host/config/instrument_table.hpp"
#include "host/config/known_names.hpp"
#include "host/config/market_data.hpp"
#include "host/market/price_reader.hpp"
#include "host/model/quantity.hpp"

namespace cadre::backtest {

namespace fs = std::filesystem;

namespace {

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
    problems.append(config::check_names(*run.config, run.prices.instruments));
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
  if (revisions && !run.prices.instruments.empty()) {
    for (const book::RevisionPlan::Step& step : revisions->steps) {
      if (step.config != nullptr && step.at != 0)
        problems.append(config::check_names(*step.config, run.prices.instruments));
      if (!step.rollback)
        problems.append(chain::check_named_instruments(step.config != nullptr ? *step.config : *run.config,
                                                       step.plan, run.prices.instruments));
    }
  }
  if (problems.has_errors()) return problems;
  run.revisions = std::move(revisions).take();
  run.warnings = problems;
  return run;
}

}  // namespace cadre::backtest

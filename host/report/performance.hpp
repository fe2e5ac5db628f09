#pragma once

#include <cstdint>
#include <string>

#include "host/report/run_series.hpp"

namespace cadre::report {

/// A run below this many years has no return a year, and none of the figures made of it: the power of 252
/// over three days is no forecast of anything.
inline constexpr double shortest_years = 0.25;

/// What a series of equity was worth, in the conventions of cadre/quant/performance.hpp, with ratios
/// against zero. NaN where it is undefined; annualised_return and calmar also below `shortest_years`. Of a
/// series that reaches zero the total return and the drawdown are numbers, and the others are undefined.
struct Performance {
  double total_return = 0.0;
  double annualised_return = 0.0;
  double annualised_volatility = 0.0;
  double sharpe = 0.0;
  double sortino = 0.0;
  double calmar = 0.0;
  double max_drawdown = 0.0;  ///< positive
};

struct RunResult {
  RunCounts counts;
  Performance strategy;   ///< from the first decision date on: equity there is the start
  Performance benchmark;  ///< over the same dates
  double years = 0.0;     ///< returns since the first decision date / periods_per_year
  /// One-way share of equity per year: sum of traded / 2 / mean equity / years, from the first decision date.
  /// NaN below `shortest_years`.
  double turnover = 0.0;
  double traded = 0.0;           ///< money, sum of |notional| of all fills
  uint64_t var_forecasts = 0;    ///< dates with a forecast and the return it was for
  uint64_t var_exceedances = 0;  ///< of these, holding_return < -forecast_var
  double decisions_per_second = 0.0;
};

/// What stands beside a Sharpe ratio, which is measured against zero: what cash earned.
std::string cash_text(const RunCounts& counts);

/// Whether the run is too short for figures a year.
bool is_short(const RunResult& result);
/// What is said of a run that is.
inline constexpr const char* short_run_text =
    "The run is shorter than a quarter of a year: there is no return, turnover or Calmar ratio a year.";

/// Expects columns as long as `dates`. A run without decisions has NaN figures.
RunResult summarise(const RunSeries& series, const RunCounts& counts, double periods_per_year);

/// One JSON object: decisions, orders, fills, rejected_orders, initial_equity, final_equity, total_return,
/// annualised_return, annualised_volatility, sharpe, sortino, calmar, max_drawdown, turnover, costs, borrow,
/// interest, opportunity_cost, first_margin_breach, ruined_on, var_exceedances, order_hash, revision,
/// wall_seconds, decisions_per_second, in this order. Money is exact, doubles read back as the same double,
/// NaN is null.
std::string to_json(const RunResult& result);

/// Strategy beside equal-weight buy and hold, for a terminal.
std::string summary_table(const RunResult& result);

}  // namespace cadre::report

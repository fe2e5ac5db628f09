#include "host/report/performance.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>

#include "cadre/quant/performance.hpp"
#include "host/base/date.hpp"
#include "host/base/invariant.hpp"
#include "host/base/json.hpp"
#include "host/base/text.hpp"
#include "host/report/table.hpp"

namespace cadre::report {
namespace {

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

/// The largest fall below the highest equity until then, as a share of it; above 1 below zero.
double fall_of(std::span<const double> equity) {
  double highest = equity.front(), fall = 0;
  for (const double value : equity) {
    highest = std::max(highest, value);
    fall = std::max(fall, (highest - value) / highest);
  }
  return fall;
}

/// Of a book that was ruined: what it lost is a number, and no return a year or ratio is.
Performance ruined_performance_of(std::span<const double> equity) {
  return {.total_return = equity.back() / equity.front() - 1.0,
          .annualised_return = nan_value,
          .annualised_volatility = nan_value,
          .sharpe = nan_value,
          .sortino = nan_value,
          .calmar = nan_value,
          .max_drawdown = fall_of(equity)};
}

Performance performance_of(std::span<const double> equity, double periods_per_year) {
  if (equity.size() < 2) return {nan_value, nan_value, nan_value, nan_value, nan_value, nan_value, nan_value};
  if (std::any_of(equity.begin(), equity.end(), [](double value) { return value <= 0; }))
    return ruined_performance_of(equity);
  Eigen::VectorXd returns(static_cast<Eigen::Index>(equity.size() - 1));
  for (std::size_t t = 1; t < equity.size(); ++t)
    returns(static_cast<Eigen::Index>(t - 1)) = equity[t] / equity[t - 1] - 1.0;
  const bool has_years = static_cast<double>(returns.size()) / periods_per_year >= shortest_years;
  return {.total_return = equity.back() / equity.front() - 1.0,
          .annualised_return = has_years ? quant::annualised_return(returns, periods_per_year) : nan_value,
          .annualised_volatility = quant::annualised_volatility(returns, periods_per_year),
          .sharpe = quant::sharpe(returns, 0.0, periods_per_year),
          .sortino = quant::sortino(returns, 0.0, periods_per_year),
          .calmar = has_years ? quant::calmar(returns, periods_per_year) : nan_value,
          .max_drawdown = quant::max_drawdown(returns)};
}

double sum_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

std::string json_date(int32_t date) {
  return date != 0 ? base::quote(base::format_date(date)) : "null";
}

std::string json_number(double value) {
  return std::isfinite(value) ? base::format_double(value) : "null";
}

}  // namespace

std::string cash_text(const RunCounts& counts) {
  return counts.credit_rate == 0 ? "no interest on cash" : "cash at " + percent(counts.credit_rate);
}

bool is_short(const RunResult& result) {
  return result.years > 0.0 && result.years < shortest_years;
}

RunResult summarise(const RunSeries& series, const RunCounts& counts, double periods_per_year) {
  const std::size_t dates = series.dates.size();
  CADRE_INVARIANT(
      series.equity.size() == dates && series.benchmark.size() == dates && series.traded.size() == dates,
      "report.series", "the series of a run have one length");
  CADRE_INVARIANT(series.forecast_var.size() == dates && series.holding_return.size() == dates,
                  "report.series", "the series of a run have one length");
  const std::size_t first = std::min(series.first_decision, dates);
  const auto since_first = [&](const std::vector<double>& column) {
    return std::span(column).subspan(first);
  };

  RunResult result;
  result.counts = counts;
  result.strategy = performance_of(since_first(series.equity), periods_per_year);
  result.benchmark = performance_of(since_first(series.benchmark), periods_per_year);
  const std::size_t decided = dates - first;
  result.years = decided < 2 ? 0.0 : static_cast<double>(decided - 1) / periods_per_year;
  result.traded = sum_of(since_first(series.traded));
  const double mean_equity = sum_of(since_first(series.equity)) / static_cast<double>(decided);
  result.turnover = result.years >= shortest_years && mean_equity > 0
                        ? result.traded / 2.0 / mean_equity / result.years
                        : nan_value;
  for (std::size_t t = 0; t < dates; ++t) {
    if (!std::isfinite(series.forecast_var[t]) || !std::isfinite(series.holding_return[t])) continue;
    ++result.var_forecasts;
    if (series.holding_return[t] < -series.forecast_var[t]) ++result.var_exceedances;
  }
  result.decisions_per_second =
      counts.wall_seconds > 0.0 ? static_cast<double>(counts.decisions) / counts.wall_seconds : nan_value;
  return result;
}

std::string to_json(const RunResult& result) {
  const RunCounts& counts = result.counts;
  const Performance& strategy = result.strategy;
  const std::pair<const char*, std::string> members[] = {
      {"decisions", std::to_string(counts.decisions)},
      {"orders", std::to_string(counts.orders)},
      {"fills", std::to_string(counts.fills)},
      {"rejected_orders", std::to_string(counts.rejected_orders)},
      {"initial_equity", counts.initial_equity.to_string()},
      {"final_equity", counts.final_equity.to_string()},
      {"total_return", json_number(strategy.total_return)},
      {"annualised_return", json_number(strategy.annualised_return)},
      {"annualised_volatility", json_number(strategy.annualised_volatility)},
      {"sharpe", json_number(strategy.sharpe)},
      {"sortino", json_number(strategy.sortino)},
      {"calmar", json_number(strategy.calmar)},
      {"max_drawdown", json_number(strategy.max_drawdown)},
      {"turnover", json_number(result.turnover)},
      {"costs", counts.costs.to_string()},
      {"borrow", counts.borrow.to_string()},
      {"interest", counts.interest.to_string()},
      {"opportunity_cost", json_number(std::round(counts.opportunity_cost * 100) / 100)},
      {"first_margin_breach", json_date(counts.first_margin_breach)},
      {"ruined_on", json_date(counts.ruined_on)},
      {"var_exceedances", std::to_string(result.var_exceedances)},
      {"order_hash", base::quote(counts.order_hash)},
      {"revision", std::to_string(counts.revision)},
      {"wall_seconds", json_number(counts.wall_seconds)},
      {"decisions_per_second", json_number(result.decisions_per_second)},
  };
  std::string text = "{";
  for (const auto& [key, value] : members) {
    if (text.size() > 1) text += ",";
    text += "\n  \"" + std::string(key) + "\": " + value;
  }
  return text + "\n}\n";
}

std::string summary_table(const RunResult& result) {
  const Performance& a = result.strategy;
  const Performance& b = result.benchmark;
  const RunCounts& counts = result.counts;
  TextTable table(
      {{"", Align::left}, {"strategy", Align::right}, {"equal-weight buy and hold", Align::right}});
  table.add_row({"total return", percent(a.total_return), percent(b.total_return)});
  table.add_row({"annualised return", percent(a.annualised_return), percent(b.annualised_return)});
  table.add_row(
      {"annualised volatility", percent(a.annualised_volatility), percent(b.annualised_volatility)});
  table.add_row({"Sharpe ratio, " + cash_text(counts), decimals(a.sharpe, 2), decimals(b.sharpe, 2)});
  table.add_row({"Sortino ratio", decimals(a.sortino, 2), decimals(b.sortino, 2)});
  table.add_row({"Calmar ratio", decimals(a.calmar, 2), decimals(b.calmar, 2)});
  table.add_row({"maximum drawdown", percent(a.max_drawdown), percent(b.max_drawdown)});
  table.add_rule();
  table.add_row({"initial equity", money(counts.initial_equity), ""});
  table.add_row({"final equity", money(counts.final_equity), ""});
  table.add_row({"costs", money(counts.costs), ""});
  if (counts.interest.raw() != 0) table.add_row({"interest on cash", money(counts.interest), ""});
  if (counts.borrow.raw() != 0) table.add_row({"of them, borrow fees", money(counts.borrow), ""});
  if (counts.first_margin_breach != 0)
    table.add_row({"first margin breach", base::format_date(counts.first_margin_breach), ""});
  if (counts.ruined_on != 0) table.add_row({"ruined", base::format_date(counts.ruined_on), ""});
  table.add_row({"turnover a year, one way", percent(result.turnover, 0), ""});
  table.add_row({"VaR exceedances",
                 with_thousands(result.var_exceedances) + " of " + with_thousands(result.var_forecasts), ""});
  table.add_row({"decisions", with_thousands(counts.decisions), ""});
  table.add_row({"orders", with_thousands(counts.orders), ""});
  table.add_row({"fills", with_thousands(counts.fills), ""});
  table.add_row({"rejected orders", with_thousands(counts.rejected_orders), ""});
  table.add_row({"expired orders", with_thousands(counts.expired_orders), ""});
  return table.to_string() + (is_short(result) ? std::string(short_run_text) + "\n" : std::string());
}

}  // namespace cadre::report

#include "host/report/page.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string_view>

#include "host/base/date.hpp"
#include "host/report/page_assets.hpp"
#include "host/report/page_parts.hpp"
#include "host/report/page_series.hpp"
#include "host/report/table.hpp"

namespace cadre::report {
namespace {

// What the numbers say in one or two sentences, and what they cannot say.
std::string verdict(const RunResult& result) {
  const Performance& a = result.strategy;
  const Performance& b = result.benchmark;
  if (is_short(result)) {
    std::string text = short_run_text;
    text += " In all the strategy made " + signed_percent(a.total_return);
    text += "; equal-weight buy and hold over the same dates made " + signed_percent(b.total_return) + ".";
    return text;
  }
  if (!std::isfinite(a.annualised_return)) return "No decision was made: there is nothing to measure.";
  std::string text = "The strategy made " + signed_percent(a.annualised_return) + " a year at " +
                     percent(a.annualised_volatility, 1) + " volatility";
  if (!std::isfinite(b.annualised_return)) return text + ".";
  text += "; equal-weight buy and hold over the same dates made " + signed_percent(b.annualised_return) +
          " at " + percent(b.annualised_volatility, 1) + ".";
  const double ahead = a.annualised_return - b.annualised_return;
  text += std::string(" It ended ") + (ahead < 0.0 ? "behind" : "ahead") + " by " +
          decimals(100.0 * std::fabs(ahead), 1) + " points a year, with a deepest drawdown of " +
          percent(a.max_drawdown, 1) + " against " + percent(b.max_drawdown, 1) +
          ". One history is one sample: it describes, it proves nothing.";
  return text;
}

std::string var_sentence(const PageInput& input) {
  const uint64_t forecasts = input.result.var_forecasts;
  if (forecasts == 0) return "no forecasts";
  const auto of = static_cast<double>(forecasts);
  std::string text = percent(static_cast<double>(input.result.var_exceedances) / of, 1) + " of " +
                     with_thousands(forecasts) + " days";
  if (std::isfinite(input.var_confidence)) text += ", expected " + percent(1.0 - input.var_confidence, 1);
  return text;
}

std::string tiles(const PageInput& input) {
  const RunResult& result = input.result;
  const Performance& a = result.strategy;
  const Performance& b = result.benchmark;
  const auto against = [](const std::string& value) { return "buy and hold " + value; };
  return "<div class=\"tiles\">\n" +
         tile("Final equity", money(result.counts.final_equity),
              signed_percent(a.total_return) + " in " + decimals(result.years, 1) + " years, " +
                  input.currency) +
         tile("Return a year", signed_percent(a.annualised_return),
              against(signed_percent(b.annualised_return))) +
         tile("Volatility a year", percent(a.annualised_volatility, 1),
              against(percent(b.annualised_volatility, 1))) +
         tile("Sharpe ratio", decimals(a.sharpe, 2),
              against(decimals(b.sharpe, 2)) + "; " + cash_text(result.counts)) +
         tile("Deepest drawdown", percent(a.max_drawdown, 1), against(percent(b.max_drawdown, 1))) +
         tile("VaR exceedances", with_thousands(result.var_exceedances), var_sentence(input)) +
         tile("Turnover a year", percent(result.turnover, 0), "one way, of mean equity") +
         tile("Costs", money(result.counts.costs), "fees and half-spreads, " + input.currency) + "</div>\n";
}

std::string plots() {
  return range_bar() +
         plot("equity", "Equity",
              "Against equal-weight buy and hold from the first decision date, with the same cash and costs.",
              "<label class=\"switch\"><input type=\"checkbox\" id=\"log\"> log scale</label>") +
         plot("drawdown", "Drawdown", "Below the highest equity so far.") +
         plot("weights", "Weights",
              "Share of equity at each close: the largest names by mean weight, the others, cash.") +
         plot("risk", "Forecast VaR and realised returns",
              "What the holdings made each day, and the loss forecast for that day the evening before. "
              "Marked: losses beyond the forecast.") +
         plot(
             "changes", "What each stage changed",
             "Sum of the absolute changes of target weights by each stage, per month, as a share of equity.");
}

std::string result_table(const RunResult& result) {
  const Performance& a = result.strategy;
  const Performance& b = result.benchmark;
  return "<section><h2>Result</h2><div class=\"scroll\"><table><thead><tr><th></th><th>strategy</th>"
         "<th>equal-weight buy and hold</th></tr></thead><tbody>\n" +
         row("Total return", percent(a.total_return), percent(b.total_return)) +
         row("Annualised return", percent(a.annualised_return), percent(b.annualised_return)) +
         row("Annualised volatility", percent(a.annualised_volatility), percent(b.annualised_volatility)) +
         row("Sharpe ratio", decimals(a.sharpe, 2), decimals(b.sharpe, 2)) +
         row("Sortino ratio", decimals(a.sortino, 2), decimals(b.sortino, 2)) +
         row("Calmar ratio", decimals(a.calmar, 2), decimals(b.calmar, 2)) +
         row("Maximum drawdown", percent(a.max_drawdown), percent(b.max_drawdown)) +
         "</tbody></table></div></section>\n";
}

std::string costs_table(const PageInput& input) {
  const RunResult& result = input.result;
  const RunCounts& counts = result.counts;
  const double costs = counts.costs.to_double();
  // Of the same mean that turnover is measured against: traded / 2 / mean equity / years.
  const double mean_equity = result.turnover > 0.0 && result.years > 0.0
                                 ? result.traded / 2.0 / result.turnover / result.years
                                 : 0.0;
  const double costs_a_year = mean_equity > 0.0 ? costs / mean_equity / result.years : -1.0;
  return "<section><h2>Trading and costs</h2><div class=\"scroll\"><table><tbody>\n" +
         row("Decisions", with_thousands(counts.decisions)) + row("Orders", with_thousands(counts.orders)) +
         row("Fills", with_thousands(counts.fills)) +
         row("Rejected orders", with_thousands(counts.rejected_orders)) +
         row("Expired orders", with_thousands(counts.expired_orders)) +
         row("Traded, " + input.currency, decimals(result.traded, 0)) +
         row("Costs, " + input.currency, money(counts.costs)) +
         row("Opportunity cost, " + input.currency, decimals(result.counts.opportunity_cost, 0)) +
         row("Interest on cash, " + input.currency, money(counts.interest)) +
         row("Costs of what was traded",
             result.traded > 0.0 ? decimals(1e4 * costs / result.traded, 1) + " bp" : "-") +
         row("Costs a year, of mean equity", costs_a_year >= 0.0 ? percent(costs_a_year) : "-") +
         "</tbody></table></div></section>\n";
}

std::string unexecuted_table(const PageInput& input) {
  if (input.unexecuted.empty()) return "";
  std::string text =
      "<section class=\"wide\"><h2>Wanted and not traded</h2><p>What limits, thresholds and ended orders "
      "kept "
      "the strategy from, and what it would have earned: until the next decision, or until an order ended. "
      "Below zero it was saved.</p><div class=\"scroll\"><table><thead><tr><th></th><th>opportunity cost, " +
      escaped(input.currency) + "</th><th>times</th><th>first</th></tr></thead><tbody>\n";
  for (const UnexecutedRow& row : input.unexecuted)
    text += "<tr><th scope=\"row\">" + escaped(row.reason) + "</th><td>" + decimals(row.opportunity_cost, 0) +
            "</td><td>" + with_thousands(row.times) + "</td><td>" +
            escaped(row.first_instrument + ", " + to_text(row.first)) + "</td></tr>\n";
  return text + "</tbody></table></div></section>\n";
}

// One cell of the heat table: the further from zero, the stronger its colour; full at 8 % a month.
std::string heat_cell(double value) {
  if (!std::isfinite(value)) return "<td></td>";
  char strength[16];
  std::snprintf(strength, sizeof strength, "%.2f", 0.75 * std::min(std::fabs(value) / 0.08, 1.0));
  return std::string("<td class=\"") + (value < 0.0 ? "down" : "up") + "\" style=\"--heat:" + strength +
         "\">" + decimals(100.0 * value, 1) + "</td>";
}

std::string heat_table(const RunSeries& series) {
  std::string text =
      "<section class=\"wide\"><h2>Monthly returns, %</h2><div class=\"scroll\"><table "
      "class=\"heat\"><thead><tr><th></th>";
  for (const char* month :
       {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"})
    text += std::string("<th>") + month + "</th>";
  text += "<th class=\"sum\">year</th><th>buy and hold</th></tr></thead><tbody>\n";
  for (const YearReturns& year : monthly_returns(series)) {
    text += "<tr><th scope=\"row\">" + std::to_string(year.year) + "</th>";
    for (const double month : year.months)
      text += heat_cell(month);
    text += "<td class=\"sum\">" + decimals(100.0 * year.strategy, 1) + "</td><td>" +
            decimals(100.0 * year.benchmark, 1) + "</td></tr>\n";
  }
  return text + "</tbody></table></div></section>\n";
}

std::string notes(const PageInput& input) {
  std::vector<std::string> lines = input.notes;
  lines.insert(
      lines.end(),
      {"All figures begin at the first decision date. Returns are simple, per bar, after costs.",
       input.result.counts.credit_rate == 0
           ? "Sharpe and Sortino ratios are measured against zero: cash earns no interest, and a book that "
             "holds much cash is not paid for it."
           : "Sharpe and Sortino ratios are measured against zero; the cash of the strategy earned " +
                 percent(input.result.counts.credit_rate) + " a year, that of buy and hold nothing.",
       "Turnover is the sum of all traded notional, halved, over mean equity and years.",
       "A VaR exceedance is a day on which the holdings lost more than was forecast the evening before."});
  return list("Notes", "wide", lines);
}

std::string identity(const PageInput& input) {
  std::string text =
      "<section class=\"wide identity\"><h2>This run</h2><div class=\"scroll\"><table><tbody>\n" +
      row("Revision", std::to_string(input.result.counts.revision));
  for (const PagePlugin& plugin : input.plugins)
    text += row("Plugin " + plugin.id, plugin.version + "  " + plugin.sha256.substr(0, 12));
  text += row("Hash of all orders", input.result.counts.order_hash);
  if (std::isfinite(input.result.counts.wall_seconds) && input.result.counts.wall_seconds > 0.0)
    text += row("Time", decimals(input.result.counts.wall_seconds, 2) + " s, " +
                            decimals(input.result.decisions_per_second, 0) + " decisions/s");
  text += "</tbody></table></div>\n";
  if (!input.replay_command.empty())
    text += "<p>Run it again, and get the same orders:</p><pre>" + escaped(input.replay_command) + "</pre>\n";
  return text + "</section>\n";
}

std::string dates_line(const RunSeries& series) {
  if (series.dates.empty()) return "no data";
  std::string text = base::format_date(series.dates.front()) + " to " +
                     base::format_date(series.dates.back()) + ", " +
                     with_thousands(series.instruments.size()) + " instruments";
  if (series.first_decision < series.dates.size())
    text += ", first decision " + base::format_date(series.dates[series.first_decision]);
  return text;
}

}  // namespace

std::string run_page(const PageInput& input) {
  const std::string header = "<h1>" + escaped(input.title) + "</h1>\n<p class=\"dates\">" +
                             (input.subtitle.empty() ? "" : escaped(input.subtitle) + "<br>") +
                             dates_line(input.series) + "</p>\n<p class=\"verdict\">" +
                             escaped(verdict(input.result)) + "</p>\n" + tiles(input);
  const std::string main =
      list("Warnings", "wide warnings", input.warnings) + (input.series.dates.empty() ? "" : plots()) +
      "<div class=\"columns\">\n" + result_table(input.result) + costs_table(input) + "</div>\n" +
      unexecuted_table(input) + heat_table(input.series) + notes(input) + identity(input);
  return page_document(input.title, header, main, plot_data(by_session(input.series)), page_script());
}

}  // namespace cadre::report

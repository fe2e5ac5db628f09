#include "host/report/experiment_page.hpp"

#include <algorithm>
#include <cmath>

#include "host/base/date.hpp"
#include "host/base/text.hpp"
#include "host/report/page_assets.hpp"
#include "host/report/page_parts.hpp"
#include "host/report/table.hpp"

namespace cadre::report {
namespace {

std::string basis_points(double value) {
  return decimals(value, 3);
}

std::string interval(double low, double high) {
  return std::isfinite(low) && std::isfinite(high) ? basis_points(low) + " to " + basis_points(high) : "-";
}

std::string p_value(double p) {
  return p < 0.0001 ? "below 0.0001" : decimals(p, 4);
}

const ExperimentTest* deciding(const ExperimentPageInput& input) {
  const auto found = std::find_if(input.tests.begin(), input.tests.end(),
                                  [](const ExperimentTest& test) { return test.decides; });
  return found == input.tests.end() ? nullptr : &*found;
}

std::string capitalised(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

// The reason, and what the deciding test says about the size of the difference.
std::string because(const ExperimentPageInput& input) {
  std::string text = capitalised(input.reason) + ".";
  const ExperimentTest* test = deciding(input);
  if (!std::isfinite(input.mean_bp)) return text;
  text += " Candidate minus control: " + basis_points(input.mean_bp) + " basis points per period";
  if (test != nullptr && std::isfinite(test->low_bp) && std::isfinite(test->high_bp))
    text += ", " + test->name + " from " + interval(test->low_bp, test->high_bp);
  return text + ".";
}

std::string header(const ExperimentPageInput& input) {
  std::string dates;
  if (!input.dates.empty())
    dates = base::format_date(input.dates.front()) + " to " + base::format_date(input.dates.back());
  return "<h1 class=\"ruling " + escaped(input.verdict) + "\">" + escaped(capitalised(input.verdict_words)) +
         "</h1>\n<p class=\"verdict\">" + escaped(because(input)) + "</p>\n<p class=\"dates\">" +
         escaped(input.title) + (input.subtitle.empty() ? "" : ": " + escaped(input.subtitle)) +
         (dates.empty() ? "" : "<br>" + dates) + "</p>\n";
}

std::string tiles(const ExperimentPageInput& input) {
  const ExperimentTest* test = deciding(input);
  const std::string power = "with power " + percent(input.power, 0);
  return "<div class=\"tiles five\">\n" +
         tile("Mean difference", basis_points(input.mean_bp), "basis points per period") +
         tile("Interval", test == nullptr ? "-" : interval(test->low_bp, test->high_bp),
              test == nullptr ? ""
                              : test->name + ", which decides" +
                                    (std::isfinite(test->p) ? "; p " + p_value(test->p) : "")) +
         tile("Minimum detectable effect", basis_points(input.detectable_bp),
              "basis points per period, " + power) +
         tile("Periods needed", decimals(input.periods_needed, 0),
              "to find " + base::format_double(input.needed_for_bp) + " basis point" +
                  (input.needed_for_bp == 1.0 ? "" : "s") + " " + power) +
         tile("Periods compared", with_thousands(input.n), "horizon " + with_thousands(input.horizon)) +
         "</div>\n";
}

std::string plots(const ExperimentPageInput& input) {
  std::string about =
      "Candidate minus control, sum of the differences of returns since the first period, in basis points. "
      "The band is the confidence sequence of that sum from the 60th period on, which holds at all dates "
      "together";
  const ExperimentTest* test = deciding(input);
  const bool band_decides = test == nullptr || test->name == input.band;
  about += band_decides ? ": where it leaves zero out, the two differ." : "; here it does not decide.";
  if (std::isfinite(input.margin_bp))
    about += std::string(" Dashed: the declared margin") +
             (band_decides ? "; a band that ends inside of it means equivalent." : ".");
  return range_bar() + plot("difference", "Cumulative difference of returns", about) +
         plot("equity", "Equity", "Both arms over the compared periods, after costs.",
              "<label class=\"switch\"><input type=\"checkbox\" id=\"log\"> log scale</label>");
}

std::string arms_table(const ExperimentPageInput& input) {
  const Performance& a = input.control.strategy;
  const Performance& b = input.candidate.strategy;
  const RunCounts& x = input.control.counts;
  const RunCounts& y = input.candidate.counts;
  return "<section><h2>Both arms</h2><div class=\"scroll\"><table><thead><tr><th></th><th>control</th>"
         "<th>candidate</th></tr></thead><tbody>\n" +
         row("Annualised return", percent(a.annualised_return), percent(b.annualised_return)) +
         row("Annualised volatility", percent(a.annualised_volatility), percent(b.annualised_volatility)) +
         row("Sharpe ratio", decimals(a.sharpe, 2), decimals(b.sharpe, 2)) +
         row("Maximum drawdown", percent(a.max_drawdown), percent(b.max_drawdown)) +
         row("Costs", money(x.costs), money(y.costs)) +
         row("Orders", with_thousands(x.orders), with_thousands(y.orders)) +
         "</tbody></table></div></section>\n";
}

std::string tests_table(const ExperimentPageInput& input) {
  std::string text =
      "<section><h2>Mean difference, basis points per period</h2><div class=\"scroll\"><table><thead><tr>"
      "<th></th><th>interval</th><th>p</th></tr></thead><tbody>\n";
  for (const ExperimentTest& test : input.tests)
    text += row(test.name + (test.decides ? " (decides)" : ""), interval(test.low_bp, test.high_bp),
                p_value(test.p));
  if (std::isfinite(input.margin_bp))
    text += row("margin that does not matter", interval(-input.margin_bp, input.margin_bp), "");
  return text +
         "</tbody></table></div><p class=\"about\">The rule was declared before the data were looked at. The "
         "test that does not decide is a diagnostic.</p></section>\n";
}

std::string differences(const ExperimentPageInput& input) {
  std::string text = "<section class=\"wide\"><h2>Differing decisions</h2>";
  if (input.differences.empty())
    return text + "<p>" +
           (input.decisions == 0 ? std::string("No date on which both arms decided.")
                                 : "All " + with_thousands(input.decisions) + " decisions are the same.") +
           "</p></section>\n";
  const DifferentDecision& first = input.differences.front();
  text += "<p>" + with_thousands(uint64_t{input.differences.size()}) + " of " +
          with_thousands(input.decisions) + " decisions differ, first on " + base::format_date(first.date) +
          " in " + escaped(first.stage) +
          ".</p></section>\n<div class=\"columns\">\n<section><h2>First stage to differ</h2><div "
          "class=\"scroll\"><table><thead><tr><th></th><th>decisions</th></tr></thead><tbody>\n";
  for (const auto& [stage, count] : input.first_stages)
    text += row(stage, with_thousands(count));
  const std::size_t listed = std::min(listed_differences_max, input.differences.size());
  text +=
      "</tbody></table></div><p class=\"about\">\"portfolio\": the arms already held different positions or "
      "had different equity, so that every stage had different inputs. Beside each date: the instruments "
      "whose position or target differs.</p></section>\n<section><h2>" +
      std::string(listed < input.differences.size() ? "The first " + std::to_string(listed) : "All of them") +
      "</h2><div class=\"scroll\"><table><thead><tr><th>date</th><th>stage</th><th>instruments</th>"
      "</tr></thead><tbody>\n";
  for (std::size_t i = 0; i < listed; ++i) {
    const DifferentDecision& difference = input.differences[i];
    text += row(base::format_date(difference.date), difference.stage, with_thousands(difference.instruments));
  }
  return text + "</tbody></table></div></section>\n</div>\n";
}

std::string identity(const ExperimentPageInput& input) {
  const auto changes = [](const std::vector<std::string>& lines) {
    return lines.empty() ? std::string("the scenario as it is") : base::join(lines, "\n");
  };
  return "<section class=\"wide identity\"><h2>This experiment</h2><div class=\"scroll\"><table><tbody>\n" +
         row("Control sets", changes(input.control_changes)) +
         row("Candidate sets", changes(input.candidate_changes)) +
         row("Orders of the control", input.control.counts.order_hash) +
         row("Orders of the candidate", input.candidate.counts.order_hash) + "</tbody></table></div>\n<p>" +
         escaped(input.closing) + "</p></section>\n";
}

std::string data_of(const ExperimentPageInput& input) {
  std::string text = "{\"margin\":";
  append_number(text, input.margin_bp, 9);
  text += ",\"band\":" + script_string(input.band) + ",\"dates\":";
  append_array(text, 0, input.dates.size(), 8,
               [&](std::size_t t) { return static_cast<double>(input.dates[t]); });
  const auto add = [&](const char* name, const std::vector<double>& column, int digits) {
    text += ",\"" + std::string(name) + "\":";
    append_array(text, 0, column.size(), digits, [&](std::size_t t) { return column[t]; });
  };
  add("cumulative", input.cumulative, 6);
  add("low", input.low, 6);
  add("high", input.high, 6);
  add("control", input.control_equity, 9);
  add("candidate", input.candidate_equity, 9);
  return text + "}";
}

}  // namespace

std::string experiment_page(const ExperimentPageInput& input) {
  const std::string main = list("Warnings", "wide warnings", input.warnings) +
                           (input.dates.empty() ? "" : plots(input)) + "<div class=\"columns\">\n" +
                           arms_table(input) + tests_table(input) + "</div>\n" + differences(input) +
                           identity(input);
  return page_document(input.title, header(input) + tiles(input), main, data_of(input), experiment_script());
}

}  // namespace cadre::report

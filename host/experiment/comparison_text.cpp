#include "host/experiment/comparison_text.hpp"

#include <boost/json.hpp>
#include <cmath>

#include "host/base/date.hpp"
#include "host/base/text.hpp"
#include "host/report/table.hpp"

namespace cadre::experiment {
namespace {

namespace json = boost::json;

json::value number(double value) {
  return std::isfinite(value) ? json::value(value) : json::value(nullptr);
}

json::value whole(double value) {
  return std::isfinite(value) && value < 9e15 ? json::value(static_cast<int64_t>(value))
                                              : json::value(nullptr);
}

json::value date(int32_t value) {
  return value == 0 ? json::value(nullptr) : json::value(base::format_date(value));
}

std::string basis_points(double fraction) {
  return report::decimals(fraction * 1e4, 3);
}

std::string interval(double mean, double half_width) {
  return basis_points(mean - half_width) + " to " + basis_points(mean + half_width);
}

std::string p_value(double p) {
  return p < 0.0001 ? "below 0.0001" : report::decimals(p, 4);
}

}  // namespace

std::string verdict_words(Verdict verdict) {
  switch (verdict) {
    case Verdict::better:
      return "better: the candidate returns more than the control";
    case Verdict::worse:
      return "worse: the candidate returns less than the control";
    case Verdict::equivalent:
      return "equivalent: the two differ by less than the margin";
    case Verdict::inconclusive:
      return "inconclusive: these periods do not show a difference, nor that there is none";
    case Verdict::invalid:
      return "invalid: the two cannot be compared";
  }
  return {};
}

std::string to_json(const Comparison& c) {
  const double mean = c.mean_difference;
  const json::object object{
      {"verdict", verdict_name(c.verdict)},
      {"reason", c.reason},
      {"n", c.n},
      {"warm_up", c.warm_up},
      {"from", date(c.from)},
      {"to", date(c.to)},
      {"test", test_name(c.rule.test)},
      {"alpha", c.rule.alpha},
      {"power", c.rule.power},
      {"margin_bp", c.rule.margin_bp ? number(*c.rule.margin_bp) : json::value(nullptr)},
      {"horizon", c.rule.horizon},
      {"mean_difference", number(mean)},
      {"newey_west", json::object{{"lag", c.newey_west.lag},
                                  {"variance", number(c.newey_west.variance)},
                                  {"t", number(c.newey_west.t)},
                                  {"p", number(c.newey_west.p)},
                                  {"ci_low", number(mean - c.newey_west_half_width)},
                                  {"ci_high", number(mean + c.newey_west_half_width)}}},
      {"sequential",
       json::object{{"variance", number(c.sequential.variance)},
                    {"half_width", number(c.sequential.half_width)},
                    {"ci_low", number(mean - c.sequential.half_width)},
                    {"ci_high", number(mean + c.sequential.half_width)},
                    {"p", number(c.sequential.p)},
                    {"first_exclusion", c.first_exclusion == 0 ? json::value(nullptr) : c.first_exclusion}}},
      {"equivalence_p", number(c.equivalence_p)},
      {"minimum_detectable_effect", number(c.minimum_detectable_effect)},
      {"periods_needed", whole(c.periods_needed)},
      {"periods_needed_for_bp", c.effect_bp}};
  return json::serialize(object);
}

std::string summary(const Comparison& c) {
  std::string text = verdict_words(c.verdict) + "\n" + c.reason + "\n";
  if (c.n < minimum_pairs) return text;
  const bool once = c.rule.test == DecidingTest::newey_west;
  const std::string level = base::format_double(100 * (1 - c.rule.alpha)) + " %";
  const auto role = [&](bool decides) { return decides ? " (decides)" : ""; };
  report::TextTable table({{"candidate minus control"},
                           {"basis points per period", report::Align::right},
                           {"p", report::Align::right}});
  table.add_row({"mean difference", basis_points(c.mean_difference), ""});
  table.add_row({level + " confidence sequence" + role(!once),
                 interval(c.mean_difference, c.sequential.half_width), p_value(c.sequential.p)});
  table.add_row({level + " interval, Newey-West" + role(once),
                 interval(c.mean_difference, c.newey_west_half_width), p_value(c.newey_west.p)});
  if (c.rule.margin_bp)
    table.add_row(
        {"margin",
         "-" + report::decimals(*c.rule.margin_bp, 3) + " to " + report::decimals(*c.rule.margin_bp, 3),
         once ? p_value(c.equivalence_p) : ""});
  table.add_row({"minimum detectable effect", basis_points(c.minimum_detectable_effect), ""});
  text += "\n" + table.to_string() + "\n";
  text += report::with_thousands(static_cast<uint64_t>(c.n)) + " periods, " + base::format_date(c.from) +
          " to " + base::format_date(c.to) + "; horizon " +
          report::with_thousands(static_cast<uint64_t>(c.rule.horizon)) + "\n";
  if (std::isfinite(c.periods_needed))
    text += "to find " + base::format_double(c.effect_bp) + " basis point" + (c.effect_bp == 1 ? "" : "s") +
            " with power " + report::percent(c.rule.power, 0) + ": " + report::decimals(c.periods_needed, 0) +
            " periods\n";
  return text;
}

}  // namespace cadre::experiment

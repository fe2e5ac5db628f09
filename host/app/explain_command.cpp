// explain: the waterfall of one order.

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <cstdio>

#include "host/app/command.hpp"
#include "host/backtest/explain.hpp"
#include "host/base/date.hpp"
#include "host/base/text.hpp"
#include "host/chain/risk_feedback_loop.hpp"
#include "host/model/order.hpp"
#include "host/report/table.hpp"

namespace cadre::app {

namespace {

namespace json = boost::json;

std::string quantity(std::int64_t e9, bool with_sign) {
  const std::string text = report::with_thousands(base::Quantity::from_raw(e9).to_string());
  return with_sign && e9 > 0 ? "+" + text : text;
}

std::string limit_line(const cadre_limit_use& use, const std::vector<std::string>& instruments) {
  if (model::id_text(use.name) == journal::filled_returns) {
    return "on days without a price: " + base::format_double(use.value) + " of the " +
           base::format_double(use.limit) + " returns that the figures rest on";
  }
  const std::string whose =
      use.instrument < instruments.size() ? " of " + instruments[use.instrument] : std::string();
  return std::string(model::id_text(use.name)) + whose + ": " + report::percent(use.value) + " of " +
         report::percent(use.limit) + ((use.flags & CADRE_LIMIT_HARD) != 0 ? " (hard)" : " (soft)");
}

/// Whether a limit of the decision has to do with the order: it is of its instrument, or the final cut was
/// on all increases.
bool concerns(const cadre_limit_use& use, const backtest::Explanation& e) {
  if ((use.flags & journal::bound_in_loop) != 0)
    return std::any_of(e.steps.begin(), e.steps.end(), [](const chain::WaterfallStep& step) {
      return step.reason.code == CADRE_REASON_RISK_LIMIT;
    });
  return use.instrument == e.index || (use.instrument == CADRE_BOOK && e.decision.cut_factor < 1);
}

std::string bound_line(const cadre_limit_use& use) {
  std::string line = "bound by " + std::string(model::id_text(use.name));
  if (std::isnan(use.value)) return line;
  if ((use.flags & journal::bound_in_units) != 0)
    return line + ": " + report::decimals(use.limit, 4) + " of " + report::decimals(use.value, 4) + " units";
  return line + ": " + report::percent(use.value, 4) + " where " + report::percent(use.limit, 4) +
         " is allowed";
}

json::array bounds_of(const backtest::Explanation& e) {
  json::array bounds;
  for (const cadre_limit_use& use : e.decision.bound_by) {
    if (!concerns(use, e)) continue;
    const bool has_figures = !std::isnan(use.value);
    bounds.push_back({{"limit", std::string(model::id_text(use.name))},
                      {"of", use.instrument == e.index ? json::value(e.instrument) : json::value("book")},
                      {"wanted", has_figures ? json::value(use.value) : json::value(nullptr)},
                      {"allowed", has_figures ? json::value(use.limit) : json::value(nullptr)},
                      {"unit", (use.flags & journal::bound_in_units) != 0 ? "units" : "share"}});
  }
  return bounds;
}

double average_price(const backtest::PartsExplained& whole) {
  return whole.filled_notional / base::Quantity::from_raw(whole.filled_e9).to_double();
}

json::object to_json(const backtest::PartsExplained& whole) {
  json::array events;
  for (const auto& event : whole.events)
    events.push_back({{"date", base::format_date(event.date)},
                      {"time", base::format_time(event.time_ns)},
                      {"reason", chain::reason_name(event.reason.code)},
                      {"value", event.reason.value},
                      {"left", base::Quantity::from_raw(event.left_e9).to_string()}});
  json::object object{{"client_id", whole.client_id},
                      {"quantity", base::Quantity::from_raw(whole.quantity_e9).to_string()},
                      {"parts", whole.parts},
                      {"sent", base::Quantity::from_raw(whole.sent_e9).to_string()},
                      {"filled", base::Quantity::from_raw(whole.filled_e9).to_string()},
                      {"unsent", base::Quantity::from_raw(whole.quantity_e9 - whole.sent_e9).to_string()},
                      {"goes_on", whole.goes_on},
                      {"events", events}};
  if (whole.filled_e9 != 0) object["average_price"] = average_price(whole);
  return object;
}

json::object to_json(const backtest::Explanation& e) {
  json::array steps;
  for (std::size_t k = 0; k < e.steps.size(); ++k) {
    const chain::WaterfallStep& step = e.steps[k];
    steps.push_back({{"stage", step.stage},
                     {"target_weight", step.target},
                     {"quantity", base::Quantity::from_raw(step.quantity_e9).to_string()},
                     {"change", base::Quantity::from_raw(step.change_e9).to_string()},
                     {"reason", e.reasons[k]},
                     {"value", step.reason.value}});
  }
  json::array reports;
  for (const cadre_execution_report& r : e.reports) {
    reports.push_back({{"time", base::format_time(r.time_ns)},
                       {"status", std::string(model::order_status_name(r.status))},
                       {"quantity", base::Quantity::from_raw(r.quantity_e9).to_string()},
                       {"price", base::Price::from_raw(r.price_e9).to_string()},
                       {"fees", base::Money::from_raw(r.fees_e6).to_string()}});
  }
  const cadre_order& o = e.order.order;
  json::array requests;
  for (const std::uint32_t reason : e.requests)
    requests.push_back(json::value(chain::reason_name(reason)));
  json::array failed(e.order.failed_checks.begin(), e.order.failed_checks.end());
  return {{"order", std::string(model::id_text(o.client_id))},
          {"instrument", e.instrument},
          {"side", std::string(model::side_name(o.side))},
          {"quantity", base::Quantity::from_raw(o.quantity_e9).to_string()},
          {"date", base::format_date(e.decision.date)},
          {"time", base::format_time(e.decision.time_ns)},
          {"revision", e.decision.revision},
          {"held", base::Quantity::from_raw(
                       e.steps.empty() ? 0 : e.decision.position_e9[e.index] + e.decision.working_e9[e.index])
                       .to_string()},
          {"steps", steps},
          {"note", e.note},
          {"failed_checks", failed},
          {"cut_reason", chain::reason_name(e.order.reason.code)},
          {"bound_by", bounds_of(e)},
          {"requests", requests},
          {"whole", e.whole ? json::value(to_json(*e.whole)) : json::value(nullptr)},
          {"reports", reports}};
}

std::string failure_line(const journal::StageFailure& failure) {
  return "failed: " + failure.instance + " (" + failure.policy + ")" +
         (failure.reason.empty() ? "" : ": " + failure.reason);
}

/// What the risk feedback loop came to, and what else is worth knowing of the decision.
void print_decision(const backtest::Explanation& e) {
  const auto outcome = chain::outcome_name(static_cast<chain::LoopOutcome>(e.decision.outcome));
  std::printf("risk feedback: %s after %u pass%s", std::string(outcome).c_str(), e.decision.passes,
              e.decision.passes == 1 ? "" : "es");
  if (e.decision.cut_factor < 1)
    std::printf("; the final cut scaled increases by %.4f", e.decision.cut_factor);
  std::printf("\n");
  for (const cadre_limit_use& use : e.decision.bound_by) {
    if (concerns(use, e)) std::printf("%s\n", bound_line(use).c_str());
  }
  if (!e.note.empty()) std::printf("%s\n", e.note.c_str());
  for (std::size_t k = 0; k < e.decision.limits.size(); ++k) {
    const cadre_limit_use& use = e.decision.limits[k];
    if (k < 3 || model::id_text(use.name) == journal::filled_returns)
      std::printf("  %s\n", limit_line(use, e.instruments).c_str());
  }
  for (const journal::StageFailure& failure : e.decision.failures)
    std::printf("%s\n", failure_line(failure).c_str());
}

/// What became of all parts of an order, and what held them up.
void print_whole(const backtest::Explanation& e) {
  const backtest::PartsExplained& whole = *e.whole;
  std::printf("%s %s: %u part%s sent, %s of %s, filled %s", e.is_whole ? "in parts" : "whole order",
              whole.client_id.c_str(), whole.parts, whole.parts == 1 ? "" : "s",
              quantity(whole.sent_e9, false).c_str(), quantity(whole.quantity_e9, false).c_str(),
              quantity(whole.filled_e9, false).c_str());
  if (whole.filled_e9 != 0)
    std::printf(" at %s on average", report::decimals(average_price(whole), 4).c_str());
  std::printf("%s\n", whole.goes_on ? "; the rest is still to be sent" : "");
  for (const auto& event : whole.events) {
    const std::string when = e.has_times ? base::format_time(event.time_ns) : base::format_date(event.date);
    const bool has_ended = event.left_e9 == 0;
    const std::string units = has_ended ? report::decimals(event.reason.value, 0) + " never sent"
                                        : quantity(event.left_e9, false) + " left to be sent";
    std::printf("  %s %s%s, %s\n", when.c_str(), has_ended ? "ended: " : "",
                chain::reason_name(event.reason.code).c_str(), units.c_str());
  }
}

void print_reports(const backtest::Explanation& e) {
  for (const cadre_execution_report& r : e.reports) {
    const std::string when =
        e.has_times ? base::format_time(r.time_ns) : base::format_date(base::date_of_time(r.time_ns));
    std::printf("%s %s", when.c_str(), std::string(model::order_status_name(r.status)).c_str());
    if (r.quantity_e9 != 0) {
      std::printf(" %s at %s, fees %s, half-spread %s", quantity(r.quantity_e9, false).c_str(),
                  base::Price::from_raw(r.price_e9).to_string().c_str(),
                  report::money(base::Money::from_raw(r.fees_e6)).c_str(),
                  report::money(base::Money::from_raw(r.spread_cost_e6)).c_str());
    }
    std::printf("\n");
  }
}

/// A problem that names the books, where the folder is the state folder of a host.
base::Problems books_of_host(const std::filesystem::path& folder) {
  std::error_code error;
  base::Problems problems;
  if (!std::filesystem::is_directory(folder / "books", error)) return problems;
  std::vector<std::string> books;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "books", error))
    books.push_back(entry.path().string());
  std::sort(books.begin(), books.end());
  problems.error("RUN_OF_A_HOST", base::Place::of(folder), "this is the state folder of a host",
                 "name one of its books: " + base::join(books, ", "));
  return problems;
}

}  // namespace

int run_explain_command(const ExplainArguments& arguments) {
  if (const base::Problems problems = books_of_host(arguments.run); problems.has_errors()) {
    print_refusal(problems, arguments.json);
    return exit_invalid_input;
  }
  const auto explained = backtest::explain_order(arguments.run, arguments.order);
  if (!explained) {
    print_refusal(explained.problems(), arguments.json);
    return exit_invalid_input;
  }
  if (arguments.json) {
    print_json(json::serialize(to_json(*explained)));
    return exit_fine;
  }
  const backtest::Explanation& e = *explained;
  const cadre_order& o = e.order.order;
  std::printf("%s %s %s %s, %s %s\n", std::string(model::id_text(o.client_id)).c_str(),
              std::string(model::side_name(o.side)).c_str(), quantity(o.quantity_e9, false).c_str(),
              e.instrument.c_str(), std::string(model::order_type_name(o.type)).c_str(),
              std::string(model::time_in_force_name(o.time_in_force)).c_str());
  if (e.steps.empty()) {
    std::printf("settles a position that left the universe; no decision led to it\n");
  } else {
    std::printf(
        "decided %s under revision %llu at %s a unit, equity %s\n\n",
        (e.has_times ? base::format_time(e.decision.time_ns) : base::format_date(e.decision.date)).c_str(),
        static_cast<unsigned long long>(e.decision.revision),
        base::Price::from_raw(e.decision.price_e9[e.index]).to_string().c_str(),
        report::money(e.decision.equity).c_str());
    report::TextTable table({{"stage"},
                             {"target", report::Align::right},
                             {"position", report::Align::right},
                             {"change", report::Align::right},
                             {"why"}});
    table.add_row({"held", "",
                   quantity(e.decision.position_e9[e.index] + e.decision.working_e9[e.index], false), "",
                   ""});
    std::int64_t total = 0;
    for (std::size_t k = 0; k < e.steps.size(); ++k) {
      const chain::WaterfallStep& step = e.steps[k];
      total += step.change_e9;
      std::string why = e.reasons[k];
      if (!why.empty()) why += " (" + report::decimals(step.reason.value, 4) + ")";
      table.add_row({step.stage, report::percent(step.target), quantity(step.quantity_e9, false),
                     quantity(step.change_e9, true), why});
    }
    table.add_rule();
    table.add_row({"order", "", "", quantity(total, true), ""});
    std::printf("%s\n", table.to_string(width_of_output()).c_str());
    print_decision(e);
  }
  if (e.order.reason.code != 0)
    std::printf("made smaller: %s, of %s\n", chain::reason_name(e.order.reason.code).c_str(),
                report::decimals(e.order.reason.value, 4).c_str());
  for (const std::uint32_t reason : e.requests)
    std::printf("taken back: %s\n", chain::reason_name(reason).c_str());
  if (e.whole) print_whole(e);
  if (!e.order.failed_checks.empty())
    std::printf("rejected by the pre-trade checks: %s\n", base::join(e.order.failed_checks, ", ").c_str());
  print_reports(e);
  return exit_fine;
}

}  // namespace cadre::app

// experiment run and analyze: the verdict about two versions.

#include <boost/json.hpp>
#include <cstdio>
#include <memory>

#include "host/app/command.hpp"
#include "host/app/run_witness.hpp"
#include "host/backtest/experiment_run.hpp"
#include "host/base/date.hpp"
#include "host/experiment/comparison_text.hpp"
#include "host/report/performance.hpp"
#include "host/report/progress.hpp"
#include "host/report/table.hpp"

namespace cadre::app {

namespace {

int exit_code_of(experiment::Verdict verdict) {
  switch (verdict) {
    case experiment::Verdict::worse:
      return exit_difference;
    case experiment::Verdict::invalid:
      return exit_invalid_input;
    default:
      return exit_fine;
  }
}

std::string outcome_json(const experiment::ExperimentOutcome& outcome) {
  boost::json::object object = boost::json::parse(experiment::to_json(outcome.comparison)).as_object();
  object["name"] = outcome.name;
  object["control"] = boost::json::parse(report::to_json(outcome.control));
  object["candidate"] = boost::json::parse(report::to_json(outcome.candidate));
  object["decisions"] = outcome.decisions;
  experiment::describe_differences(outcome.differences, object);
  return boost::json::serialize(object);
}

void print_outcome(const experiment::ExperimentOutcome& outcome) {
  std::printf("%s\n%s", outcome.name.c_str(), experiment::summary(outcome.comparison).c_str());
  using report::Align;
  report::TextTable table({{""}, {"control", Align::right}, {"candidate", Align::right}});
  const auto row = [&](const char* name, double a, double b) {
    table.add_row({name, report::percent(a), report::percent(b)});
  };
  const report::Performance& a = outcome.control.strategy;
  const report::Performance& b = outcome.candidate.strategy;
  row("annualised return", a.annualised_return, b.annualised_return);
  row("annualised volatility", a.annualised_volatility, b.annualised_volatility);
  table.add_row({"Sharpe ratio", report::decimals(a.sharpe, 2), report::decimals(b.sharpe, 2)});
  row("maximum drawdown", a.max_drawdown, b.max_drawdown);
  table.add_row(
      {"costs", report::money(outcome.control.counts.costs), report::money(outcome.candidate.counts.costs)});
  table.add_row({"orders", report::with_thousands(outcome.control.counts.orders),
                 report::with_thousands(outcome.candidate.counts.orders)});
  std::printf("\n%s", table.to_string(width_of_output()).c_str());
  if (outcome.differences.empty()) {
    std::printf("\nall %s decisions are the same\n", report::with_thousands(outcome.decisions).c_str());
    return;
  }
  const experiment::DecisionDifference& first = outcome.differences.front();
  std::printf("\n%s of %s decisions differ, first on %s in %s (%zu instruments)\n",
              report::with_thousands(std::uint64_t{outcome.differences.size()}).c_str(),
              report::with_thousands(outcome.decisions).c_str(), base::format_date(first.date).c_str(),
              first.stage.c_str(), first.instruments);
  for (const auto& [stage, count] : experiment::first_stages(outcome.differences)) {
    std::printf("  %s was the first to differ in %s\n", stage.c_str(), report::with_thousands(count).c_str());
  }
}

}  // namespace

int run_experiment_run_command(const GlobalOptions& global, const ExperimentRunArguments& arguments) {
  const RunWitness witness;
  std::unique_ptr<report::Progress> bar;
  auto outcome = backtest::run_experiment({arguments.file, global.agent_folders, arguments.out},
                                          [&](std::size_t done, std::size_t total) {
                                            if (bar == nullptr)
                                              bar = std::make_unique<report::Progress>("experiment", total);
                                            bar->update(done);
                                          });
  if (bar != nullptr) bar->finish();
  if (!outcome) {
    print_refusal(outcome.problems(), arguments.json);
    return exit_invalid_input;
  }
  print_problems(outcome->comparison.problems);
  if (arguments.json)
    print_json(outcome_json(*outcome));
  else
    print_outcome(*outcome);
  if (!arguments.out.empty() && !arguments.json)
    std::printf("\nReport:  %s\n", (arguments.out / "report.html").string().c_str());
  return exit_code_of(outcome->comparison.verdict);
}

int run_experiment_analyze_command(const ExperimentAnalyzeArguments& arguments) {
  auto control = experiment::read_series(arguments.control);
  auto candidate = experiment::read_series(arguments.candidate);
  base::Problems problems = control.problems();
  problems.append(candidate.problems());
  if (problems.has_errors()) {
    print_refusal(problems, arguments.json);
    return exit_invalid_input;
  }
  print_problems(problems);

  experiment::ComparisonOptions options;
  options.test = arguments.test == "newey_west" ? experiment::DecidingTest::newey_west
                                                : experiment::DecidingTest::sequential;
  options.alpha = arguments.alpha;
  options.margin_bp = arguments.margin_bp;
  options.horizon = arguments.horizon;
  const experiment::Comparison comparison = experiment::compare(*control, *candidate, options);
  print_problems(comparison.problems);
  const std::string text =
      arguments.json ? experiment::to_json(comparison) + "\n" : experiment::summary(comparison);
  print_text(text);
  return exit_code_of(comparison.verdict);
}

}  // namespace cadre::app

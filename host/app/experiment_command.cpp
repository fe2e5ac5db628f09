// experiment analyze: the verdict about two series.

#include <cstdio>

#include "host/app/command.hpp"
#include "host/experiment/comparison_text.hpp"

namespace cadre::app {

int run_experiment_analyze_command(const ExperimentAnalyzeArguments& arguments) {
  auto control = experiment::read_series(arguments.control);
  auto candidate = experiment::read_series(arguments.candidate);
  base::Problems problems = control.problems();
  problems.append(candidate.problems());
  print_problems(problems);
  if (problems.has_errors()) return exit_invalid_input;

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
  std::printf("%s", text.c_str());
  switch (comparison.verdict) {
    case experiment::Verdict::worse:
      return exit_difference;
    case experiment::Verdict::invalid:
      return exit_invalid_input;
    default:
      return exit_fine;
  }
}

}  // namespace cadre::app

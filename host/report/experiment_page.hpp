#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "host/report/performance.hpp"

namespace cadre::report {

/// What a test says about the mean difference, candidate minus control, in basis points per period.
struct ExperimentTest {
  std::string name;  ///< "95 % confidence sequence"
  double low_bp = 0.0;
  double high_bp = 0.0;
  double p = 0.0;
  bool decides = false;
};

struct DifferentDecision {
  int32_t date = 0;
  std::string stage;         ///< the first that differed
  uint64_t instruments = 0;  ///< whose target differs after it
};

/// All text is taken as plain text and escaped. What is NaN is shown as "-", or not plotted.
struct ExperimentPageInput {
  std::string title;
  std::string subtitle{};
  std::string verdict{};        ///< one word: better, worse, equivalent, inconclusive, invalid
  std::string verdict_words{};  ///< what that means, in a sentence
  std::string reason{};
  std::vector<ExperimentTest> tests{};
  double mean_bp = std::numeric_limits<double>::quiet_NaN();
  double detectable_bp = std::numeric_limits<double>::quiet_NaN();
  double margin_bp = std::numeric_limits<double>::quiet_NaN();
  double periods_needed = std::numeric_limits<double>::quiet_NaN();
  double needed_for_bp = 1.0;
  double power = 0.8;
  uint64_t n = 0;
  uint64_t horizon = 0;

  // One number a date of a compared period, sums in basis points.
  std::vector<int32_t> dates{};
  std::vector<double> cumulative{};  ///< sum of the differences so far
  std::vector<double> low{};         ///< of the confidence sequence of that sum; NaN before it decides
  std::vector<double> high{};
  std::vector<double> control_equity{};
  std::vector<double> candidate_equity{};
  std::string band = "confidence sequence";

  RunResult control{};
  RunResult candidate{};
  uint64_t decisions = 0;                        ///< on which both arms decided
  std::vector<DifferentDecision> differences{};  ///< in order of date
  std::vector<std::pair<std::string, uint64_t>>
      first_stages{};                          ///< how often each stage was the first to differ
  std::vector<std::string> control_changes{};  ///< what each arm changes in the scenario
  std::vector<std::string> candidate_changes{};
  std::vector<std::string> warnings{};
  std::string closing = "The folders control and candidate beside this file have a page of their own each.";
};

/// Different decisions listed one by one.
inline constexpr std::size_t listed_differences_max = 20;

/// report.html of an experiment, in the manner of run_page: the verdict in words first.
std::string experiment_page(const ExperimentPageInput& input);

}  // namespace cadre::report

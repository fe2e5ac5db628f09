#pragma once

#include <boost/json/object.hpp>

#include "host/experiment/comparison.hpp"
#include "host/experiment/decision_difference.hpp"
#include "host/experiment/experiment_file.hpp"
#include "host/experiment/series.hpp"
#include "host/report/experiment_page.hpp"
#include "host/report/performance.hpp"

namespace cadre::experiment {

/// What the two arms of an experiment came to.
struct ExperimentOutcome {
  std::string name;
  Comparison comparison;
  report::RunResult control, candidate;
  std::uint64_t decisions = 0;                  ///< on which both arms decided
  std::vector<DecisionDifference> differences;  ///< in order of date
  base::Problems warnings;
};

/// What both public shapes say of where the arms decided otherwise: "differing_decisions", how many;
/// "first_to_differ", [{stage, count}], most first; "first_difference", {date, stage, instruments}, when
/// there is one.
void describe_differences(const std::vector<DecisionDifference>& differences, boost::json::object& to);

/// What the page of an experiment shows, from its definition, its outcome, and what both arms were worth.
report::ExperimentPageInput experiment_page_input(const ExperimentFile& experiment,
                                                  const ExperimentOutcome& outcome, const Series& control,
                                                  const Series& candidate);

}  // namespace cadre::experiment

#pragma once

#include "host/experiment/series.hpp"
#include "host/report/experiment_page.hpp"
#include "host/scenario/experiment_run.hpp"

namespace cadre::scenario {

/// What the page of an experiment shows, from its definition, its outcome, and what both arms were worth.
report::ExperimentPageInput experiment_page_input(const ExperimentFile& experiment,
                                                  const ExperimentOutcome& outcome,
                                                  const experiment::Series& control,
                                                  const experiment::Series& candidate);

}  // namespace cadre::scenario

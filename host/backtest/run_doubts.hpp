#pragma once

#include "host/backtest/prepared_run.hpp"
#include "host/book/opportunity_recorder.hpp"
#include "host/book/order_recorder.hpp"
#include "host/book/run_recorder.hpp"

namespace cadre::backtest {

/// What was recorded of a run.
struct RunRecords {
  book::RunRecorder run;
  book::OrderRecorder orders;
  book::OpportunityRecorder opportunities;
};

/// What of a run that came to its end is worth a second look: warnings.
base::Problems doubts_about(const PreparedRun& run, const ScenarioRun& scenario_run,
                            const RunRecords& records);

}  // namespace cadre::backtest

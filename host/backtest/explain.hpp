#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "host/base/result.hpp"
#include "host/chain/waterfall.hpp"
#include "host/journal/records.hpp"

namespace cadre::backtest {

/// Why one order of a run is what it is.
struct Explanation {
  journal::OrderRecord order;
  journal::DecisionRecord decision;      ///< the one it came from
  std::vector<std::string> instruments;  ///< of the epoch, by index
  std::string instrument;
  std::size_t index = 0;        ///< of the instrument in the decision
  std::string decision_reason;  ///< of the revision
  std::vector<chain::WaterfallStep> steps;
  std::vector<std::string> reasons;             ///< per step: why, in words; empty without a reason
  std::vector<cadre_execution_report> reports;  ///< what became of it
  std::string note;                             ///< what no stage decided; empty: nothing
  bool has_times = false;  ///< a session has several bars: its date alone says too little
};

/// Finds the order in the run's journal. Errors: ORDER_UNKNOWN with near ids.
base::Result<Explanation> explain_order(const std::filesystem::path& run, const std::string& client_id);

}  // namespace cadre::backtest

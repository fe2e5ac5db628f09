#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "host/base/result.hpp"
#include "host/chain/waterfall.hpp"
#include "host/journal/records.hpp"

namespace cadre::backtest {

/// What became of an order that goes in parts or waits, and of all its parts.
struct PartsExplained {
  std::string client_id;
  std::int64_t quantity_e9 = 0;  ///< as it was decided
  std::int64_t sent_e9 = 0, filled_e9 = 0;
  double filled_notional = 0;  ///< price x quantity, for the average price
  std::uint32_t parts = 0;     ///< that were sent
  bool goes_on = true;         ///< something of it is still to be sent
  /// What happened to it beside the sending of its parts.
  struct Event {
    std::int32_t date = 0;
    std::int64_t time_ns = 0;
    cadre_reason reason{};
    std::int64_t left_e9 = 0;
  };
  std::vector<Event> events;
};

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
  std::optional<PartsExplained> whole;          ///< that the order is a part of, or is
  bool is_whole = false;                        ///< what is explained is not a part, but all of it
  std::vector<std::uint32_t> requests;          ///< reasons for which it was to be canceled or replaced
  bool has_times = false;  ///< a session has several bars: its date alone says too little
};

/// Finds the order in the run's journal. Errors: ORDER_UNKNOWN with near ids.
base::Result<Explanation> explain_order(const std::filesystem::path& run, const std::string& client_id);

}  // namespace cadre::backtest

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "host/base/json.hpp"
#include "host/base/result.hpp"
#include "host/journal/records.hpp"
#include "host/model/bar.hpp"
#include "host/model/instrument.hpp"

namespace cadre::trial {

/// One execution state as a person writes it down, for trying an agent. What is left out is empty.
struct TrialState {
  model::Universe universe;
  std::string currency = "USD";
  std::int64_t time_ns = 0;
  std::vector<model::Bar> bars;  ///< oldest first, the last is the one that just closed; at least one
  std::vector<std::vector<double>> returns;  ///< given rows, oldest first; empty: made from the closes
  base::Money cash;
  std::vector<std::int64_t> quantity_e9;
  struct OpenOrder {
    cadre_order order{};
  };
  std::vector<OpenOrder> open_orders;
  std::vector<cadre_signal> signals;
  bool has_views = false;
  std::vector<double> score, confidence;  ///< NaN: no opinion
  bool has_target = false;
  std::vector<double> target_weight;
  std::string agent_state;  ///< bytes
  double periods_per_year = 252;
  bool long_only = true;
};

/// Reads a state file. All problems at once, with places.
base::Result<TrialState> read_trial_state(const std::filesystem::path& file);

/// The JSON Schema of state files, as text.
const std::string& trial_state_schema();

}  // namespace cadre::trial

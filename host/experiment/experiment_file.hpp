#pragma once

#include <boost/json/value.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/config/scenario_config.hpp"
#include "host/experiment/comparison.hpp"

namespace cadre::experiment {

/// An experiment as its file says it: two arms, and the rule under which they will be judged.
struct ExperimentFile {
  std::string name, description;
  std::filesystem::path scenario;                    ///< of both arms of a backtest; empty: none is named
  std::vector<config::Override> control, candidate;  ///< what each arm changes in the scenario
  std::optional<boost::json::value> simulation;      ///< environment of shadow arms
  ComparisonOptions rule;
};

/// Reads and validates it. `folder`: relative paths are resolved against it. All problems at once.
base::Result<ExperimentFile> read_experiment(const base::JsonDocument& document,
                                             const std::filesystem::path& folder);

/// "/chain/...= value", for people.
std::vector<std::string> lines_of(const std::vector<config::Override>& changes);

/// The JSON Schema of experiment files, as text.
std::string_view experiment_schema();

}  // namespace cadre::experiment

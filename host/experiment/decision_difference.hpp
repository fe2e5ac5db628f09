#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/journal/decision_record.hpp"

namespace cadre::experiment {

/// A date on which the two arms decided differently, and the stage that differed first.
struct DecisionDifference {
  std::int32_t date = 0;
  std::string stage;            ///< "portfolio" when the arms already held different positions or equity
  std::size_t instruments = 0;  ///< whose target differs after that stage
};

/// Where two decisions on one date part: nothing when they do not. `stages`: what DecisionRecord::stages are
/// called.
std::optional<DecisionDifference> difference_of(const journal::DecisionRecord& a,
                                                const journal::DecisionRecord& b,
                                                const std::vector<std::string>& stages);

/// How often each stage was the first to differ, most often first.
std::vector<std::pair<std::string, std::uint64_t>> first_stages(
    const std::vector<DecisionDifference>& differences);

}  // namespace cadre::experiment

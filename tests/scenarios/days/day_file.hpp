#pragma once

#include <string>
#include <vector>

#include "tests/scenarios/trading_rules/lab.hpp"

namespace cadre::test {

/// One file of this folder, in phases of sessions.
struct DayFile {
  std::string name, what;
  Market market;
  std::vector<std::size_t> starts;  ///< row at which each phase begins

  std::int32_t date(std::size_t phase, std::size_t session = 0) const {
    return market.dates.at(starts.at(phase) + session);
  }
};

/// Makes the market that tests/scenarios/days/NAME.json describes; README.md there says how. The same
/// everywhere: its random numbers are of the generator alone.
DayFile read_days(const std::string& name);
/// Of every file.
std::vector<std::string> day_names();

}  // namespace cadre::test

#pragma once

#include <string>
#include <vector>

#include "tests/scenarios/days/day_file.hpp"

namespace cadre::test {

/// A way to trade a file of days: the demo chain, adapted.
struct DayBook {
  const char* name;
  std::vector<config::Override> overrides;
};

/// The demo as it is, with shorter windows; by inverse volatility; long and short with hard limits; the same
/// with soft ones, parts, a turnover budget and legs in balance.
const std::vector<DayBook>& day_books();

/// A folder with the file's prices and a scenario that trades them with manifests/chains/demo.json.
Lab lab_of(const DayFile& days, const DayBook& book);

/// Asserts what holds of every run: refusals, limits, money, reasons. The run is in the lab's folder "run".
void expect_sound(const DayFile& days, const Lab& lab, const Trace& trace);

/// A CSV of a run: rows by the names of the columns.
using Rows = std::vector<std::map<std::string, std::string>>;
Rows read_rows(const std::filesystem::path& file);

}  // namespace cadre::test

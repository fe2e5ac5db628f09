#pragma once

#include <limits>
#include <string>
#include <vector>

#include "host/report/performance.hpp"
#include "host/report/run_folder.hpp"
#include "host/report/run_series.hpp"

namespace cadre::report {

struct PagePlugin {
  std::string id;
  std::string version;
  std::string sha256;
};

/// All text is taken as plain text and escaped.
struct PageInput {
  std::string title;
  std::string subtitle{};  ///< what ran on which data, one line
  RunResult result{};
  RunSeries series{};
  std::string currency = "USD";
  double var_confidence =
      std::numeric_limits<double>::quiet_NaN();  ///< 0.95; NaN: no expected count is shown
  std::vector<std::string> notes{};              ///< what was assumed: adjustment of prices, survivorship ...
  std::vector<std::string> warnings{};           ///< what the data or the run gave reason to doubt
  std::vector<UnexecutedRow> unexecuted{};       ///< what was wanted and not traded
  std::vector<PagePlugin> plugins{};
  std::string replay_command{};
};

/// report.html: one file that needs nothing else, neither a network nor other files. Plots react to the
/// mouse; figures, tables and notes can be read without scripts too.
std::string run_page(const PageInput& input);

}  // namespace cadre::report

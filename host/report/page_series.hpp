#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "host/report/run_series.hpp"

namespace cadre::report {

/// Names shown by themselves in the plot of weights; the rest is "other".
inline constexpr std::size_t plotted_names_max = 8;

/// The instruments with the largest mean absolute weight since the first decision, the largest first; at most
/// `count`, none that was never held.
std::vector<std::size_t> largest_holdings(const RunSeries& series, std::size_t count);

/// Simple returns of one calendar year: NaN for a month outside the run. A month at an end of the run is as
/// long as the run had of it.
struct YearReturns {
  int year = 0;
  std::array<double, 12> months{};
  double strategy = 0.0;
  double benchmark = 0.0;
};
std::vector<YearReturns> monthly_returns(const RunSeries& series);

/// What each stage changed, summed by calendar month.
struct MonthlyChanges {
  std::vector<int32_t> months;                ///< yyyymm
  std::vector<std::vector<double>> by_stage;  ///< per stage, per month: share of equity
};
MonthlyChanges monthly_changes(const RunSeries& series);

/// One row a session, as of its last bar; what adds up over a session is added up. The series itself where a
/// session is a bar.
RunSeries by_session(const RunSeries& series);

/// The data of the page's plots, from the first decision date on, as one JSON object that may stand inside a
/// script element.
std::string plot_data(const RunSeries& series);

}  // namespace cadre::report

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "host/base/decimal.hpp"
#include "host/model/tally.hpp"

namespace cadre::report {

/// What a run produced, as plain columns: one number per bar unless said otherwise. "Date" is a bar where
/// there are several in a session.
struct RunSeries {
  std::vector<std::string> instruments{};
  std::vector<int32_t> dates{};     ///< yyyymmdd, rising; as often as there are bars in the session
  std::vector<double> equity{};     ///< at the close
  std::vector<double> cash{};       ///< at the close
  std::vector<double> benchmark{};  ///< equal-weight buy and hold from the first decision date with the same
                                    ///< cash and costs; NaN before
  std::vector<double> forecast_var{};    ///< share of equity, for the next day; NaN where there is none
  std::vector<double> holding_return{};  ///< of the holdings after fills, over the next bar; NaN where none
  std::vector<double> traded{};          ///< sum of |notional| of the fills of this date
  std::vector<std::vector<double>> weights{};  ///< per date, per instrument: share of equity
  std::vector<std::string> stages{};
  /// Per date, per stage: sum over instruments of |change of the target weight| by that stage; empty on a
  /// date without a decision.
  std::vector<std::vector<double>> stage_change{};
  std::size_t first_decision = 0;  ///< index in dates; dates.size() when nothing was decided
};

struct RunCounts : model::Tally {
  uint64_t expired_orders = 0;
  base::Money initial_equity{};
  base::Money final_equity{};
  base::Money costs{};  ///< fees, half-spreads and borrow fees
  std::string order_hash{};
  uint64_t revision = 0;
  double wall_seconds = 0.0;
  base::Money borrow{};             ///< of the costs
  base::Money interest{};           ///< that cash earned, less what owed cash cost
  double credit_rate = 0;           ///< of that interest, per year
  double opportunity_cost = 0;      ///< money; of what was wanted and not traded
  int32_t first_margin_breach = 0;  ///< yyyymmdd; 0: none
  int32_t ruined_on = 0;            ///< the first day without equity; 0: none
};

}  // namespace cadre::report

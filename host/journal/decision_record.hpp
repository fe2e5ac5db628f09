#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "cadre/proposal.h"
#include "host/base/decimal.hpp"

namespace cadre::journal {

/// What one stage made of the targets.
struct StageEffect {
  std::vector<double> target{};         ///< per instrument, share of equity, after this stage
  std::vector<cadre_reason> reasons{};  ///< per instrument
};

/// A stage that gave no usable answer.
struct StageFailure {
  std::string instance{};
  uint32_t status = 0;   ///< cadre_status
  std::string policy{};  ///< what was done instead: "hold", "bypass", "fail_closed"
  std::string
      reason{};  ///< in one sentence: the agent's own, or what was wrong with its answer; may be empty
};

/// Among the flags of what bound a decision: its figures are units of the instrument, not shares of equity.
inline constexpr std::uint32_t bound_in_units = 1u << 31;

/// And: the risk feedback loop changed the targets for it, before the final step.
inline constexpr std::uint32_t bound_in_loop = 1u << 30;

/// The one use of a limit that is none: how many returns a risk manager filled in, of how many.
inline constexpr std::string_view filled_returns = "filled_returns";

/// Why one decision came out as it did. Columns have one number per instrument of the epoch, or are empty.
/// Reused for every decision: its vectors keep their capacity.
struct DecisionRecord {
  uint64_t sequence = 0;
  int64_t time_ns = 0;
  int32_t date = 0;
  uint64_t revision = 0;
  base::Money equity{};
  base::Money cash{};
  std::vector<int64_t> price_e9{};     ///< marks
  std::vector<int64_t> position_e9{};  ///< filled, signed
  std::vector<int64_t> working_e9{};   ///< open orders, signed
  std::vector<double> score{};         ///< of the aggregator
  std::vector<uint8_t> score_valid{};
  std::vector<StageEffect> stages{};  ///< as many as the revision names, in its order
  uint32_t passes = 0;                ///< of the risk feedback loop
  uint32_t outcome = 0;               ///< of the loop, a code of the chain
  double cut_factor = 1.0;            ///< of the final cut, on increases; 1 when nothing was cut
  double volatility = std::numeric_limits<double>::quiet_NaN();          ///< annualised, of the final targets
  double value_at_risk = std::numeric_limits<double>::quiet_NaN();       ///< share of equity
  double expected_shortfall = std::numeric_limits<double>::quiet_NaN();  ///< share of equity
  std::vector<cadre_limit_use> limits{};
  /// What made orders smaller or left them out: code of a pre-trade check, or a risk manager's name for a
  /// limit; what was wanted, and what is allowed. Of CADRE_BOOK: what all increases together would have come
  /// to; NaN where there is no figure.
  std::vector<cadre_limit_use> bound_by{};
  std::vector<StageFailure> failures{};
};

}  // namespace cadre::journal

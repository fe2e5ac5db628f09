#pragma once

#include "cadre/quant/types.hpp"

/// Target weights from scores. One score per instrument: its sign is the direction, NaN and 0 are "not
/// selected". What is capped stays cash, it is not spread over the others. All no-alloc.
namespace cadre::quant {

struct WeightBounds {
  double max_position = 0.1;   ///< largest absolute weight, in (0, 1]
  double min_position = 0.01;  ///< a smaller target becomes zero, which closes the position
  bool long_only = true;       ///< negative scores count as not selected; else they make negative weights
};

/// Cuts an absolute weight at max_position, then drops it below min_position. The sign stays.
double bounded_weight(double weight, const WeightBounds& bounds);

/// sign(score) / N for the N selected instruments, bounded; gross exposure is at most 1. Returns the number
/// of weights that are not zero: 0 although something is selected means that 1/N is below min_position.
std::int64_t equal_weight(VectorView score, const WeightBounds& bounds, VectorOut out);

/// sign(score) (1/sigma_i) / sum_j (1/sigma_j) over the selected instruments, bounded; gross exposure is at
/// most 1. sigma: volatilities, any common unit; an instrument whose sigma is not finite and positive is not
/// selected. Returns the number of weights that are not zero.
std::int64_t inverse_volatility(VectorView sigma, VectorView score, const WeightBounds& bounds,
                                VectorOut out);

}  // namespace cadre::quant

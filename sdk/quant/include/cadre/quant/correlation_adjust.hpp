#pragma once

#include "cadre/quant/types.hpp"

namespace cadre::quant {

struct CorrelationLimits {
  double max_correlation = 0.7;    ///< in [-1, 1); at 1 and above nothing is adjusted
  double adjustment_factor = 0.5;  ///< in [0, 1]: how much of the weight a perfectly correlated pair loses
  double min_pair_weight = 0.0;    ///< a position smaller than this, or zero, is in no pair
};

/// What `correlation_factors` found: how many pairs are above the maximum, and the worst of them.
struct CorrelationFinding {
  std::int64_t pairs = 0;
  std::int64_t worst_first = -1;   ///< index, smaller than the second; -1 when there is no pair
  std::int64_t worst_second = -1;  ///< -1 when there is no pair
  double worst_correlation = 0.0;  ///< sign(w_i w_j) rho, 0 when there is none
};

/// The factor for one pair: 1 - adjustment_factor (rho - max) / (1 - max) above the maximum, else 1.
/// effective: sign(w_i w_j) rho.
double pair_factor(double effective, const CorrelationLimits& limits);

/// The factor, in [0, 1], that each weight is to be multiplied by. A pair whose effective correlation
/// c = sign(w_i w_j) rho_ij is above the maximum gives both 1 - adjustment_factor (c - max) / (1 - max); a
/// position in several such pairs gets the smallest; all others get 1. So the result does not depend on the
/// order of the instruments, and a hedge (opposite signs, positive rho) is left alone. covariance: n x n,
/// lower triangle only; weights, factors: n; factors may not be weights. An instrument whose variance or
/// weight is not finite, or whose variance is not positive, is in no pair. workspace: at least n doubles,
/// else all factors are NaN. no-alloc, O(n^2)
CorrelationFinding correlation_factors(const MatrixView& covariance, VectorView weights,
                                       const CorrelationLimits& limits, std::span<double> workspace,
                                       VectorOut factors);

}  // namespace cadre::quant

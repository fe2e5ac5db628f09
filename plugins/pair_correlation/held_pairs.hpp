#pragma once

#include <cstdint>
#include <span>

#include "cadre/quant/correlation_adjust.hpp"

namespace cadre::pair_correlation {

struct Pair {
  std::uint32_t first = 0;  ///< the smaller index
  std::uint32_t second = 0;
  double correlation = 0.0;  ///< effective: sign(w_i w_j) rho
};

struct Summary {
  double mean = 0.0;  ///< of the effective correlations of the pairs held; NaN with fewer than two positions
  double highest = 0.0;     ///< likewise
  std::uint32_t above = 0;  ///< pairs above the maximum
};

/// Looks at all pairs of positions that count (see quant::correlation_factors, which cuts by the same rule)
/// and writes the first `out.size()` of those above the maximum, in order of their indices. covariance: lower
/// triangle. workspace: n doubles. no-alloc
Summary summarise_pairs(const quant::MatrixView& covariance, quant::VectorView weight,
                        const quant::CorrelationLimits& limits, std::span<double> workspace,
                        std::span<Pair> out);

}  // namespace cadre::pair_correlation

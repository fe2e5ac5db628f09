#include "cadre/quant/correlation_adjust.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace cadre::quant {

double pair_factor(double effective, const CorrelationLimits& limits) {
  if (!(effective > limits.max_correlation)) return 1.0;
  return std::max(0.0, 1.0 - limits.adjustment_factor * (std::min(effective, 1.0) - limits.max_correlation) /
                                 (1.0 - limits.max_correlation));
}

CorrelationFinding correlation_factors(const MatrixView& covariance, VectorView weights,
                                       const CorrelationLimits& limits, std::span<double> workspace,
                                       VectorOut factors) {
  CorrelationFinding finding;
  const Eigen::Index n = weights.size();
  if (static_cast<Eigen::Index>(workspace.size()) < n) {
    factors.setConstant(std::numeric_limits<double>::quiet_NaN());
    return finding;
  }
  factors.setOnes();
  if (!(limits.max_correlation < 1.0)) return finding;

  // sign(w_i) / sigma_i, zero for what is in no pair: a product of two with the covariance is the effective
  // correlation.
  double* signed_inverse = workspace.data();
  for (Eigen::Index i = 0; i < n; ++i) {
    const double size = std::fabs(weights(i));
    const double variance = covariance(i, i);
    const bool counts = size > 0.0 && size >= limits.min_pair_weight && std::isfinite(size) &&
                        variance > 0.0 && std::isfinite(variance);
    signed_inverse[i] = counts ? std::copysign(1.0 / std::sqrt(variance), weights(i)) : 0.0;
  }

  for (Eigen::Index j = 0; j < n; ++j) {
    if (signed_inverse[j] == 0.0) continue;
    const double* column = covariance.data() + j * covariance.outerStride();
    for (Eigen::Index i = j + 1; i < n; ++i) {
      if (signed_inverse[i] == 0.0) continue;
      const double effective = std::min(column[i] * (signed_inverse[i] * signed_inverse[j]), 1.0);
      if (!(effective > limits.max_correlation)) continue;
      const double factor = pair_factor(effective, limits);
      factors(i) = std::min(factors(i), factor);
      factors(j) = std::min(factors(j), factor);
      if (finding.pairs == 0 || effective > finding.worst_correlation) {
        finding.worst_first = j;
        finding.worst_second = i;
        finding.worst_correlation = effective;
      }
      ++finding.pairs;
    }
  }
  return finding;
}

}  // namespace cadre::quant

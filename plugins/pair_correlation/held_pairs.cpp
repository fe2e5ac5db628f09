#include "held_pairs.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace cadre::pair_correlation {

Summary summarise_pairs(const quant::MatrixView& covariance, quant::VectorView weight,
                        const quant::CorrelationLimits& limits, std::span<double> workspace,
                        std::span<Pair> out) {
  // sign(w) / sigma, zero for what is in no pair.
  double* signed_inverse = workspace.data();
  for (Eigen::Index i = 0; i < weight.size(); ++i) {
    const double size = std::fabs(weight(i));
    const double variance = covariance(i, i);
    const bool counts = size > 0.0 && size >= limits.min_pair_weight && std::isfinite(size) &&
                        variance > 0.0 && std::isfinite(variance);
    signed_inverse[i] = counts ? std::copysign(1.0 / std::sqrt(variance), weight(i)) : 0.0;
  }
  Summary summary;
  double sum = 0.0;
  std::int64_t pairs = 0;
  double highest = -std::numeric_limits<double>::infinity();
  for (Eigen::Index first = 0; first < weight.size(); ++first) {
    if (signed_inverse[first] == 0.0) continue;
    const double* column = covariance.data() + first * covariance.outerStride();
    for (Eigen::Index second = first + 1; second < weight.size(); ++second) {
      if (signed_inverse[second] == 0.0) continue;
      const double effective = column[second] * (signed_inverse[second] * signed_inverse[first]);
      if (!std::isfinite(effective)) continue;
      const double correlation = std::clamp(effective, -1.0, 1.0);
      sum += correlation;
      ++pairs;
      highest = std::max(highest, correlation);
      if (!(correlation > limits.max_correlation)) continue;
      if (summary.above < out.size()) {
        out[summary.above] = {static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(second),
                              correlation};
      }
      ++summary.above;
    }
  }
  const double none = std::numeric_limits<double>::quiet_NaN();
  summary.mean = pairs > 0 ? sum / static_cast<double>(pairs) : none;
  summary.highest = pairs > 0 ? highest : none;
  return summary;
}

}  // namespace cadre::pair_correlation

#include "cadre/quant/weights.hpp"

#include <algorithm>
#include <cmath>

namespace cadre::quant {
namespace {

// +1, -1, or 0 for what is not selected.
double direction(double score, const WeightBounds& bounds) {
  if (score > 0.0) return 1.0;
  return score < 0.0 && !bounds.long_only ? -1.0 : 0.0;
}

}  // namespace

double bounded_weight(double weight, const WeightBounds& bounds) {
  const double size = std::min(std::fabs(weight), bounds.max_position);
  return size < bounds.min_position ? 0.0 : std::copysign(size, weight);
}

std::int64_t equal_weight(VectorView score, const WeightBounds& bounds, VectorOut out) {
  std::int64_t selected = 0;
  for (Eigen::Index i = 0; i < score.size(); ++i)
    selected += direction(score(i), bounds) != 0.0;
  std::int64_t held = 0;
  for (Eigen::Index i = 0; i < score.size(); ++i) {
    const double side = direction(score(i), bounds);
    out(i) = side == 0.0 ? 0.0 : bounded_weight(side / static_cast<double>(selected), bounds);
    held += out(i) != 0.0;
  }
  return held;
}

std::int64_t inverse_volatility(VectorView sigma, VectorView score, const WeightBounds& bounds,
                                VectorOut out) {
  double total = 0.0;
  for (Eigen::Index i = 0; i < sigma.size(); ++i) {
    const bool usable = std::isfinite(sigma(i)) && sigma(i) > 0.0;
    out(i) = usable ? direction(score(i), bounds) / sigma(i) : 0.0;
    total += std::fabs(out(i));
  }
  std::int64_t held = 0;
  for (Eigen::Index i = 0; i < sigma.size(); ++i) {
    if (out(i) != 0.0) out(i) = bounded_weight(out(i) / total, bounds);
    held += out(i) != 0.0;
  }
  return held;
}

}  // namespace cadre::quant

#pragma once

#include <cstdint>

namespace cadre::quant {

/// sum x(i) y(i) in four interleaved partial sums, combined in a fixed order: as fast as a vector unit
/// allows, and the same bits whatever the alignment (Eigen's own reductions peel to the alignment of the
/// data).
inline double fixed_order_dot(const double* x, const double* y, std::int64_t n) {
  double s0 = 0.0, s1 = 0.0, s2 = 0.0, s3 = 0.0;
  std::int64_t i = 0;
  for (; i + 4 <= n; i += 4) {
    s0 += x[i] * y[i];
    s1 += x[i + 1] * y[i + 1];
    s2 += x[i + 2] * y[i + 2];
    s3 += x[i + 3] * y[i + 3];
  }
  double total = (s0 + s2) + (s1 + s3);
  for (; i < n; ++i)
    total += x[i] * y[i];
  return total;
}

/// Plain sequential sum.
inline double sequential_sum(const double* x, std::int64_t n) {
  double total = 0.0;
  for (std::int64_t i = 0; i < n; ++i)
    total += x[i];
  return total;
}

/// Whether all numbers are finite: x - x is NaN for NaN and for infinities, and NaN stays in the sum.
inline bool all_finite(const double* x, std::int64_t n) {
  double poison = 0.0;
  for (std::int64_t i = 0; i < n; ++i)
    poison += x[i] - x[i];
  return poison == 0.0;
}

}  // namespace cadre::quant

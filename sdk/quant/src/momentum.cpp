#include "cadre/quant/momentum.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace cadre::quant {
namespace {

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

}  // namespace

void momentum(const WindowView& closes, std::int64_t lookback, std::int64_t skip, VectorOut out) {
  const Eigen::Index last = closes.cols() - 1;
  if (skip < 0 || skip >= lookback || last < lookback) {
    out.setConstant(nan_value);
    return;
  }
  for (Eigen::Index i = 0; i < closes.rows(); ++i) {
    const double from = closes(i, last - lookback);
    const double to = closes(i, last - skip);
    const bool usable = std::isfinite(from) && std::isfinite(to) && from > 0.0 && to > 0.0;
    out(i) = usable ? to / from - 1.0 : nan_value;
  }
}

void z_score(VectorView values, VectorOut out) {
  std::int64_t m = 0;
  double sum = 0.0;
  double lowest = std::numeric_limits<double>::infinity();
  double highest = -lowest;
  for (Eigen::Index i = 0; i < values.size(); ++i) {
    if (std::isnan(values(i))) continue;
    ++m;
    sum += values(i);
    lowest = std::min(lowest, values(i));
    highest = std::max(highest, values(i));
  }
  const double mean = sum / static_cast<double>(m);
  double squares = 0.0;
  for (Eigen::Index i = 0; i < values.size(); ++i) {
    if (!std::isnan(values(i))) squares += (values(i) - mean) * (values(i) - mean);
  }
  const double deviation = std::sqrt(squares / static_cast<double>(m - 1));
  for (Eigen::Index i = 0; i < values.size(); ++i) {
    const bool missing = m < 2 || std::isnan(values(i));
    out(i) = missing ? nan_value : lowest == highest ? 0.0 : (values(i) - mean) / deviation;
  }
}

void rank(VectorView values, VectorOut out) {
  for (Eigen::Index i = 0; i < values.size(); ++i) {
    std::int64_t below = 0;
    std::int64_t equal = 0;
    for (Eigen::Index j = 0; j < values.size(); ++j) {
      below += values(j) < values(i);
      equal += values(j) == values(i);
    }
    out(i) = equal == 0 ? nan_value : static_cast<double>(below) + 0.5 * static_cast<double>(equal + 1);
  }
}

std::int64_t top_fraction(VectorView values, double fraction, std::span<double> workspace, VectorOut out) {
  out.setZero();
  if (!(fraction > 0.0 && fraction <= 1.0)) return 0;
  if (static_cast<Eigen::Index>(workspace.size()) < values.size()) return 0;
  double* end = std::copy_if(values.data(), values.data() + values.size(), workspace.data(),
                             [](double x) { return !std::isnan(x); });
  const std::int64_t m = end - workspace.data();
  if (m == 0) return 0;
  // 0.1 * 30 is 3.0000000000000004: rounding alone must not select one more.
  const auto wanted = static_cast<std::int64_t>(std::ceil(fraction * static_cast<double>(m) * (1.0 - 1e-12)));
  const std::int64_t k = std::clamp<std::int64_t>(wanted, 1, m);
  std::nth_element(workspace.data(), workspace.data() + (k - 1), end, std::greater<>());
  const double threshold = workspace[static_cast<std::size_t>(k - 1)];
  std::int64_t selected = 0;
  for (Eigen::Index i = 0; i < values.size(); ++i) {
    if (!(values(i) >= threshold)) continue;
    out(i) = 1.0;
    ++selected;
  }
  return selected;
}

}  // namespace cadre::quant

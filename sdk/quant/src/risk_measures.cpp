#include "cadre/quant/risk_measures.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "fixed_order_sum.hpp"

namespace cadre::quant {
namespace {

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

bool is_tail(double probability) {
  return probability > 0.0 && probability < 1.0;
}

// alpha T, snapped to a whole number that it misses by no more than rounding can explain.
double snapped_product(double tail_probability, std::int64_t observations) {
  const double product = tail_probability * static_cast<double>(observations);
  const double whole = std::round(product);
  return std::fabs(product - whole) <= 1e-12 * static_cast<double>(observations) ? whole : product;
}

// Copies the returns to the workspace; false when a figure of them would be NaN.
bool take(VectorView returns, double tail_probability, std::span<double> workspace) {
  const std::int64_t t = returns.size();
  if (t < 1 || !is_tail(tail_probability) || static_cast<std::int64_t>(workspace.size()) < t) return false;
  if (!all_finite(returns.data(), t)) return false;
  std::copy_n(returns.data(), t, workspace.data());
  return true;
}

}  // namespace

std::int64_t tail_count(double tail_probability, std::int64_t observations) {
  if (observations < 1 || !is_tail(tail_probability)) return 0;
  const auto k = static_cast<std::int64_t>(std::ceil(snapped_product(tail_probability, observations)));
  return std::clamp<std::int64_t>(k, 1, observations);
}

double historical_var(VectorView returns, double tail_probability, Quantile quantile,
                      std::span<double> workspace) {
  if (!take(returns, tail_probability, workspace)) return nan_value;
  const std::int64_t t = returns.size();
  double* values = workspace.data();
  if (quantile == Quantile::order_statistic) {
    const std::int64_t k = tail_count(tail_probability, t);
    std::nth_element(values, values + (k - 1), values + t);
    return -values[k - 1];
  }
  const double position = snapped_product(tail_probability, t - 1);
  const auto below = static_cast<std::int64_t>(position);
  std::nth_element(values, values + below, values + t);
  const double low = values[below];
  const double fraction = position - static_cast<double>(below);
  if (fraction == 0.0) return -low;
  const double high = *std::min_element(values + below + 1, values + t);
  return -(low + fraction * (high - low));
}

double historical_es(VectorView returns, double tail_probability, std::span<double> workspace) {
  if (!take(returns, tail_probability, workspace)) return nan_value;
  const std::int64_t t = returns.size();
  const std::int64_t k = tail_count(tail_probability, t);
  double* values = workspace.data();
  std::nth_element(values, values + (k - 1), values + t);
  // Sorted, so that the order of the returns does not change the last bit of the sum.
  std::sort(values, values + (k - 1));
  const double var_return = values[k - 1];
  double excess = 0.0;
  for (std::int64_t i = 0; i < k - 1; ++i)
    excess += values[i] - var_return;
  return -(var_return + excess / snapped_product(tail_probability, t));
}

double historical_var(VectorView returns, double tail_probability, Quantile quantile) {
  std::vector<double> workspace(static_cast<std::size_t>(returns.size()));
  return historical_var(returns, tail_probability, quantile, workspace);
}

double historical_es(VectorView returns, double tail_probability) {
  std::vector<double> workspace(static_cast<std::size_t>(returns.size()));
  return historical_es(returns, tail_probability, workspace);
}

double normal_var(double mean, double volatility, double tail_probability) {
  if (!is_tail(tail_probability) || !(volatility >= 0.0)) return nan_value;
  return -(mean + normal_quantile(tail_probability) * volatility);
}

double normal_es(double mean, double volatility, double tail_probability) {
  if (!is_tail(tail_probability) || !(volatility >= 0.0)) return nan_value;
  return -mean + volatility * normal_pdf(normal_quantile(tail_probability)) / tail_probability;
}

double portfolio_volatility(const MatrixView& covariance, VectorView weights) {
  const Eigen::Index n = weights.size();
  double variance = 0.0;
  for (Eigen::Index j = 0; j < n; ++j) {
    const double* column = covariance.data() + j * covariance.outerStride();
    const double below = fixed_order_dot(column + j + 1, weights.data() + j + 1, n - j - 1);
    variance += weights(j) * (column[j] * weights(j) + 2.0 * below);
  }
  return std::sqrt(variance);
}

void covariance_times(const MatrixView& covariance, VectorView weights, VectorOut out) {
  const Eigen::Index n = weights.size();
  out.setZero();
  for (Eigen::Index j = 0; j < n; ++j) {
    const double* column = covariance.data() + j * covariance.outerStride();
    const double weight = weights(j);
    for (Eigen::Index i = j + 1; i < n; ++i)
      out(i) += column[i] * weight;
    out(j) += column[j] * weight + fixed_order_dot(column + j + 1, weights.data() + j + 1, n - j - 1);
  }
}

double marginal_risk(const MatrixView& covariance, VectorView weights, VectorOut marginal) {
  covariance_times(covariance, weights, marginal);
  const double sigma = std::sqrt(fixed_order_dot(marginal.data(), weights.data(), weights.size()));
  if (sigma == 0.0) {
    marginal.setZero();
  } else {
    for (Eigen::Index i = 0; i < weights.size(); ++i)
      marginal(i) /= sigma;
  }
  return sigma;
}

double component_risk(const MatrixView& covariance, VectorView weights, VectorOut component) {
  const double sigma = marginal_risk(covariance, weights, component);
  for (Eigen::Index i = 0; i < weights.size(); ++i)
    component(i) *= weights(i);
  return sigma;
}

void portfolio_return_series(const WindowView& window, VectorView weights, VectorOut out) {
  for (Eigen::Index t = 0; t < window.cols(); ++t) {
    out(t) = fixed_order_dot(window.data() + t * window.outerStride(), weights.data(), weights.size());
  }
}

}  // namespace cadre::quant

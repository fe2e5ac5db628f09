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

HistoricalTail historical_tail(VectorView returns, double tail_probability, std::span<double> workspace) {
  const std::int64_t t = returns.size();
  if (t < 1 || !is_tail(tail_probability) || static_cast<std::int64_t>(workspace.size()) < t ||
      !all_finite(returns.data(), t))
    return {nan_value, nan_value};
  const std::int64_t k = tail_count(tail_probability, t);
  double* lowest = workspace.data();  // the k lowest so far, ascending
  constexpr std::int64_t few = 64;
  if (k <= few) {
    std::int64_t count = 0;
    for (std::int64_t i = 0; i < t; ++i) {
      const double value = returns(i);
      if (count == k && !(value < lowest[k - 1])) continue;
      std::int64_t place = count < k ? count++ : k - 1;
      for (; place > 0 && lowest[place - 1] > value; --place)
        lowest[place] = lowest[place - 1];
      lowest[place] = value;
    }
  } else {
    std::copy_n(returns.data(), t, lowest);
    std::nth_element(lowest, lowest + (k - 1), lowest + t);
    // Sorted, so that the order of the returns does not change the last bit of the sum.
    std::sort(lowest, lowest + (k - 1));
  }
  const double at_risk = lowest[k - 1];
  double excess = 0.0;
  for (std::int64_t i = 0; i < k - 1; ++i)
    excess += lowest[i] - at_risk;
  return {-at_risk, -(at_risk + excess / snapped_product(tail_probability, t))};
}

double historical_es(VectorView returns, double tail_probability, std::span<double> workspace) {
  return historical_tail(returns, tail_probability, workspace).expected_shortfall;
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

void portfolio_return_series(const WindowView& window, std::span<const std::int64_t> index,
                             VectorView weights, VectorOut out) {
  const std::size_t held = index.size();
  const double* w = weights.data();
  const Eigen::Index periods = window.cols();
  const Eigen::Index stride = window.outerStride();
  // Four periods side by side: each adds up in the order of the instruments, and none waits for the other.
  Eigen::Index t = 0;
  for (; t + 4 <= periods; t += 4) {
    const double* row = window.data() + t * stride;
    double a = 0.0, b = 0.0, c = 0.0, d = 0.0;
    for (std::size_t k = 0; k < held; ++k) {
      const double* at = row + index[k];
      a += w[k] * at[0];
      b += w[k] * at[stride];
      c += w[k] * at[2 * stride];
      d += w[k] * at[3 * stride];
    }
    out(t) = a;
    out(t + 1) = b;
    out(t + 2) = c;
    out(t + 3) = d;
  }
  for (; t < periods; ++t) {
    double sum = 0.0;
    for (std::size_t k = 0; k < held; ++k)
      sum += w[k] * window.data()[t * stride + index[k]];
    out(t) = sum;
  }
}

}  // namespace cadre::quant

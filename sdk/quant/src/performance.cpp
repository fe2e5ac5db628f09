#include "cadre/quant/performance.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "fixed_order_sum.hpp"

namespace cadre::quant {
namespace {

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

bool is_usable(VectorView returns, Eigen::Index at_least) {
  return returns.size() >= at_least && all_finite(returns.data(), returns.size());
}

double mean_of(VectorView x) {
  return sequential_sum(x.data(), x.size()) / static_cast<double>(x.size());
}

// Two passes, divisor T - 1; exactly zero when all are equal, which a rounded mean would hide.
double standard_deviation(VectorView x) {
  if (std::all_of(x.data(), x.data() + x.size(), [&](double v) { return v == x(0); })) return 0.0;
  const double mean = mean_of(x);
  double sum = 0.0;
  for (Eigen::Index i = 0; i < x.size(); ++i)
    sum += (x(i) - mean) * (x(i) - mean);
  return std::sqrt(sum / static_cast<double>(x.size() - 1));
}

}  // namespace

double annualised_return(VectorView returns, double periods_per_year) {
  if (!is_usable(returns, 1) || !(periods_per_year > 0.0)) return nan_value;
  double growth = 1.0;
  for (Eigen::Index t = 0; t < returns.size(); ++t)
    growth *= std::max(1.0 + returns(t), 0.0);
  return std::pow(growth, periods_per_year / static_cast<double>(returns.size())) - 1.0;
}

double annualised_volatility(VectorView returns, double periods_per_year) {
  if (!is_usable(returns, 2) || !(periods_per_year > 0.0)) return nan_value;
  return std::sqrt(periods_per_year) * standard_deviation(returns);
}

double sharpe(VectorView returns, double risk_free, double periods_per_year) {
  if (!is_usable(returns, 2) || !(periods_per_year > 0.0)) return nan_value;
  const double deviation = standard_deviation(returns);
  if (deviation == 0.0) return nan_value;
  return std::sqrt(periods_per_year) * (mean_of(returns) - risk_free) / deviation;
}

double sortino(VectorView returns, double minimum_acceptable_return, double periods_per_year) {
  if (!is_usable(returns, 1) || !(periods_per_year > 0.0)) return nan_value;
  double excess = 0.0;
  double downside = 0.0;
  for (Eigen::Index t = 0; t < returns.size(); ++t) {
    const double difference = returns(t) - minimum_acceptable_return;
    const double shortfall = std::min(difference, 0.0);
    excess += difference;
    downside += shortfall * shortfall;
  }
  if (downside == 0.0) return nan_value;
  const double periods = static_cast<double>(returns.size());
  return std::sqrt(periods_per_year) * (excess / periods) / std::sqrt(downside / periods);
}

double max_drawdown(VectorView returns) {
  if (!is_usable(returns, 1)) return nan_value;
  double equity = 1.0;
  double peak = 1.0;
  double worst = 0.0;
  for (Eigen::Index t = 0; t < returns.size(); ++t) {
    equity *= std::max(1.0 + returns(t), 0.0);
    peak = std::max(peak, equity);
    worst = std::max(worst, 1.0 - equity / peak);
  }
  return worst;
}

double max_drawdown_of_equity(VectorView equity) {
  if (!is_usable(equity, 1) || !(equity(0) > 0.0)) return nan_value;
  double peak = equity(0);
  double worst = 0.0;
  for (Eigen::Index t = 0; t < equity.size(); ++t) {
    peak = std::max(peak, equity(t));
    worst = std::max(worst, 1.0 - equity(t) / peak);
  }
  return worst;
}

double calmar(VectorView returns, double periods_per_year) {
  const double drawdown = max_drawdown(returns);
  if (!(drawdown > 0.0)) return nan_value;
  return annualised_return(returns, periods_per_year) / drawdown;
}

double turnover(VectorView before, VectorView after) {
  if (before.size() != after.size()) return nan_value;
  double sum = 0.0;
  for (Eigen::Index i = 0; i < before.size(); ++i)
    sum += std::fabs(after(i) - before(i));
  return std::isfinite(sum) ? 0.5 * sum : nan_value;
}

void drifted_weights(VectorView weights, VectorView returns, VectorOut out) {
  const double growth = 1.0 + fixed_order_dot(weights.data(), returns.data(), weights.size());
  for (Eigen::Index i = 0; i < weights.size(); ++i) {
    out(i) = growth > 0.0 ? weights(i) * (1.0 + returns(i)) / growth : nan_value;
  }
}

}  // namespace cadre::quant

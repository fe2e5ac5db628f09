#include "cadre/quant/inference.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "cadre/quant/normal.hpp"
#include "fixed_order_sum.hpp"

namespace cadre::quant {
namespace {

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();
// Andrews & Monahan 1992: beyond it, dividing by (1 - r)^2 makes noise of the estimate.
constexpr double highest_correlation = 0.97;
// -ln alpha of the smallest p-value that is told apart from zero, about 1e-300.
constexpr double largest_log = 690.0;

bool is_probability(double x) {
  return x > 0.0 && x < 1.0;
}

double mean_of(VectorView d) {
  // About the first difference, so that the mean of equal numbers is that very number.
  double sum = 0.0;
  for (Eigen::Index t = 0; t < d.size(); ++t)
    sum += d(t) - d(0);
  return d(0) + sum / static_cast<double>(d.size());
}

double autocovariance_about(VectorView d, double mean, std::int64_t lag) {
  double sum = 0.0;
  for (Eigen::Index t = lag; t < d.size(); ++t)
    sum += (d(t) - mean) * (d(t - lag) - mean);
  return sum / static_cast<double>(d.size());
}

double prewhitened(double gamma_0, double gamma_1, double n) {
  if (n < static_cast<double>(decides_from) || !(gamma_0 > 0.0)) return gamma_0;
  const double r = std::clamp(gamma_1 / gamma_0 + 1.0 / n, 0.0, highest_correlation);
  return (gamma_0 * (1.0 + r * r) - 2.0 * r * gamma_1) / ((1.0 - r) * (1.0 - r));
}

// n times q of the sequence, l being -ln alpha.
double scaled(double l, double n, double horizon) {
  return n / horizon * (2.0 * l + std::log1p(2.0 * l));
}

double half_width_of_log(double variance, double n, double l, double horizon) {
  const double nq = scaled(l, n, horizon);
  return std::sqrt(variance * 2.0 * (nq + 1.0) * (0.5 * std::log1p(nq) + l) / (n * nq));
}

double critical_value(double alpha) {
  return normal_quantile(1.0 - 0.5 * alpha);
}

// sqrt(n) half_width / sqrt(variance) of a sequence at its own horizon.
double sequence_critical_value(double alpha) {
  return half_width_of_log(1.0, 1.0, -std::log(alpha), 1.0);
}

// The first and second moments that gamma_0 and gamma_1 are made of, one difference after another.
class RunningMoments {
 public:
  explicit RunningMoments(double origin) : origin_(origin) {}

  void add(double value) {
    const double x = value - origin_;
    if (n_ > 0.0) lagged_ += x * last_;
    sum_ += x;
    squares_ += x * x;
    last_ = x;
    n_ += 1.0;
  }
  double mean() const { return origin_ + sum_ / n_; }
  double variance() const {
    const double m = sum_ / n_;
    const double gamma_0 = std::max(squares_ / n_ - m * m, 0.0);
    // sum_{t>1} (x_t - m)(x_{t-1} - m), where x_1 = 0 is missing in one of the two sums and x_n in the other.
    const double gamma_1 = (lagged_ - m * (2.0 * sum_ - last_) + (n_ - 1.0) * m * m) / n_;
    return prewhitened(gamma_0, gamma_1, n_);
  }

 private:
  double origin_;
  double n_ = 0.0, sum_ = 0.0, squares_ = 0.0, lagged_ = 0.0, last_ = 0.0;
};

}  // namespace

double autocovariance(VectorView d, std::int64_t lag) {
  if (lag < 0 || lag >= d.size() || !all_finite(d.data(), d.size())) return nan_value;
  return autocovariance_about(d, mean_of(d), lag);
}

NeweyWest newey_west(VectorView d) {
  if (d.size() < 2 || !all_finite(d.data(), d.size())) return {0, nan_value, nan_value, nan_value, nan_value};
  const double periods = static_cast<double>(d.size());
  NeweyWest result{};
  result.lag = std::min<std::int64_t>(static_cast<std::int64_t>(4.0 * std::pow(periods / 100.0, 2.0 / 9.0)),
                                      d.size() - 1);
  result.mean = mean_of(d);
  result.variance = autocovariance_about(d, result.mean, 0);
  for (std::int64_t k = 1; k <= result.lag; ++k) {
    const double weight = 1.0 - static_cast<double>(k) / static_cast<double>(result.lag + 1);
    result.variance += 2.0 * weight * autocovariance_about(d, result.mean, k);
  }
  result.t = result.variance > 0.0 ? result.mean / std::sqrt(result.variance / periods) : nan_value;
  result.p = 2.0 * normal_cdf(-std::fabs(result.t));
  return result;
}

double equivalence_p(VectorView d, double margin) {
  const NeweyWest test = newey_west(d);
  if (!(test.variance > 0.0) || !(margin > 0.0)) return nan_value;
  const double error = std::sqrt(test.variance / static_cast<double>(d.size()));
  return normal_cdf((std::fabs(test.mean) - margin) / error);
}

double prewhitened_variance(VectorView d) {
  if (d.size() < 2 || !all_finite(d.data(), d.size())) return nan_value;
  const double mean = mean_of(d);
  return prewhitened(autocovariance_about(d, mean, 0), autocovariance_about(d, mean, 1),
                     static_cast<double>(d.size()));
}

double sequence_half_width(double variance, double n, double alpha, double horizon) {
  if (!is_probability(alpha) || !(n > 0.0) || !(horizon > 0.0)) return nan_value;
  return half_width_of_log(variance, n, -std::log(alpha), horizon);
}

double sequence_p(double mean, double variance, double n, double horizon) {
  if (!std::isfinite(mean) || !(variance >= 0.0) || !(n > 0.0) || !(horizon > 0.0)) return nan_value;
  const auto excludes = [&](double l) {
    return std::fabs(mean) > half_width_of_log(variance, n, l, horizon);
  };
  if (excludes(largest_log)) return std::exp(-largest_log);
  // The half-width grows with -ln alpha: the largest that still excludes zero is found by halving.
  double low = 0.0;
  double high = largest_log;
  while (true) {
    const double middle = 0.5 * (low + high);
    if (middle <= low || middle >= high || high - low < 1e-13) break;
    (excludes(middle) ? low : high) = middle;
  }
  return std::exp(-low);
}

std::vector<SequencePoint> confidence_sequence(VectorView d, double alpha, double horizon) {
  std::vector<SequencePoint> points;
  if (d.size() < first_look || !all_finite(d.data(), d.size()) || !is_probability(alpha) || !(horizon > 0.0))
    return points;
  points.reserve(static_cast<std::size_t>(d.size() - first_look + 1));
  RunningMoments moments(d(0));
  double smallest_p = 1.0;
  for (std::int64_t n = 1; n <= d.size(); ++n) {
    moments.add(d(n - 1));
    if (n < first_look) continue;
    const double count = static_cast<double>(n);
    const double mean = moments.mean();
    const double variance = moments.variance();
    if (n >= decides_from) smallest_p = std::min(smallest_p, sequence_p(mean, variance, count, horizon));
    points.push_back({n, mean, variance, sequence_half_width(variance, count, alpha, horizon), smallest_p});
  }
  return points;
}

double minimum_detectable_effect(double variance, double periods, double alpha, double power) {
  if (!(variance >= 0.0) || !(periods > 0.0) || !is_probability(alpha) || !is_probability(power))
    return nan_value;
  return (critical_value(alpha) + normal_quantile(power)) * std::sqrt(variance / periods);
}

double periods_needed(double variance, double effect, double alpha, double power) {
  if (!(std::fabs(effect) > 0.0)) return nan_value;
  const double needed = minimum_detectable_effect(variance, 1.0, alpha, power) / effect;
  return needed * needed;
}

double sequence_minimum_detectable_effect(double variance, double n, double alpha, double horizon,
                                          double power) {
  if (!(variance >= 0.0) || !is_probability(power)) return nan_value;
  return sequence_half_width(variance, n, alpha, horizon) + normal_quantile(power) * std::sqrt(variance / n);
}

double sequence_periods_needed(double variance, double effect, double alpha, double power) {
  if (!(variance >= 0.0) || !(std::fabs(effect) > 0.0) || !is_probability(alpha) || !is_probability(power))
    return nan_value;
  const double total = (sequence_critical_value(alpha) + normal_quantile(power)) / effect;
  return total * total * variance;
}

}  // namespace cadre::quant

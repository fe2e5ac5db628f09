#include "cadre/quant/covariance.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "fixed_order_sum.hpp"

namespace cadre::quant {
namespace {

constexpr double saved_format = 1.0;
constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

// A saved count is a double: it has to be a whole number in the range.
bool is_count(double value, std::int64_t low, std::int64_t high) {
  return value >= static_cast<double>(low) && value <= static_cast<double>(high) &&
         value == std::floor(value);
}

}  // namespace

bool RollingCovariance::reset(std::int64_t instruments, std::int64_t window) {
  if (instruments < 1 || window < 2) return false;
  const std::int64_t leading_dimension = padded_to_kernel_block(instruments);
  const std::int64_t numbers = leading_dimension * (instruments + 3);
  storage_.reset(static_cast<double*>(
      ::operator new[](static_cast<std::size_t>(numbers) * sizeof(double), std::align_val_t{64})));
  std::fill_n(storage_.get(), numbers, 0.0);
  vectors_ = storage_.get() + leading_dimension * instruments;
  instruments_ = instruments;
  window_ = window;
  leading_dimension_ = leading_dimension;
  count_ = 0;
  updates_ = 0;
  if (kernel_ == nullptr) kernel_ = fastest_rank_two_kernel();
  return true;
}

bool RollingCovariance::add(const double* row) {
  if (window_ == 0 || full() || !all_finite(row, instruments_)) return false;
  double* mean = scratch(0);
  double* d = scratch(1);
  double* u = scratch(2);
  // m rows become m+1: S <- S (m-1)/m + d d'/(m+1), written as d u' + u d' with u = d/(2(m+1)).
  const double m = static_cast<double>(count_);
  for (std::int64_t i = 0; i < instruments_; ++i) {
    d[i] = row[i] - mean[i];
    u[i] = d[i] / (2.0 * (m + 1.0));
    mean[i] += d[i] / (m + 1.0);
  }
  if (count_ > 0) {
    const double shrink = (m - 1.0) / m;
    for (std::int64_t k = 0; k < leading_dimension_ * instruments_; ++k)
      storage_[k] *= shrink;
    kernel_(storage_.get(), leading_dimension_, instruments_, d, u, u, d);
  }
  ++count_;
  ++updates_;
  return true;
}

bool RollingCovariance::replace(const double* incoming, const double* outgoing) {
  if (!full() || !all_finite(incoming, instruments_) || !all_finite(outgoing, instruments_)) return false;
  double* mean = scratch(0);
  double* d = scratch(1);
  double* u = scratch(2);
  const double t = static_cast<double>(window_);
  const double half = 0.5 / (t - 1.0);
  for (std::int64_t i = 0; i < instruments_; ++i) {
    const double difference = incoming[i] - outgoing[i];
    const double shift = difference / t;
    d[i] = difference;
    u[i] = ((incoming[i] - mean[i]) + (outgoing[i] - mean[i]) - shift) * half;
    mean[i] += shift;
  }
  kernel_(storage_.get(), leading_dimension_, instruments_, d, u, u, d);
  // Rounding may leave the variance of an instrument that stopped moving just below zero.
  for (std::int64_t k = 0; k < leading_dimension_ * instruments_; k += leading_dimension_ + 1) {
    storage_[k] = std::max(storage_[k], 0.0);
  }
  ++updates_;
  return true;
}

bool RollingCovariance::refresh(const double* window, std::int64_t rows, std::int64_t leading_dimension) {
  if (window_ == 0 || rows < 0 || rows > window_ || leading_dimension < instruments_) return false;
  for (std::int64_t t = 0; t < rows; ++t) {
    if (!all_finite(window + t * leading_dimension, instruments_)) return false;
  }
  double* mean = scratch(0);
  double* first = scratch(1);
  double* second = scratch(2);
  std::fill_n(storage_.get(), leading_dimension_ * (instruments_ + 3), 0.0);
  count_ = rows;
  updates_ = 0;
  if (rows == 0) return true;

  for (std::int64_t t = 0; t < rows; ++t) {
    const double* row = window + t * leading_dimension;
    for (std::int64_t i = 0; i < instruments_; ++i)
      mean[i] += row[i];
  }
  for (std::int64_t i = 0; i < instruments_; ++i)
    mean[i] /= static_cast<double>(rows);
  if (rows == 1) return true;

  // Two rows per pass; an odd last one is paired with zeros.
  for (std::int64_t t = 0; t < rows; t += 2) {
    const double* row = window + t * leading_dimension;
    for (std::int64_t i = 0; i < instruments_; ++i) {
      first[i] = row[i] - mean[i];
      second[i] = t + 1 < rows ? row[leading_dimension + i] - mean[i] : 0.0;
    }
    kernel_(storage_.get(), leading_dimension_, instruments_, first, first, second, second);
  }
  const double divisor = static_cast<double>(rows - 1);
  for (std::int64_t k = 0; k < leading_dimension_ * instruments_; ++k)
    storage_[k] /= divisor;
  return true;
}

Eigen::Map<const Eigen::MatrixXd, Eigen::Aligned64, Eigen::OuterStride<>> RollingCovariance::matrix() const {
  return {storage_.get(), instruments_, instruments_, Eigen::OuterStride<>(leading_dimension_)};
}

void RollingCovariance::mirror() {
  for (std::int64_t j = 0; j < instruments_; ++j) {
    for (std::int64_t i = j + 1; i < instruments_; ++i) {
      storage_[i * leading_dimension_ + j] = storage_[j * leading_dimension_ + i];
    }
  }
}

Eigen::Map<const Eigen::VectorXd> RollingCovariance::mean() const {
  return {vectors_, instruments_};
}

bool RollingCovariance::save(std::span<double> out) const {
  if (static_cast<std::int64_t>(out.size()) < saved_size()) return false;
  double* to = out.data();
  *to++ = saved_format;
  *to++ = static_cast<double>(instruments_);
  *to++ = static_cast<double>(window_);
  *to++ = static_cast<double>(count_);
  *to++ = static_cast<double>(updates_);
  to = std::copy_n(vectors_, instruments_, to);
  for (std::int64_t j = 0; j < instruments_; ++j) {
    to = std::copy_n(storage_.get() + j * leading_dimension_ + j, instruments_ - j, to);
  }
  return true;
}

bool RollingCovariance::load(std::span<const double> in) {
  if (window_ == 0 || static_cast<std::int64_t>(in.size()) != saved_size()) return false;
  if (!all_finite(in.data(), saved_size())) return false;
  if (in[0] != saved_format || in[1] != static_cast<double>(instruments_)) return false;
  if (in[2] != static_cast<double>(window_) || !is_count(in[3], 0, window_)) return false;
  if (!is_count(in[4], 0, std::int64_t{1} << 53)) return false;
  const double* triangle = in.data() + 5 + instruments_;
  // What updates leave of the variance of a price that stands still may lie on either side of zero.
  constexpr double residue = 1e-12;
  double largest = 0.0;
  for (std::int64_t j = 0, k = 0; j < instruments_; k += instruments_ - j, ++j)
    largest = std::max(largest, triangle[k]);
  for (std::int64_t j = 0, k = 0; j < instruments_; k += instruments_ - j, ++j) {
    if (triangle[k] < -residue * largest) return false;
  }

  count_ = static_cast<std::int64_t>(in[3]);
  updates_ = static_cast<std::int64_t>(in[4]);
  std::copy_n(in.data() + 5, instruments_, vectors_);
  for (std::int64_t j = 0; j < instruments_; ++j) {
    std::copy_n(triangle, instruments_ - j, storage_.get() + j * leading_dimension_ + j);
    triangle += instruments_ - j;
  }
  return true;
}

bool RollingCovariance::use_kernel(KernelVariant variant) {
  const RankTwoKernel kernel = rank_two_kernel(variant);
  if (kernel == nullptr) return false;
  kernel_ = kernel;
  return true;
}

Eigen::MatrixXd sample_covariance(const WindowView& window) {
  const std::int64_t n = window.rows();
  RollingCovariance covariance;
  if (window.cols() < 2 || !covariance.reset(n, window.cols()) ||
      !covariance.refresh(window.data(), window.cols(), window.outerStride())) {
    return Eigen::MatrixXd::Constant(n, n, nan_value);
  }
  covariance.mirror();
  return covariance.matrix();
}

void volatility(const MatrixView& covariance, double periods_per_year, VectorOut out) {
  for (Eigen::Index i = 0; i < covariance.rows(); ++i)
    out(i) = std::sqrt(covariance(i, i) * periods_per_year);
}

void correlation(const MatrixView& covariance, MatrixOut out) {
  const Eigen::Index n = covariance.rows();
  for (Eigen::Index i = 0; i < n; ++i) {
    const double variance = covariance(i, i);
    out(i, i) = variance > 0.0 ? std::sqrt(variance) : nan_value;  // the deviations, until they are used up
  }
  for (Eigen::Index j = 0; j < n; ++j) {
    for (Eigen::Index i = j + 1; i < n; ++i) {
      const double rho = covariance(i, j) / (out(i, i) * out(j, j));
      const double clamped = std::isnan(rho) ? nan_value : std::clamp(rho, -1.0, 1.0);
      out(i, j) = clamped;
      out(j, i) = clamped;
    }
  }
  for (Eigen::Index i = 0; i < n; ++i) {
    if (!std::isnan(out(i, i))) out(i, i) = 1.0;
  }
}

}  // namespace cadre::quant

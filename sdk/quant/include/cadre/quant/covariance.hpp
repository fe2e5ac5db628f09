#pragma once

#include <cstddef>
#include <memory>
#include <new>

#include "cadre/quant/rank_two_kernel.hpp"
#include "cadre/quant/types.hpp"

namespace cadre::quant {

/// The unbiased (T-1) sample covariance of the last T rows of n returns, kept up to date in O(n^2) per row.
///
/// Adding row x and dropping row y with a = x - mean, b = y - mean, d = x - y changes the co-moments by
/// a a' - b b' - d d'/T = (d s' + s d')/2 with s = a + b - d/T (Chan, Golub & LeVeque 1983, update and
/// down-date in one); with u = s/(2(T-1)) the covariance itself becomes S + d u' + u d', one pass over the
/// matrix.
///
/// Only the lower triangle is kept: half the memory traffic at n = 50 and 500, where the update is bound by
/// it, and no slower at n = 10, where either way is two registers per column. Who wants both triangles calls
/// `mirror`.
///
/// Rounding errors of updates stay in the matrix until a `refresh`. They grow like a random walk (about 1e-15
/// of the largest variance that passed through the window after 1,000 updates, 1e-14 after 10,000). Refresh
/// once per T updates: that costs half a pass per update on average and forgets a shock as soon as it has
/// left the window.
class RollingCovariance {
 public:
  RollingCovariance() = default;
  RollingCovariance(std::int64_t instruments, std::int64_t window) { reset(instruments, window); }

  /// Empties it for n instruments (>= 1) and a window of T rows (>= 2). False, and unchanged, when out of
  /// range. The only call that allocates.
  bool reset(std::int64_t instruments, std::int64_t window);

  /// Adds one row of n returns while the window fills. False, and unchanged, when it is full or a return is
  /// not finite. no-alloc
  bool add(const double* row);

  /// Adds `incoming` and drops `outgoing`, the oldest row, which the caller keeps. False, and unchanged, when
  /// the window is not full yet or a return is not finite. no-alloc
  bool replace(const double* incoming, const double* outgoing);

  /// Recomputes everything in two passes from 0 <= rows <= T rows of finite returns; row t starts at
  /// window + t * leading_dimension. False, and unchanged, when out of range or not finite. no-alloc
  bool refresh(const double* window, std::int64_t rows, std::int64_t leading_dimension);

  /// n x n, 64-byte aligned, leading dimension `leading_dimension()`. The lower triangle is the covariance;
  /// zeros before the second row. What lies above the diagonal is unspecified unless `mirror` was called
  /// after the last change. Valid until the next `reset`. no-alloc
  Eigen::Map<const Eigen::MatrixXd, Eigen::Aligned64, Eigen::OuterStride<>> matrix() const;

  /// Copies the lower triangle to the upper one, in place. no-alloc
  void mirror();

  /// The n means of the rows in the window; zeros while there are none. no-alloc
  Eigen::Map<const Eigen::VectorXd> mean() const;

  std::int64_t instruments() const { return instruments_; }
  std::int64_t window() const { return window_; }
  std::int64_t count() const { return count_; }  ///< rows in the window, 0 to T
  bool full() const { return window_ > 0 && count_ == window_; }
  std::int64_t leading_dimension() const { return leading_dimension_; }  ///< n rounded up to a multiple of 8
  /// Rows taken since the last reset or refresh.
  std::int64_t updates_since_refresh() const { return updates_; }

  /// Doubles that `save` writes: a header of 5, n means, the lower triangle column by column.
  std::int64_t saved_size() const { return 5 + instruments_ + instruments_ * (instruments_ + 1) / 2; }

  /// Writes the whole state to `out`. False when `out` is smaller than `saved_size()`. no-alloc
  bool save(std::span<double> out) const;

  /// Takes what `save` wrote for the same n and T; saving again gives the same bytes. False, and unchanged,
  /// for anything else: other size, n or T, a number that is not finite, a variance that is more below zero
  /// than rounding explains. no-alloc
  bool load(std::span<const double> in);

  /// Uses one variant of the kernel instead of the fastest. False when this processor does not support it.
  bool use_kernel(KernelVariant variant);

 private:
  struct AlignedDelete {
    void operator()(double* p) const { ::operator delete[](p, std::align_val_t{64}); }
  };

  double* scratch(int which) { return vectors_ + which * leading_dimension_; }

  std::unique_ptr<double[], AlignedDelete> storage_;  // the matrix, then the mean and two scratch vectors
  double* vectors_ = nullptr;
  std::int64_t instruments_ = 0;
  std::int64_t window_ = 0;
  std::int64_t leading_dimension_ = 0;
  std::int64_t count_ = 0;
  std::int64_t updates_ = 0;
  RankTwoKernel kernel_ = nullptr;
};

/// The unbiased (T-1) covariance of a window of returns in two passes, both triangles. n x n NaN when there
/// are fewer than two periods or a return is not finite. Allocates; RollingCovariance::refresh is the same
/// without.
Eigen::MatrixXd sample_covariance(const WindowView& window);

/// Standard deviations, times sqrt(periods_per_year): out(i) = sqrt(covariance(i,i) * periods_per_year); NaN
/// for a negative variance. out: n. no-alloc
void volatility(const MatrixView& covariance, double periods_per_year, VectorOut out);

/// rho(i,j) = S(i,j) / sqrt(S(i,i) S(j,j)), clamped to [-1, 1], both triangles, 1 on the diagonal. The row
/// and column of an instrument without variance are NaN. out: n x n, not the same memory as the covariance.
/// no-alloc
void correlation(const MatrixView& covariance, MatrixOut out);

}  // namespace cadre::quant

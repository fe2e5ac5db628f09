#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "cadre/quant/covariance.hpp"
#include "history.hpp"
#include "pairwise.hpp"

namespace cadre::sample_covariance {

/// The unbiased covariance of the last `window` rows of n returns, with holes.
///
/// A missing return counts as 0 in the sums that are kept; what is published is pairwise, over the periods
/// both instruments have (pairwise.hpp). With fewer returns than `min_observations` of its own the row and
/// column of an instrument are NaN.
class WindowCovariance {
 public:
  /// window >= 2, 2 <= min_observations <= window.
  WindowCovariance(std::int64_t window, std::int64_t min_observations)
      : window_(window), min_observations_(min_observations) {}

  /// Starts again for n instruments with the last rows of `history`. Rows before the first return of any
  /// instrument do not count. Allocates.
  void rebuild(std::int64_t instruments, const History& history);

  /// Takes the newest row of `history`. Once the window is full this drops the row `window` before it, which
  /// the history has to hold (else everything is rebuilt from what it holds). Every `window` steps the sums
  /// are refreshed from the history, so that rounding errors cannot pile up. no-alloc
  void step(const History& history);

  std::int64_t instruments() const { return rolling_.instruments(); }
  /// Rows it is estimated from; 0 while there are fewer than min_observations.
  std::int64_t observations() const { return rolling_.count() < min_observations_ ? 0 : rolling_.count(); }
  /// n x n, lower triangle, `leading_dimension` doubles between columns, out of the sums and the history they
  /// are of. Unchanged until the next call or step. NULL: the history lacks rows. no-alloc
  const double* matrix(const History& history) const {
    return pairwise_.of(rolling_, valid_count_, min_observations_, history);
  }
  std::int64_t leading_dimension() const { return rolling_.leading_dimension(); }

  /// Everything that has to be saved: the sums and the number of valid returns of every instrument.
  const quant::RollingCovariance& sums() const { return rolling_; }
  std::span<const std::uint32_t> valid_counts() const { return valid_count_; }
  /// Takes saved sums. False, and unchanged, when they do not fit n and the window or are not what was saved.
  bool restore(std::int64_t instruments, std::span<const double> sums,
               std::span<const std::uint32_t> valid_counts);

 private:
  const double* cleaned(const History& history, std::int64_t row, double* to) const;
  void count_valid(const History& history, std::int64_t row, std::int32_t step);
  void refresh(const History& history, std::int64_t rows);

  std::int64_t window_;
  std::int64_t min_observations_;
  quant::RollingCovariance rolling_;
  std::vector<std::uint32_t> valid_count_;
  std::vector<double> rows_;             // the window with zeros for holes: input of refresh
  mutable PairwiseCovariance pairwise_;  // a workspace; no knowledge is in it
};

}  // namespace cadre::sample_covariance

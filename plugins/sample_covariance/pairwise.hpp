#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "cadre/quant/covariance.hpp"
#include "history.hpp"

namespace cadre::sample_covariance {

/// The covariance of every two instruments over the periods in which both have a return, out of sums in which
/// a missing return counts as 0, and of the holes in the window they are of. With T rows, means m and
/// covariances C of those sums, H_i the rows in which i lacks, and N rows in which neither i nor j does:
///
///     (N-1) cov_ij = (T-1) C_ij + T m_i m_j - P_ij P_ji / N
///     P_ij = T m_i - the sum of i's returns over H_j, which is what i returned where j is there
///
/// An instrument whose price did not change in the window, and one that is too young, are no matter of
/// arithmetic: the one has the variance 0, the other NaN. A matrix put together from pairs need not be
/// positive semi-definite.
class PairwiseCovariance {
 public:
  /// For n instruments. Allocates.
  void resize(std::int64_t instruments);

  /// `counts`: the returns that each instrument has in the window, which is the last sums.count() rows of
  /// `history`. The lower triangle, with the leading dimension of the sums: the sums' own where nothing
  /// lacks, else one that is valid until the next call. NULL: the history lacks rows. no-alloc
  const double* of(const quant::RollingCovariance& sums, std::span<const std::uint32_t> counts,
                   std::int64_t min_observations, const History& history);

 private:
  bool find_constants(const History& window);
  void read_holes(const History& window);
  void fill(const quant::RollingCovariance& sums);
  void fill_tile(const quant::RollingCovariance& sums, std::int64_t first_i, std::int64_t first_j);
  void overwrite(std::int64_t i, std::int64_t leading_dimension, double value);
  bool is_young(std::int64_t i) const { return young_[static_cast<std::size_t>(i)] != 0; }

  std::int64_t instruments_ = 0;
  std::vector<double> holes_;             // rows in which an instrument lacks
  std::vector<std::uint8_t> young_;       // fewer returns than min_observations
  std::vector<std::uint8_t> constant_;    // no return that differs from zero
  std::vector<std::int64_t> lacking_;     // who lacks in one row
  std::vector<std::uint32_t> both_lack_;  // column j: rows in which j and a later i lack
  std::vector<double> missed_;            // column j: the sums over the rows in which j lacks
  std::vector<double> row_;
  std::vector<double> matrix_;
};

}  // namespace cadre::sample_covariance

#include "pairwise.hpp"

#include <algorithm>
#include <limits>

namespace cadre::sample_covariance {

namespace {

constexpr std::int64_t tile = 32;

// Decided by the returns themselves: the updates leave a residue in the variance of a price that stands
// still. Whatever else moved on the newest day is done with one look.
bool never_moves(const History& window, std::int64_t i) {
  for (std::int64_t t = window.rows - 1; t >= 0; --t) {
    const std::int64_t at = t * window.stride + i;
    if (window.valid[at] != 0 && window.values[at] != 0.0) return false;
  }
  return true;
}

}  // namespace

void PairwiseCovariance::resize(std::int64_t instruments) {
  instruments_ = instruments;
  const auto n = static_cast<std::size_t>(instruments);
  holes_.assign(n, 0.0);
  young_.assign(n, 0);
  constant_.assign(n, 0);
  lacking_.assign(n, 0);
  both_lack_.assign(n * n, 0);
  missed_.assign(n * n, 0.0);
  row_.assign(n, 0.0);
  matrix_.assign(n * static_cast<std::size_t>(quant::padded_to_kernel_block(instruments)), 0.0);
}

const double* PairwiseCovariance::of(const quant::RollingCovariance& sums,
                                     std::span<const std::uint32_t> counts, std::int64_t min_observations,
                                     const History& history) {
  const std::int64_t rows = sums.count();
  bool any_holes = false;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    holes_[i] = static_cast<double>(rows - std::int64_t{counts[i]});
    young_[i] = std::int64_t{counts[i]} < min_observations;
    any_holes = any_holes || holes_[i] != 0.0;
  }
  if (history.rows < rows) return nullptr;
  History window = history;
  window.rows = rows;
  window.values += (history.rows - rows) * history.stride;
  window.valid += (history.rows - rows) * history.stride;
  const bool any_constant = find_constants(window);
  if (!any_holes && !any_constant) return sums.matrix().data();
  read_holes(window);
  fill(sums);
  return matrix_.data();
}

bool PairwiseCovariance::find_constants(const History& window) {
  bool any = false;
  for (std::int64_t i = 0; i < instruments_; ++i) {
    const bool constant = !is_young(i) && never_moves(window, i);
    constant_[static_cast<std::size_t>(i)] = constant;
    any = any || constant;
  }
  return any;
}

void PairwiseCovariance::read_holes(const History& window) {
  const std::int64_t n = instruments_;
  std::fill(both_lack_.begin(), both_lack_.end(), 0U);
  std::fill(missed_.begin(), missed_.end(), 0.0);
  for (std::int64_t t = 0; t < window.rows; ++t) {
    const double* values = window.values + t * window.stride;
    const std::uint8_t* valid = window.valid + t * window.stride;
    std::size_t lacking = 0;
    for (std::int64_t i = 0; i < n; ++i) {
      row_[static_cast<std::size_t>(i)] = valid[i] != 0 ? values[i] : 0.0;
      if (valid[i] == 0 && !is_young(i)) lacking_[lacking++] = i;
    }
    for (std::size_t k = 0; k < lacking; ++k) {
      double* missed = missed_.data() + lacking_[k] * n;
      for (std::int64_t i = 0; i < n; ++i)
        missed[i] += row_[static_cast<std::size_t>(i)];
      std::uint32_t* both_lack = both_lack_.data() + lacking_[k] * n;
      for (std::size_t other = k; other < lacking; ++other)
        ++both_lack[lacking_[other]];
    }
  }
}

// Tile by tile: a pair reads the sums of both of its instruments, which lie in two columns.
void PairwiseCovariance::fill(const quant::RollingCovariance& sums) {
  for (std::int64_t j = 0; j < instruments_; j += tile) {
    for (std::int64_t i = j; i < instruments_; i += tile)
      fill_tile(sums, i, j);
  }
  const std::int64_t stride = sums.leading_dimension();
  for (std::int64_t i = 0; i < instruments_; ++i) {
    double& variance = matrix_[static_cast<std::size_t>(i * stride + i)];
    variance = std::max(0.0, variance);
    if (constant_[static_cast<std::size_t>(i)] != 0) overwrite(i, stride, 0.0);
  }
  for (std::int64_t i = 0; i < instruments_; ++i) {
    if (is_young(i)) overwrite(i, stride, std::numeric_limits<double>::quiet_NaN());
  }
}

void PairwiseCovariance::fill_tile(const quant::RollingCovariance& sums, std::int64_t first_i,
                                   std::int64_t first_j) {
  const std::int64_t n = instruments_;
  const std::int64_t end_i = std::min(first_i + tile, n);
  const std::int64_t end_j = std::min(first_j + tile, n);
  const auto rows = static_cast<double>(sums.count());
  const double* mean = sums.mean().data();
  double missed_of_j[tile][tile];  // over the rows in which i lacks
  for (std::int64_t i = first_i; i < end_i; ++i) {
    for (std::int64_t j = first_j; j < end_j; ++j)
      missed_of_j[j - first_j][i - first_i] = missed_[static_cast<std::size_t>(i * n + j)];
  }
  for (std::int64_t j = first_j; j < end_j; ++j) {
    const double* covariance = sums.matrix().data() + j * sums.leading_dimension();
    const double* missed_of_i = missed_.data() + j * n;
    const std::uint32_t* both_lack = both_lack_.data() + j * n;
    const double holes_j = holes_[static_cast<std::size_t>(j)];
    double* out = matrix_.data() + j * sums.leading_dimension();
    for (std::int64_t i = std::max(first_i, j); i < end_i; ++i) {
      const double holes = holes_[static_cast<std::size_t>(i)] + holes_j;
      const double common = rows - holes + static_cast<double>(both_lack[i]);
      const double products = (rows - 1.0) * covariance[i] + rows * (mean[i] * mean[j]);
      const double sums_of_common =
          (rows * mean[i] - missed_of_i[i]) * (rows * mean[j] - missed_of_j[j - first_j][i - first_i]);
      const double pairwise = (common * products - sums_of_common) / (common * (common - 1.0));
      out[i] = holes == 0.0 ? covariance[i] : common < 2.0 ? 0.0 : pairwise;
    }
  }
}

void PairwiseCovariance::overwrite(std::int64_t i, std::int64_t leading_dimension, double value) {
  for (std::int64_t j = 0; j < i; ++j)
    matrix_[static_cast<std::size_t>(j * leading_dimension + i)] = value;
  for (std::int64_t k = i; k < instruments_; ++k)
    matrix_[static_cast<std::size_t>(i * leading_dimension + k)] = value;
}

}  // namespace cadre::sample_covariance

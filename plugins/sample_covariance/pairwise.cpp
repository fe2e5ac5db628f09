#include "pairwise.hpp"

#include <algorithm>
#include <bit>
#include <limits>

namespace cadre::sample_covariance {

namespace {

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

void PairwiseCovariance::resize(std::int64_t instruments, std::int64_t window) {
  instruments_ = instruments;
  words_ = (window + 63) / 64;
  const auto n = static_cast<std::size_t>(instruments);
  holes_.assign(n, 0);
  young_.assign(n, 0);
  constant_.assign(n, 0);
  lacks_.assign(n * static_cast<std::size_t>(words_), 0);
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
    holes_[i] = rows - std::int64_t{counts[i]};
    young_[i] = std::int64_t{counts[i]} < min_observations;
    any_holes = any_holes || holes_[i] != 0;
  }
  if (history.rows < rows) return nullptr;
  History window = history;
  window.rows = rows;
  window.values += (history.rows - rows) * history.stride;
  window.valid += (history.rows - rows) * history.stride;
  const bool any_constant = find_constants(window);
  if (!any_holes && !any_constant) return sums.matrix().data();
  if (any_holes) read_holes(window);
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
  std::fill(lacks_.begin(), lacks_.end(), std::uint64_t{0});
  for (std::int64_t j = 0; j < instruments_; ++j) {
    if (has_holes(j)) std::fill_n(missed_.begin() + j * instruments_, instruments_, 0.0);
  }
  for (std::int64_t t = 0; t < window.rows; ++t) {
    const double* values = window.values + t * window.stride;
    const std::uint8_t* valid = window.valid + t * window.stride;
    if (std::all_of(valid, valid + instruments_, [](std::uint8_t v) { return v != 0; })) continue;
    for (std::int64_t i = 0; i < instruments_; ++i)
      row_[static_cast<std::size_t>(i)] = valid[i] != 0 ? values[i] : 0.0;
    for (std::int64_t j = 0; j < instruments_; ++j) {
      if (valid[j] != 0 || is_young(j)) continue;
      lacks_[static_cast<std::size_t>(j * words_ + t / 64)] |= std::uint64_t{1} << (t % 64);
      double* missed = missed_.data() + j * instruments_;
      for (std::int64_t i = 0; i < instruments_; ++i)
        missed[i] += row_[static_cast<std::size_t>(i)];
    }
  }
}

std::int64_t PairwiseCovariance::common_rows(std::int64_t rows, std::int64_t i, std::int64_t j) const {
  std::int64_t both_lack = 0;
  if (has_holes(i) && has_holes(j)) {
    const std::uint64_t* a = lacks_.data() + i * words_;
    const std::uint64_t* b = lacks_.data() + j * words_;
    for (std::int64_t w = 0; w < words_; ++w)
      if (const std::uint64_t both = a[w] & b[w]; both != 0) both_lack += std::popcount(both);
  }
  return rows - holes_[static_cast<std::size_t>(i)] - holes_[static_cast<std::size_t>(j)] + both_lack;
}

double PairwiseCovariance::pair(const quant::RollingCovariance& sums, std::int64_t i, std::int64_t j) const {
  if (is_young(i) || is_young(j)) return std::numeric_limits<double>::quiet_NaN();
  if (is_constant(i) || is_constant(j)) return 0.0;
  const double covariance = sums.matrix()(i, j);
  if (!has_holes(i) && !has_holes(j)) return covariance;
  const std::int64_t common = common_rows(sums.count(), i, j);
  if (common < 2) return 0.0;
  const auto rows = static_cast<double>(sums.count());
  const auto both = static_cast<double>(common);
  const double mean_i = sums.mean()(i);
  const double mean_j = sums.mean()(j);
  const double products = (rows - 1.0) * covariance + rows * (mean_i * mean_j);
  const double sums_of_common = (rows * mean_i - missed(i, j)) * (rows * mean_j - missed(j, i));
  const double result = (both * products - sums_of_common) / (both * (both - 1.0));
  return i == j ? std::max(0.0, result) : result;
}

// Tile by tile: a pair reads the sums of both of its instruments, which lie in two columns.
void PairwiseCovariance::fill(const quant::RollingCovariance& sums) {
  constexpr std::int64_t tile = 32;
  for (std::int64_t first_j = 0; first_j < instruments_; first_j += tile) {
    const std::int64_t end_j = std::min(first_j + tile, instruments_);
    for (std::int64_t first_i = first_j; first_i < instruments_; first_i += tile) {
      const std::int64_t end_i = std::min(first_i + tile, instruments_);
      for (std::int64_t j = first_j; j < end_j; ++j) {
        double* column = matrix_.data() + j * sums.leading_dimension();
        for (std::int64_t i = std::max(first_i, j); i < end_i; ++i)
          column[i] = pair(sums, i, j);
      }
    }
  }
}

}  // namespace cadre::sample_covariance

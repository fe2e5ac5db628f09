#pragma once

#include "cadre/quant/types.hpp"

/// Scores across instruments. A NaN going in is a missing value: it counts for nothing and comes out as NaN.
namespace cadre::quant {

/// close[t - skip] / close[t - lookback] - 1 per instrument, t the last column: with 252 and 21 the "12-1
/// momentum" of Jegadeesh & Titman 1993, twelve months without the last one. closes: n x T; out: n. NaN where
/// one of the two closes is missing or not above zero, and for all when T <= lookback or not 0 <= skip <
/// lookback. no-alloc
void momentum(const WindowView& closes, std::int64_t lookback, std::int64_t skip, VectorOut out);

/// (x - mean) / sd across the instruments, with the SAMPLE standard deviation (divisor m - 1, m values not
/// NaN). All 0 when the values are equal: no opinion. All NaN when m < 2. out may be `values`. no-alloc
void z_score(VectorView values, VectorOut out);

/// Ascending ranks 1..m of the values that are not NaN; equal values share their average rank. O(n^2),
/// no-alloc. out may not be `values`.
void rank(VectorView values, VectorOut out);

/// 1 for the best fraction of the m values that are not NaN, else 0: the best k = ceil(fraction m), at least
/// one, and all that equal the k-th, so that the order of the instruments cannot matter. fraction in (0, 1],
/// else nothing. Returns how many. workspace: at least n doubles (else 0 is returned); out may not be
/// `values`. no-alloc
std::int64_t top_fraction(VectorView values, double fraction, std::span<double> workspace, VectorOut out);

}  // namespace cadre::quant

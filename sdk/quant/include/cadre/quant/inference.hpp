#pragma once

#include <cstdint>
#include <vector>

#include "cadre/quant/inference_results.hpp"
#include "cadre/quant/types.hpp"

/// Inference about the mean of paired differences d_1..d_T, candidate minus control, one a period.
/// Autocovariances are gamma_k = (1/T) sum_{t>k} (d_t - mean)(d_{t-k} - mean). "Variance" means the long-run
/// variance of d, so that the standard error of the mean is sqrt(variance / T). NaN, everywhere: too few
/// differences, a difference that is not finite, alpha or power outside (0, 1).
namespace cadre::quant {

/// gamma_lag. NaN unless 0 <= lag < T. no-alloc
double autocovariance(VectorView d, std::int64_t lag);

/// Bartlett kernel, gamma_0 + 2 sum_{k=1..L} (1 - k/(L+1)) gamma_k with L = floor(4 (T/100)^(2/9)), at most T
/// - 1; no small-sample factor (Newey & West 1987, 1994). NaN figures for T < 2. no-alloc
NeweyWest newey_west(VectorView d);

/// p-value of the two one-sided tests that the mean lies outside of (-margin, margin), with the variance of
/// newey_west(d): small means equivalent (Schuirmann 1987). NaN when margin is not above zero or the variance
/// is zero. no-alloc
double equivalence_p(VectorView d, double margin);

/// From the 60th difference on pre-whitened by an AR(1) (Andrews & Monahan 1992): with r = gamma_1/gamma_0 +
/// 1/T (its bias), between 0 and 0.97, the residual variance gamma_0 (1 + r^2) - 2 r gamma_1 over (1 - r)^2;
/// gamma_0 before. NaN for T < 2. no-alloc
double prewhitened_variance(VectorView d);

/// Half-width after n differences of the asymptotic confidence sequence that covers the mean at all n at once
/// with probability 1 - alpha (Waudby-Smith et al. 2021): sqrt(variance) sqrt(2 (n q + 1) ln(sqrt(n q +
/// 1)/alpha) / (n^2 q)), q = (-2 ln alpha + ln(1 - 2 ln alpha)) / horizon, which makes it narrowest about the
/// horizon. NaN unless n and horizon are above zero. no-alloc
double sequence_half_width(double variance, double n, double alpha, double horizon);

/// The smallest alpha whose sequence excludes zero after n differences with this mean, from 1e-300 to 1.
/// no-alloc
double sequence_p(double mean, double variance, double n, double horizon);

/// The sequence after n = first_look..T, each from the first n differences alone; empty for fewer, and where
/// something is NaN. The variances come from running sums about d_1: cancellation is harmless unless |mean -
/// d_1| is millions of standard deviations.
std::vector<SequencePoint> confidence_sequence(VectorView d, double alpha, double horizon);

/// The true mean that a two-sided test of level alpha after T differences finds with this power:
/// (z_{1-alpha/2} + z_power) sqrt(variance / T). Never put an observed mean in its place. no-alloc
double minimum_detectable_effect(double variance, double periods, double alpha, double power);

/// T at which the minimum detectable effect is `effect`: (z_{1-alpha/2} + z_power)^2 variance / effect^2, not
/// rounded. NaN for effect 0. no-alloc
double periods_needed(double variance, double effect, double alpha, double power);

/// The same for the confidence sequence: the mean whose estimate after n differences lies beyond the
/// half-width with this power, half_width + z_power sqrt(variance / n). A little pessimistic: the sequence
/// may have excluded zero earlier. no-alloc
double sequence_minimum_detectable_effect(double variance, double n, double alpha, double horizon,
                                          double power);

/// And the periods, for a sequence whose declared horizon is that very number, not rounded. no-alloc
double sequence_periods_needed(double variance, double effect, double alpha, double power);

}  // namespace cadre::quant

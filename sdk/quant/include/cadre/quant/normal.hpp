#pragma once

namespace cadre::quant {

/// Density of the standard normal. no-alloc
double normal_pdf(double x);

/// P(Z <= x), by the complementary error function: full relative precision in the lower tail. no-alloc
double normal_cdf(double x);

/// The x with P(Z <= x) = probability: algorithm AS 241 PPND16 (Wichura 1988), relative error about 1e-16.
/// Minus and plus infinity at 0 and 1; NaN outside [0, 1]. no-alloc
double normal_quantile(double probability);

}  // namespace cadre::quant

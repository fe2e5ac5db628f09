#include "cadre/quant/normal.hpp"

#include <cmath>
#include <limits>
#include <numbers>

namespace cadre::quant {
namespace {

// Numerator and denominator of degree 7, highest power first, as printed in Wichura 1988.
struct Rational {
  double numerator[8];
  double denominator[8];

  double operator()(double x) const {
    double p = 0.0, q = 0.0;
    for (int i = 0; i < 8; ++i) {
      p = p * x + numerator[i];
      q = q * x + denominator[i];
    }
    return p / q;
  }
};

// |p - 1/2| <= 0.425
constexpr Rational central = {
    {2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4, 4.5921953931549871457e4,
     1.3731693765509461125e4, 1.9715909503065514427e3, 1.3314166789178437745e2, 3.3871328727963666080e0},
    {5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4, 2.1213794301586595867e4,
     5.3941960214247511077e3, 6.8718700749205790830e2, 4.2313330701600911252e1, 1.0}};

// tail probability from exp(-25) up
constexpr Rational middle = {{7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1,
                              1.27045825245236838258e0, 3.64784832476320460504e0, 5.76949722146069140550e0,
                              4.63033784615654529590e0, 1.42343711074968357734e0},
                             {1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2,
                              1.48103976427480074590e-1, 6.89767334985100004550e-1, 1.67638483018380384940e0,
                              2.05319162663775882187e0, 1.0}};

// beyond
constexpr Rational far = {{2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3,
                           2.65321895265761230930e-2, 2.96560571828504891230e-1, 1.78482653991729133580e0,
                           5.46378491116411436990e0, 6.65790464350110377720e0},
                          {2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5,
                           7.86869131145613259100e-4, 1.48753612908506148525e-2, 1.36929880922735805310e-1,
                           5.99832206555887937690e-1, 1.0}};

}  // namespace

double normal_pdf(double x) {
  constexpr double one_over_root_two_pi = std::numbers::inv_sqrtpi / std::numbers::sqrt2;
  return one_over_root_two_pi * std::exp(-0.5 * x * x);
}

double normal_cdf(double x) {
  return 0.5 * std::erfc(-x / std::numbers::sqrt2);
}

double normal_quantile(double probability) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (!(probability >= 0.0 && probability <= 1.0)) return std::numeric_limits<double>::quiet_NaN();
  if (probability == 0.0) return -infinity;
  if (probability == 1.0) return infinity;

  const double q = probability - 0.5;
  if (std::fabs(q) <= 0.425) return q * central(0.180625 - q * q);
  const double tail = q < 0.0 ? probability : 1.0 - probability;
  const double r = std::sqrt(-std::log(tail));
  const double magnitude = r <= 5.0 ? middle(r - 1.6) : far(r - 5.0);
  return q < 0.0 ? -magnitude : magnitude;
}

}  // namespace cadre::quant

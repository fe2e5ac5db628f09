#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "cadre/quant/inference.hpp"
#include "random_returns.hpp"

// The expected figures are from exact fractions and 50-digit decimals (Python's fractions and decimal; normal
// tail by its power series), following the formulas of the header.
namespace {

using namespace cadre::quant;

// Mean 4 basis points; autocovariances 8.4e-7, -3.5125e-7, -2.6625e-7.
Eigen::VectorXd eight() {
  Eigen::VectorXd d(8);
  d << 12, -5, 8, 20, -11, 3, 6, -1;
  return d / 10000.0;
}

// 2 u_t + u_{t-1} basis points with u_t = (7 t^3 + 5 t) mod 31 - 15, t = 1..99, and a constant:
// gamma_1/gamma_0 is 0.4246.
Eigen::VectorXd ninety_nine(int constant_basis_points = 0) {
  const auto u = [](long t) { return static_cast<double>((7 * t * t * t + 5 * t) % 31 - 15); };
  Eigen::VectorXd d(99);
  for (long t = 1; t <= 99; ++t)
    d(t - 1) = (2 * u(t) + u(t - 1) + constant_basis_points) / 10000.0;
  return d;
}

#define EXPECT_RELATIVE(actual, expected, tolerance) EXPECT_NEAR((actual) / (expected), 1.0, tolerance)

TEST(NeweyWest, agrees_with_exact_arithmetic) {
  EXPECT_RELATIVE(autocovariance(eight(), 0), 8.4e-07, 1e-13);
  EXPECT_RELATIVE(autocovariance(eight(), 1), -3.5125e-07, 1e-13);
  EXPECT_RELATIVE(autocovariance(eight(), 2), -2.6625e-07, 1e-13);
  const NeweyWest test = newey_west(eight());
  EXPECT_EQ(test.lag, 2);  // 4 (8/100)^(2/9) = 2.28
  EXPECT_RELATIVE(test.mean, 0.0004, 1e-14);
  EXPECT_RELATIVE(test.variance, 1.9416666666666668e-07, 1e-12);
  EXPECT_RELATIVE(test.t, 2.567542536767713997, 1e-12);
  EXPECT_RELATIVE(test.p, 0.010242222234936204513, 1e-11);

  const NeweyWest longer = newey_west(ninety_nine());
  EXPECT_EQ(longer.lag, 3);  // 3.991
  EXPECT_RELATIVE(longer.variance, 7.5292474123955605e-06, 1e-12);
  EXPECT_RELATIVE(longer.t, -0.40290188909130228095, 1e-11);
}

TEST(NeweyWest, takes_the_lag_of_the_rule) {
  // floor(4 (T/100)^(2/9)): 4 exactly at 100; 4.903 at 250; 8.178 at 2,500.
  EXPECT_EQ(newey_west(Eigen::VectorXd::LinSpaced(100, 0, 1)).lag, 4);
  EXPECT_EQ(newey_west(Eigen::VectorXd::LinSpaced(250, 0, 1)).lag, 4);
  EXPECT_EQ(newey_west(Eigen::VectorXd::LinSpaced(2500, 0, 1)).lag, 8);
  EXPECT_EQ(newey_west(Eigen::VectorXd::LinSpaced(2, 0, 1)).lag, 1);
}

TEST(Equivalence, is_the_worse_of_two_one_sided_tests) {
  EXPECT_RELATIVE(equivalence_p(eight(), 0.001), 0.00005874291901138270, 1e-10);
  EXPECT_RELATIVE(equivalence_p(-eight(), 0.001), 0.00005874291901138270, 1e-10);
  EXPECT_GT(equivalence_p(eight(), 0.0003), 0.5);  // the mean lies outside
}

TEST(PrewhitenedVariance, is_plain_before_the_60th_and_whitened_from_there_on) {
  EXPECT_RELATIVE(prewhitened_variance(ninety_nine().head(59)), 4.6948577994829075e-06, 1e-12);
  EXPECT_RELATIVE(prewhitened_variance(ninety_nine().head(60)), 1.2232485919622676e-05, 1e-12);
  EXPECT_RELATIVE(prewhitened_variance(ninety_nine()), 1.2157084797671107e-05, 1e-12);
}

TEST(PrewhitenedVariance, takes_no_comfort_from_negative_correlation) {
  Eigen::VectorXd d(100);
  for (int t = 0; t < 100; ++t)
    d(t) = t % 2 == 0 ? 1.0 : -1.0;
  EXPECT_EQ(prewhitened_variance(d), 1.0);
}

TEST(ConfidenceSequence, half_width_agrees_with_exact_arithmetic) {
  EXPECT_RELATIVE(sequence_half_width(1.0, 250, 0.05, 250), 0.19196347168418092082, 1e-13);
  EXPECT_RELATIVE(sequence_half_width(1.0, 20, 0.05, 250), 0.91362701686592355145, 1e-13);
  EXPECT_RELATIVE(sequence_half_width(4.0, 1000, 0.01, 250), 0.23105419852947672028, 1e-13);
}

TEST(ConfidenceSequence, p_is_the_alpha_whose_half_width_is_the_mean) {
  EXPECT_RELATIVE(sequence_p(0.25, 1.0, 250, 250), 0.0026372333461288010742, 1e-10);
  EXPECT_RELATIVE(sequence_p(-0.1, 1.0, 250, 250), 0.75700262928611948583, 1e-10);
  EXPECT_EQ(sequence_p(0.06, 1.0, 250, 250), 1.0);
  EXPECT_EQ(sequence_p(0.0, 0.0, 250, 250), 1.0);
  EXPECT_LT(sequence_p(1.0, 0.0, 250, 250), 1e-299);
}

TEST(ConfidenceSequence, half_width_shrinks_as_alpha_grows) {
  for (const double n : {20.0, 60.0, 250.0, 2500.0, 100000.0}) {
    double last = std::numeric_limits<double>::infinity();
    for (double alpha = 1e-12; alpha < 1.0; alpha *= 1.05) {
      const double width = sequence_half_width(1.0, n, alpha, 250);
      EXPECT_LT(width, last) << "n " << n << " alpha " << alpha;
      last = width;
    }
  }
}

TEST(ConfidenceSequence, keeps_the_smallest_p_of_all_looks_from_the_60th) {
  const auto points = confidence_sequence(ninety_nine(15), 0.05, 120);
  ASSERT_EQ(points.size(), 80U);
  struct Expected {
    std::int64_t n;
    double mean, variance, half_width, p;
  };
  // Nothing counts before the 60th, and at n = 99 the p-value of that look alone is 0.0026.
  for (const Expected& e :
       {Expected{20, 0.00105, 4.3294999999999998e-06, 0.0016118100784429555, 1.0},
        Expected{59, 0.0014728813559322033, 4.6948577994829075e-06, 0.00087055234405776353, 1.0},
        Expected{60, 0.00151, 1.2232485919622676e-05, 0.0013923081578608083, 0.023505986477215874},
        Expected{80, 0.001315, 1.1222926532662771e-05, 0.0011428694089628277, 0.012733612474746739},
        Expected{99, 0.0013888888888888889, 1.2157084797671107e-05, 0.0010650009524315661,
                 0.00091425154348950149}}) {
    const SequencePoint& point = points[static_cast<std::size_t>(e.n - first_look)];
    EXPECT_EQ(point.n, e.n);
    EXPECT_RELATIVE(point.mean, e.mean, 1e-12);
    EXPECT_RELATIVE(point.variance, e.variance, 1e-11);
    EXPECT_RELATIVE(point.half_width, e.half_width, 1e-11);
    EXPECT_RELATIVE(point.p, e.p, 1e-9);
  }
}

TEST(ConfidenceSequence, looks_at_nothing_later_than_n) {
  const Eigen::VectorXd all = random_returns(1, 300, 3).row(0).transpose();
  const auto whole = confidence_sequence(all, 0.05, 250);
  const auto part = confidence_sequence(all.head(150), 0.05, 250);
  for (std::size_t i = 0; i < part.size(); ++i) {
    EXPECT_EQ(part[i].p, whole[i].p);
    EXPECT_EQ(part[i].half_width, whole[i].half_width);
    EXPECT_NEAR(whole[i].variance / prewhitened_variance(all.head(whole[i].n)), 1.0, 1e-12);
  }
}

TEST(Power, agrees_with_exact_arithmetic) {
  EXPECT_RELATIVE(minimum_detectable_effect(1.0, 250, 0.05, 0.8), 0.17718780696593193008, 1e-14);
  EXPECT_RELATIVE(periods_needed(4e-4, 1e-3, 0.05, 0.8), 3139.5518937396355805, 1e-14);
  EXPECT_RELATIVE(sequence_minimum_detectable_effect(1.0, 250, 0.05, 250, 0.8), 0.24519227218920052469,
                  1e-13);
  EXPECT_RELATIVE(sequence_periods_needed(4e-4, 1e-3, 0.05, 0.8), 6011.9250341302997061, 1e-13);
  const double effect = minimum_detectable_effect(4e-4, 777, 0.05, 0.8);
  EXPECT_RELATIVE(periods_needed(4e-4, effect, 0.05, 0.8), 777.0, 1e-13);
}

TEST(Inference, of_equal_differences_has_no_variance) {
  const Eigen::VectorXd equal = Eigen::VectorXd::Constant(80, 0.1);
  EXPECT_EQ(newey_west(equal).mean, 0.1);
  EXPECT_EQ(newey_west(equal).variance, 0.0);
  EXPECT_TRUE(std::isnan(newey_west(equal).t));
  EXPECT_TRUE(std::isnan(newey_west(equal).p));
  EXPECT_TRUE(std::isnan(equivalence_p(equal, 1.0)));
  EXPECT_EQ(prewhitened_variance(equal), 0.0);
  const auto points = confidence_sequence(Eigen::VectorXd::Zero(80), 0.05, 80);
  EXPECT_EQ(points.back().half_width, 0.0);
  EXPECT_EQ(points.back().p, 1.0);
}

TEST(Inference, is_nan_where_it_is_not_defined) {
  Eigen::VectorXd missing = ninety_nine();
  missing(7) = std::numeric_limits<double>::quiet_NaN();
  const Eigen::VectorXd one = missing.head(1);
  for (const double figure :
       {autocovariance(eight(), 8), autocovariance(eight(), -1), autocovariance(missing, 0),
        newey_west(missing).variance, newey_west(missing).p, newey_west(one).mean,
        equivalence_p(eight(), 0.0), equivalence_p(missing, 1.0), prewhitened_variance(missing),
        prewhitened_variance(one), sequence_half_width(1.0, 10, 1.0, 10),
        sequence_half_width(1.0, 10, 0.05, 0), sequence_p(std::nan(""), 1.0, 10, 10),
        minimum_detectable_effect(1.0, 0, 0.05, 0.8), minimum_detectable_effect(1.0, 10, 0.0, 0.8),
        periods_needed(1.0, 0.0, 0.05, 0.8), sequence_minimum_detectable_effect(1.0, 10, 0.05, 10, 1.0),
        sequence_periods_needed(1.0, 0.0, 0.05, 0.8)}) {
    EXPECT_TRUE(std::isnan(figure));
  }
  EXPECT_TRUE(confidence_sequence(missing, 0.05, 99).empty());
  EXPECT_TRUE(confidence_sequence(eight(), 0.05, 99).empty());
  EXPECT_TRUE(confidence_sequence(ninety_nine(), 0.0, 99).empty());
}

}  // namespace

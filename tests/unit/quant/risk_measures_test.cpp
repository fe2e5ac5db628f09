#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "cadre/quant/covariance.hpp"
#include "cadre/quant/risk_measures.hpp"
#include "random_returns.hpp"

namespace {

using namespace cadre::quant;

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

// Twenty returns; sorted: -45 -31 -26 -20 -17 -11 -8 -5 -5 -2 1 3 5 7 9 ... per mille.
Eigen::VectorXd twenty_returns() {
  Eigen::VectorXd r(20);
  r << 12, -31, 5, -8, 22, -17, 3, -45, 9, 14, -2, -26, 18, 7, -11, 1, -5, 16, -20, 10;
  return r / 1000.0;
}

TEST(TailCount, is_the_ceiling_and_forgives_rounding) {
  EXPECT_EQ(tail_count(0.05, 252), 13);  // 12.6
  EXPECT_EQ(tail_count(0.05, 100), 5);
  EXPECT_EQ(tail_count(1.0 - 0.95, 100), 5);  // 5.0000000000000044 in doubles
  EXPECT_EQ(tail_count(0.07, 100), 7);        // 7.000000000000001 in doubles
  EXPECT_EQ(tail_count(0.05, 101), 6);
  EXPECT_EQ(tail_count(0.001, 10), 1);
  EXPECT_EQ(tail_count(0.05, 0), 0);
  EXPECT_EQ(tail_count(1.0, 10), 0);
}

// Hand arithmetic, checked with exact fractions. At 12 % of 20: k = 3, ES = 26 + (19 + 5 + 0)/2.4 = 36 per
// mille.
TEST(HistoricalVar, takes_the_kth_worst_return) {
  EXPECT_DOUBLE_EQ(historical_var(twenty_returns(), 0.05), 0.045);
  EXPECT_DOUBLE_EQ(historical_var(twenty_returns(), 0.10), 0.031);
  EXPECT_DOUBLE_EQ(historical_var(twenty_returns(), 0.12), 0.026);
  EXPECT_DOUBLE_EQ(historical_var(twenty_returns(), 0.25), 0.017);
}

TEST(HistoricalVar, type_seven_interpolates) {
  EXPECT_NEAR(historical_var(twenty_returns(), 0.05, Quantile::linear), 0.0317, 1e-16);   // h = 0.95
  EXPECT_NEAR(historical_var(twenty_returns(), 0.12, Quantile::linear), 0.02432, 1e-16);  // h = 2.28
  EXPECT_NEAR(historical_var(twenty_returns(), 0.25, Quantile::linear), 0.0125, 1e-16);   // h = 4.75
}

TEST(HistoricalEs, includes_the_fraction_of_the_boundary_return) {
  EXPECT_NEAR(historical_es(twenty_returns(), 0.05), 0.045, 1e-16);
  EXPECT_NEAR(historical_es(twenty_returns(), 0.10), 0.038, 1e-16);
  EXPECT_NEAR(historical_es(twenty_returns(), 0.12), 0.036, 1e-16);
  EXPECT_NEAR(historical_es(twenty_returns(), 0.25), 0.0278, 1e-16);
}

TEST(HistoricalRisk, is_nan_where_it_is_not_defined) {
  Eigen::VectorXd r = twenty_returns();
  std::vector<double> small(19);
  EXPECT_TRUE(std::isnan(historical_var(Eigen::VectorXd(), 0.05)));
  EXPECT_TRUE(std::isnan(historical_var(r, 0.0)));
  EXPECT_TRUE(std::isnan(historical_es(r, 1.0)));
  EXPECT_TRUE(std::isnan(historical_var(r, 0.05, Quantile::order_statistic, small)));
  r(7) = not_a_number;
  EXPECT_TRUE(std::isnan(historical_var(r, 0.05)));
  EXPECT_TRUE(std::isnan(historical_es(r, 0.05)));
}

TEST(HistoricalRisk, ignores_the_order_scales_and_falls_with_a_gain_for_sure) {
  const std::uint64_t seed = 21;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  const Eigen::VectorXd r = random_returns(1, 252, seed).row(0);
  Eigen::VectorXd shuffled = r;
  std::mt19937_64 generator(seed);
  std::shuffle(shuffled.data(), shuffled.data() + shuffled.size(), generator);
  for (const double alpha : {0.01, 0.05, 0.1, 0.5}) {
    for (const Quantile quantile : {Quantile::order_statistic, Quantile::linear}) {
      EXPECT_EQ(historical_var(r, alpha, quantile), historical_var(shuffled, alpha, quantile));
      EXPECT_DOUBLE_EQ(historical_var(4.0 * r, alpha, quantile), 4.0 * historical_var(r, alpha, quantile));
      EXPECT_NEAR(historical_var((r.array() + 0.01).matrix(), alpha, quantile),
                  historical_var(r, alpha, quantile) - 0.01, 1e-15);
    }
    EXPECT_EQ(historical_es(r, alpha), historical_es(shuffled, alpha));
    EXPECT_GE(historical_es(r, alpha), historical_var(r, alpha));
  }
}

// Wichura 1988 prints p = 0.25, 0.001 and 1e-20; the others are roots of the series of the integral, found by
// Newton's method in 80-digit decimal arithmetic.
TEST(NormalQuantile, agrees_with_wichura_and_with_long_arithmetic) {
  const std::pair<double, double> expected[] = {
      {0.25, -0.6744897501960817},     {0.001, -3.090232306167813541},  {1e-20, -9.262340089798407574},
      {0.05, -1.644853626951472715},   {0.01, -2.326347874040841101},   {0.025, -1.959963984540054236},
      {0.0749, -1.440238267527963623}, {0.0751, -1.438825392752539983}, {1e-12, -7.034483825301131930}};
  for (const auto& [p, x] : expected)
    EXPECT_NEAR(normal_quantile(p) / x, 1.0, 1e-15) << p;
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054236, 1e-15);
  EXPECT_EQ(normal_quantile(0.5), 0.0);
  EXPECT_EQ(normal_quantile(0.0), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(normal_quantile(1.0), std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(normal_quantile(-0.1)) && std::isnan(normal_quantile(not_a_number)));
}

TEST(NormalCdf, agrees_with_long_arithmetic_and_inverts_the_quantile) {
  EXPECT_NEAR(normal_cdf(1.0), 0.841344746068542949, 2e-16);
  EXPECT_NEAR(normal_cdf(0.3), 0.617911422188952637, 2e-16);
  EXPECT_NEAR(normal_cdf(-2.5) / 0.006209665325776135167, 1.0, 1e-15);
  EXPECT_NEAR(normal_cdf(-6.0) / 9.865876450376981407e-10, 1.0, 1e-14);
  EXPECT_NEAR(normal_pdf(1.0), 0.241970724519143350, 1e-16);
  EXPECT_NEAR(normal_pdf(-2.5), 0.0175283004935685374, 1e-16);
  for (double p = 0.0005; p < 1.0; p += 0.0005)
    EXPECT_NEAR(normal_cdf(normal_quantile(p)), p, 1e-15);
}

// Mean 0.0004, volatility 0.012, 95 %: 50-digit arithmetic. phi(z)/0.05 = 2.0627 is in McNeil, Frey &
// Embrechts.
TEST(NormalRisk, agrees_with_long_arithmetic) {
  EXPECT_NEAR(normal_var(0.0004, 0.012, 0.05), 0.01933824352341767257, 1e-16);
  EXPECT_NEAR(normal_es(0.0004, 0.012, 0.05), 0.02435255369008911223, 1e-16);
  EXPECT_NEAR(normal_es(0.0, 1.0, 0.05), 2.06271280750742602, 1e-14);
  EXPECT_TRUE(std::isnan(normal_var(0.0, -0.1, 0.05)));
  EXPECT_TRUE(std::isnan(normal_es(0.0, 0.1, 0.0)));
}

// Jorion, Value at Risk, chapter 7: 2 million in a currency of 5 % volatility, 1 million in one of 12 %,
// uncorrelated. Portfolio volatility 156,205; at 1.65: VaR 257,738; component VaR 105,630 and 152,108.
TEST(ComponentRisk, agrees_with_jorion) {
  Eigen::MatrixXd s(2, 2);
  s << 0.0025, 1e9, 0.0, 0.0144;  // above the diagonal: must not be read
  const Eigen::Vector2d w(2e6, 1e6);
  Eigen::VectorXd component(2), marginal(2);
  EXPECT_NEAR(portfolio_volatility(s, w), 156'205.0, 0.5);
  EXPECT_NEAR(1.65 * component_risk(s, w, component), 257'738.0, 0.5);
  EXPECT_NEAR(1.65 * component(0), 105'630.0, 1.0);
  EXPECT_NEAR(1.65 * component(1), 152'108.0, 1.0);
  marginal_risk(s, w, marginal);
  EXPECT_NEAR(1.65 * marginal(0), 0.0528, 5e-5);
  EXPECT_NEAR(1.65 * marginal(1), 0.1521, 5e-5);
}

TEST(ComponentRisk, adds_up_scales_and_follows_a_permutation) {
  for (const std::int64_t n : {1, 5, 10, 51}) {
    const std::uint64_t seed = 40 + static_cast<std::uint64_t>(n);
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    const Eigen::MatrixXd x = random_returns(n, 120, seed);
    const Eigen::MatrixXd s = sample_covariance(x);
    const Eigen::VectorXd w = random_returns(n, 1, seed + 1).col(0) * 10.0;
    Eigen::VectorXd component(n), marginal(n), reversed_component(n);
    const double sigma = component_risk(s, w, component);
    EXPECT_NEAR(component.sum() / sigma, 1.0, 1e-13);
    EXPECT_NEAR(portfolio_volatility(s, w) / sigma, 1.0, 1e-13);
    EXPECT_NEAR(std::sqrt(w.dot(s * w)) / sigma, 1.0, 1e-13);
    EXPECT_NEAR(portfolio_volatility(s, -3.0 * w) / (3.0 * sigma), 1.0, 1e-13);
    EXPECT_EQ(marginal_risk(s, w, marginal), sigma);
    EXPECT_TRUE(marginal.isApprox(s * w / sigma, 1e-12));
    const Eigen::MatrixXd reversed = s.reverse();
    component_risk(reversed, w.reverse(), reversed_component);
    EXPECT_TRUE(component.isApprox(reversed_component.reverse(), 1e-11));
  }
}

TEST(ComponentRisk, of_nothing_is_zero_and_of_an_impossible_covariance_is_nan) {
  Eigen::MatrixXd s(2, 2);
  s << 1.0, 2.0, 2.0, 1.0;
  Eigen::VectorXd component(2);
  EXPECT_EQ(component_risk(s, Eigen::Vector2d::Zero(), component), 0.0);
  EXPECT_TRUE(component.isZero(0.0));
  EXPECT_TRUE(std::isnan(component_risk(s, Eigen::Vector2d(1.0, -1.0), component)));
  EXPECT_TRUE(component.array().isNaN().all());
  EXPECT_TRUE(std::isnan(portfolio_volatility(s, Eigen::Vector2d(1.0, -1.0))));
}

TEST(PortfolioReturnSeries, has_the_variance_that_the_covariance_says) {
  const std::uint64_t seed = 60;
  const Eigen::MatrixXd x = random_returns(9, 250, seed);
  const Eigen::VectorXd w = Eigen::VectorXd::LinSpaced(9, -0.2, 0.3);
  Eigen::VectorXd series(250);
  portfolio_return_series(x, w, series);
  EXPECT_NEAR(series(3), x.col(3).dot(w), 1e-16);
  const double sd = std::sqrt((series.array() - series.mean()).square().sum() / 249.0);
  EXPECT_NEAR(portfolio_volatility(sample_covariance(x), w) / sd, 1.0, 1e-12) << "seed " << seed;
}

}  // namespace

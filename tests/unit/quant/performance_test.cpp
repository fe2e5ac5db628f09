#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "cadre/quant/performance.hpp"

namespace {

using namespace cadre::quant;

// 1 %, -2 %, 1.5 %, 3 %, -2.5 %, 0.5 %: mean 1/400. The figures are from exact fractions and 50-digit
// decimals.
Eigen::VectorXd six_returns() {
  Eigen::VectorXd r(6);
  r << 0.01, -0.02, 0.015, 0.03, -0.025, 0.005;
  return r;
}

TEST(Performance, agrees_with_exact_arithmetic) {
  EXPECT_NEAR(annualised_return(six_returns(), 252.0), 0.79018759404363182, 1e-13);
  EXPECT_NEAR(annualised_volatility(six_returns(), 252.0), 0.33581244765493729, 1e-15);
  EXPECT_NEAR(sharpe(six_returns(), 0.001, 252.0), 1.12562831616180099, 1e-14);
  EXPECT_NEAR(sortino(six_returns(), 0.001, 252.0), 1.74518136952397359, 1e-14);
  EXPECT_NEAR(max_drawdown(six_returns()), 0.025, 1e-16);
  EXPECT_NEAR(calmar(six_returns(), 252.0), 31.6075037617452744, 1e-11);
}

// Rollinger & Hoffman, "Sortino: a sharper ratio": annual returns, target 0, downside deviation 2.264 %,
// ratio 4.417.
TEST(Sortino, agrees_with_rollinger_and_hoffman) {
  Eigen::VectorXd r(8);
  r << 0.17, 0.15, 0.23, -0.05, 0.12, 0.09, 0.13, -0.04;
  EXPECT_NEAR(sortino(r, 0.0, 1.0), 4.417, 5e-4);
}

TEST(MaxDrawdown, counts_the_starting_value) {
  Eigen::VectorXd r(2);
  r << -0.1, 0.05;
  EXPECT_NEAR(max_drawdown(r), 0.1, 1e-16);
  Eigen::VectorXd equity(5);
  equity << 100, 90, 120, 84, 130;  // 10 %, then 30 % from 120 to 84
  EXPECT_NEAR(max_drawdown_of_equity(equity), 0.3, 1e-16);
  r << 0.1, 0.05;
  EXPECT_EQ(max_drawdown(r), 0.0);
}

TEST(Performance, of_a_lost_book_is_minus_everything) {
  Eigen::VectorXd r(3);
  r << 0.1, -1.0, 0.5;
  EXPECT_EQ(annualised_return(r, 252.0), -1.0);
  EXPECT_EQ(max_drawdown(r), 1.0);
  EXPECT_EQ(calmar(r, 252.0), -1.0);
}

TEST(Performance, is_nan_where_it_is_not_defined) {
  const Eigen::VectorXd none;
  const Eigen::VectorXd equal = Eigen::VectorXd::Constant(7, 0.1);
  Eigen::VectorXd missing = six_returns();
  missing(2) = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(std::isnan(annualised_return(none, 252.0)));
  EXPECT_TRUE(std::isnan(annualised_volatility(equal.head(1), 252.0)));
  EXPECT_TRUE(std::isnan(sharpe(equal, 0.0, 252.0)));
  EXPECT_TRUE(std::isnan(sortino(equal, 0.0, 252.0)));
  EXPECT_TRUE(std::isnan(calmar(equal, 252.0)));
  EXPECT_TRUE(std::isnan(max_drawdown(none)));
  EXPECT_TRUE(std::isnan(max_drawdown_of_equity(Eigen::VectorXd::Zero(3))));
  for (const double figure :
       {annualised_return(missing, 252.0), sharpe(missing, 0.0, 252.0), sortino(missing, 0.0, 252.0),
        max_drawdown(missing), calmar(missing, 252.0), annualised_return(six_returns(), 0.0)}) {
    EXPECT_TRUE(std::isnan(figure));
  }
}

TEST(Performance, ratios_do_not_depend_on_leverage) {
  EXPECT_NEAR(sharpe(3.0 * six_returns(), 0.0, 252.0), sharpe(six_returns(), 0.0, 252.0), 1e-13);
  EXPECT_NEAR(sortino(3.0 * six_returns(), 0.0, 252.0), sortino(six_returns(), 0.0, 252.0), 1e-13);
  EXPECT_NEAR(annualised_volatility(3.0 * six_returns(), 252.0),
              3.0 * annualised_volatility(six_returns(), 252.0), 1e-14);
}

TEST(Turnover, is_one_way_and_needs_equal_sizes) {
  Eigen::VectorXd before(3), after(3);
  before << 0.5, 0.3, 0.2;
  after << 0.3, 0.3, 0.4;
  EXPECT_NEAR(turnover(before, after), 0.2, 1e-16);
  EXPECT_NEAR(turnover(Eigen::Vector2d(0.0, 0.0), Eigen::Vector2d(0.1, 0.0)), 0.05, 1e-16);
  EXPECT_TRUE(std::isnan(turnover(before, after.head(2))));
}

TEST(DriftedWeights, follow_the_returns) {
  Eigen::VectorXd weights(2), returns(2), drifted(2);
  weights << 0.5, 0.3;  // 0.2 in cash
  returns << 0.10, -0.20;
  drifted_weights(weights, returns, drifted);  // equity 1 + 0.05 - 0.06 = 0.99
  EXPECT_NEAR(drifted(0), 0.55 / 0.99, 1e-16);
  EXPECT_NEAR(drifted(1), 0.24 / 0.99, 1e-16);
  returns << -2.0, 0.0;
  drifted_weights(weights, returns, drifted);
  EXPECT_TRUE(drifted.array().isNaN().all());
}

}  // namespace

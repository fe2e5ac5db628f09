#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "cadre/quant/correlation_adjust.hpp"
#include "cadre/quant/covariance.hpp"
#include "random_returns.hpp"

namespace {

using namespace cadre::quant;

// Volatilities 0.1, 0.2, 0.3, 0.4; correlations 0.85 (0,1), 0.94 (1,2), 0.2 elsewhere. Lower triangle only.
Eigen::MatrixXd four_instruments() {
  const Eigen::Vector4d sigma(0.1, 0.2, 0.3, 0.4);
  Eigen::MatrixXd rho = Eigen::MatrixXd::Constant(4, 4, 0.2);
  rho.diagonal().setOnes();
  rho(1, 0) = 0.85;
  rho(2, 1) = 0.94;
  Eigen::MatrixXd s = sigma.asDiagonal() * rho * sigma.asDiagonal();
  s.triangularView<Eigen::StrictlyUpper>().setConstant(1e9);
  return s;
}

class CorrelationFactors : public testing::Test {
 protected:
  CorrelationFinding run(const Eigen::VectorXd& weights, const CorrelationLimits& limits = {}) {
    return correlation_factors(four_instruments(), weights, limits, workspace, factors);
  }
  std::vector<double> workspace = std::vector<double>(4);
  Eigen::VectorXd factors = Eigen::VectorXd(4);
};

// By hand: 1 - 0.5 (0.85 - 0.7)/0.3 = 0.75; 1 - 0.5 (0.94 - 0.7)/0.3 = 0.6, the smaller one for instrument 1.
TEST_F(CorrelationFactors, take_the_smallest_over_the_pairs) {
  const CorrelationFinding finding = run(Eigen::Vector4d(0.1, 0.1, 0.1, 0.1));
  EXPECT_TRUE(factors.isApprox(Eigen::Vector4d(0.75, 0.6, 0.6, 1.0), 1e-14));
  EXPECT_EQ(finding.pairs, 2);
  EXPECT_EQ(finding.worst_first, 1);
  EXPECT_EQ(finding.worst_second, 2);
  EXPECT_NEAR(finding.worst_correlation, 0.94, 1e-14);
}

TEST_F(CorrelationFactors, leave_a_hedge_alone_and_do_not_see_the_gross_sign) {
  run(Eigen::Vector4d(0.1, -0.1, 0.1, 0.1));
  EXPECT_EQ(factors, Eigen::VectorXd::Ones(4));
  run(Eigen::Vector4d(-0.1, -0.1, 0.1, 0.1));
  EXPECT_TRUE(factors.isApprox(Eigen::Vector4d(0.75, 0.75, 1.0, 1.0), 1e-14));
}

TEST_F(CorrelationFactors, ignore_small_positions) {
  const CorrelationFinding finding = run(Eigen::Vector4d(0.1, 0.1, 0.004, 0.1), {.min_pair_weight = 0.005});
  EXPECT_TRUE(factors.isApprox(Eigen::Vector4d(0.75, 0.75, 1.0, 1.0), 1e-14));
  EXPECT_EQ(finding.pairs, 1);
  EXPECT_EQ(run(Eigen::Vector4d::Zero()).pairs, 0);
}

TEST_F(CorrelationFactors, do_nothing_at_a_maximum_of_one_or_with_a_missing_weight) {
  EXPECT_EQ(run(Eigen::Vector4d::Ones(), {.max_correlation = 1.0}).worst_first, -1);
  EXPECT_EQ(factors, Eigen::VectorXd::Ones(4));
  EXPECT_EQ(run(Eigen::Vector4d(0.1, std::nan(""), 0.1, 0.1)).pairs, 0);
  EXPECT_EQ(factors, Eigen::VectorXd::Ones(4));
}

TEST_F(CorrelationFactors, are_nan_when_the_workspace_is_too_small) {
  workspace.resize(3);
  run(Eigen::Vector4d::Ones());
  EXPECT_TRUE(factors.array().isNaN().all());
}

TEST(CorrelationFactorsProperty, follow_a_permutation_and_never_leave_zero_to_one) {
  const std::uint64_t seed = 80;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  const Eigen::MatrixXd s = sample_covariance(random_returns(20, 60, seed));
  const Eigen::VectorXd w = random_returns(20, 1, seed + 1).col(0);
  const Eigen::MatrixXd reversed = s.reverse();
  std::vector<double> workspace(20);
  Eigen::VectorXd factors(20), of_reversed(20);
  const CorrelationLimits limits{.max_correlation = 0.3, .adjustment_factor = 1.0, .min_pair_weight = 0.0};
  EXPECT_GT(correlation_factors(s, w, limits, workspace, factors).pairs, 0);
  correlation_factors(reversed, w.reverse(), limits, workspace, of_reversed);
  EXPECT_TRUE(factors.isApprox(of_reversed.reverse(), 1e-14));
  EXPECT_GE(factors.minCoeff(), 0.0);
  EXPECT_LE(factors.maxCoeff(), 1.0);
}

}  // namespace

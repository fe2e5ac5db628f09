#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "cadre/quant/weights.hpp"
#include "random_returns.hpp"

namespace {

using namespace cadre::quant;

constexpr double missing = std::numeric_limits<double>::quiet_NaN();
constexpr WeightBounds loose{.max_position = 1.0, .min_position = 0.0, .long_only = false};

TEST(BoundedWeight, cuts_at_the_maximum_and_drops_below_the_minimum) {
  const WeightBounds bounds{.max_position = 0.1, .min_position = 0.01, .long_only = false};
  EXPECT_EQ(bounded_weight(0.25, bounds), 0.1);
  EXPECT_EQ(bounded_weight(-0.25, bounds), -0.1);
  EXPECT_EQ(bounded_weight(0.01, bounds), 0.01);
  EXPECT_EQ(bounded_weight(-0.0099, bounds), 0.0);
}

TEST(EqualWeight, leaves_what_is_capped_in_cash) {
  Eigen::VectorXd score(5), weights(5);
  score << 1.0, 2.0, missing, 0.0, 0.5;
  EXPECT_EQ(equal_weight(score, {.max_position = 0.1, .min_position = 0.01, .long_only = true}, weights), 3);
  EXPECT_EQ(weights, (Eigen::VectorXd(5) << 0.1, 0.1, 0.0, 0.0, 0.1).finished());
}

TEST(EqualWeight, counts_negative_scores_only_when_shorts_are_allowed) {
  Eigen::VectorXd score(4), weights(4);
  score << 1.0, -2.0, 3.0, -4.0;
  EXPECT_EQ(equal_weight(score, loose, weights), 4);
  EXPECT_EQ(weights, (Eigen::VectorXd(4) << 0.25, -0.25, 0.25, -0.25).finished());
  EXPECT_EQ(equal_weight(score, {.max_position = 1.0, .min_position = 0.0, .long_only = true}, weights), 2);
  EXPECT_EQ(weights, (Eigen::VectorXd(4) << 0.5, 0.0, 0.5, 0.0).finished());
}

TEST(EqualWeight, says_that_nothing_can_be_held_when_there_are_too_many_names) {
  const Eigen::VectorXd score = Eigen::VectorXd::Ones(101);
  Eigen::VectorXd weights(101);
  EXPECT_EQ(equal_weight(score, WeightBounds{}, weights), 0);
  EXPECT_TRUE(weights.isZero(0.0));
  Eigen::VectorXd hundred(100);
  EXPECT_EQ(equal_weight(score.head(100), WeightBounds{}, hundred), 100);
}

// 1/0.1 : 1/0.2 : 1/0.4 = 4 : 2 : 1.
TEST(InverseVolatility, is_proportional_and_signed) {
  Eigen::VectorXd sigma(3), score(3), weights(3);
  sigma << 0.1, 0.2, 0.4;
  score << 1.0, -1.0, 1.0;
  EXPECT_EQ(inverse_volatility(sigma, score, loose, weights), 3);
  EXPECT_NEAR(weights(0), 4.0 / 7.0, 1e-15);
  EXPECT_NEAR(weights(1), -2.0 / 7.0, 1e-15);
  EXPECT_NEAR(weights(2), 1.0 / 7.0, 1e-15);
  EXPECT_EQ(inverse_volatility(sigma, score, {.max_position = 0.5, .min_position = 0.25, .long_only = true},
                               weights),
            1);
  EXPECT_EQ(weights, Eigen::Vector3d(0.5, 0.0, 0.0));  // 4/5 capped, 1/5 dropped, the rest is cash
}

TEST(InverseVolatility, leaves_out_what_has_no_volatility) {
  Eigen::VectorXd sigma(4), weights(4);
  sigma << 0.1, 0.0, missing, 0.1;
  EXPECT_EQ(inverse_volatility(sigma, Eigen::VectorXd::Ones(4), loose, weights), 2);
  EXPECT_EQ(weights, (Eigen::VectorXd(4) << 0.5, 0.0, 0.0, 0.5).finished());
  sigma.setZero();
  EXPECT_EQ(inverse_volatility(sigma, Eigen::VectorXd::Ones(4), loose, weights), 0);
  EXPECT_TRUE(weights.isZero(0.0));
}

TEST(InverseVolatility, does_not_depend_on_the_unit_and_follows_a_permutation) {
  const std::uint64_t seed = 70;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  const Eigen::VectorXd sigma = random_returns(30, 1, seed).col(0).cwiseAbs();
  const Eigen::VectorXd score = random_returns(30, 1, seed + 1).col(0);
  Eigen::VectorXd weights(30), scaled(30), reversed(30);
  inverse_volatility(sigma, score, loose, weights);
  inverse_volatility(16.0 * sigma, score, loose, scaled);
  inverse_volatility(sigma.reverse(), score.reverse(), loose, reversed);
  EXPECT_EQ(weights, scaled);
  EXPECT_TRUE(weights.isApprox(reversed.reverse(), 1e-14));
  EXPECT_NEAR(weights.cwiseAbs().sum(), 1.0, 1e-14);
}

}  // namespace

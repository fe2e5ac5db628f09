#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "cadre/quant/momentum.hpp"

namespace {

using namespace cadre::quant;

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

TEST(Momentum, reads_the_closes_at_lookback_and_skip) {
  Eigen::MatrixXd closes = Eigen::MatrixXd::Constant(2, 260, 1e6);  // only the two closes may be read
  const Eigen::Index last = 259;
  closes(0, last - 252) = 80.0;
  closes(0, last - 21) = 100.0;
  closes(1, last - 252) = 50.0;
  closes(1, last - 21) = 40.0;
  Eigen::VectorXd score(2);
  momentum(closes, 252, 21, score);
  EXPECT_DOUBLE_EQ(score(0), 0.25);
  EXPECT_DOUBLE_EQ(score(1), -0.2);
}

TEST(Momentum, needs_one_close_more_than_the_lookback) {
  const Eigen::MatrixXd closes = Eigen::MatrixXd::Constant(1, 253, 10.0);
  Eigen::VectorXd score(1);
  momentum(closes, 252, 21, score);
  EXPECT_EQ(score(0), 0.0);
  momentum(closes.leftCols(252), 252, 21, score);
  EXPECT_TRUE(std::isnan(score(0)));
  momentum(closes, 21, 21, score);
  EXPECT_TRUE(std::isnan(score(0)));
}

TEST(Momentum, is_nan_where_a_close_is_missing_or_zero) {
  Eigen::MatrixXd closes = Eigen::MatrixXd::Constant(3, 5, 10.0);
  closes(0, 0) = 0.0;
  closes(1, 3) = missing;
  Eigen::VectorXd score(3);
  momentum(closes, 4, 1, score);
  EXPECT_TRUE(std::isnan(score(0)) && std::isnan(score(1)));
  EXPECT_EQ(score(2), 0.0);
}

// 1, 2, 3, 4, 5: mean 3, sample variance 10/4.
TEST(ZScore, uses_the_sample_deviation_and_skips_what_is_missing) {
  Eigen::VectorXd values(6), score(6);
  values << 1, 2, missing, 3, 4, 5;
  z_score(values, score);
  EXPECT_NEAR(score(0), -2.0 / std::sqrt(2.5), 1e-15);
  EXPECT_NEAR(score(5), 2.0 / std::sqrt(2.5), 1e-15);
  EXPECT_EQ(score(3), 0.0);
  EXPECT_TRUE(std::isnan(score(2)));
}

TEST(ZScore, is_zero_for_equal_values_and_nan_for_a_single_one) {
  Eigen::VectorXd score(3);
  z_score(Eigen::Vector3d::Constant(0.1), score);
  EXPECT_TRUE(score.isZero(0.0));
  z_score(Eigen::Vector3d(missing, 0.1, missing), score);
  EXPECT_TRUE(score.array().isNaN().all());
}

TEST(Rank, shares_the_average_among_equals) {
  Eigen::VectorXd values(5), ranks(5);
  values << 3.0, 1.0, 3.0, missing, 7.0;
  rank(values, ranks);
  EXPECT_EQ(ranks.head(3), Eigen::Vector3d(2.5, 1.0, 2.5));
  EXPECT_TRUE(std::isnan(ranks(3)));
  EXPECT_EQ(ranks(4), 4.0);
}

TEST(TopFraction, takes_the_best_and_everything_that_equals_the_last_of_them) {
  Eigen::VectorXd values(6), chosen(6);
  std::vector<double> workspace(6);
  values << 0.3, missing, 0.9, 0.1, 0.5, 0.3;
  EXPECT_EQ(top_fraction(values, 0.4, workspace, chosen), 2);
  EXPECT_EQ(chosen, (Eigen::VectorXd(6) << 0, 0, 1, 0, 1, 0).finished());
  EXPECT_EQ(top_fraction(values, 0.6, workspace, chosen), 4);  // the third best is shared by two
  EXPECT_EQ(top_fraction(values, 0.01, workspace, chosen), 1);
  EXPECT_EQ(top_fraction(values, 1.0, workspace, chosen), 5);
  EXPECT_EQ(top_fraction(values, 0.0, workspace, chosen), 0);
  EXPECT_EQ(top_fraction(values, 0.4, std::span(workspace).first(5), chosen), 0);
}

TEST(TopFraction, forgives_rounding) {
  std::vector<double> workspace(30);
  Eigen::VectorXd chosen(30);
  EXPECT_EQ(top_fraction(Eigen::VectorXd::LinSpaced(30, 0.0, 1.0), 0.1, workspace, chosen), 3);
}

}  // namespace

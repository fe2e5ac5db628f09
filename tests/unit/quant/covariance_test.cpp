#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "cadre/quant/covariance.hpp"
#include "random_returns.hpp"

namespace {

using namespace cadre::quant;

double largest_lower_difference(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b) {
  const Eigen::MatrixXd lower = (a - b).triangularView<Eigen::Lower>();
  return lower.cwiseAbs().maxCoeff();
}

// The definition, in long double.
Eigen::MatrixXd by_definition(const Eigen::MatrixXd& x) {
  Eigen::MatrixXd result(x.rows(), x.rows());
  const auto periods = static_cast<long double>(x.cols());
  for (Eigen::Index i = 0; i < x.rows(); ++i) {
    for (Eigen::Index j = 0; j < x.rows(); ++j) {
      long double mi = 0, mj = 0, sum = 0;
      for (Eigen::Index t = 0; t < x.cols(); ++t)
        mi += x(i, t), mj += x(j, t);
      mi /= periods, mj /= periods;
      for (Eigen::Index t = 0; t < x.cols(); ++t)
        sum += (x(i, t) - mi) * (x(j, t) - mj);
      result(i, j) = static_cast<double>(sum / (periods - 1));
    }
  }
  return result;
}

// Anscombe, Graphs in Statistical Analysis, 1973, set I. Exact: var(x) = 11, cov(x, y) = 5.501.
Eigen::MatrixXd anscombe() {
  Eigen::MatrixXd data(2, 11);
  data << 10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5, 8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82,
      5.68;
  return data;
}

// var(y) and the correlation from exact fractions of Anscombe's data.
constexpr double anscombe_var_y = 4.127269090909091;
constexpr double anscombe_correlation = 0.81642051634483984;

TEST(SampleCovariance, agrees_with_anscombe) {
  const Eigen::MatrixXd s = sample_covariance(anscombe());
  EXPECT_NEAR(s(0, 0), 11.0, 1e-13);
  EXPECT_NEAR(s(1, 0), 5.501, 1e-13);
  EXPECT_NEAR(s(1, 1), anscombe_var_y, 1e-13);
  EXPECT_EQ(s(0, 1), s(1, 0));
}

TEST(SampleCovariance, is_nan_for_one_period_and_for_a_missing_return) {
  EXPECT_TRUE(sample_covariance(anscombe().leftCols(1)).array().isNaN().all());
  Eigen::MatrixXd missing = anscombe();
  missing(1, 3) = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(sample_covariance(missing).array().isNaN().all());
}

TEST(Correlation, agrees_with_anscombe_and_is_nan_without_variance) {
  Eigen::MatrixXd s = Eigen::MatrixXd::Zero(3, 3);
  s.topLeftCorner(2, 2) = sample_covariance(anscombe());
  s(0, 1) = 99.0;  // above the diagonal: must not be read
  Eigen::MatrixXd rho(3, 3);
  correlation(s, rho);
  EXPECT_NEAR(rho(0, 1), anscombe_correlation, 1e-14);
  EXPECT_EQ(rho(0, 1), rho(1, 0));
  EXPECT_EQ(rho(0, 0), 1.0);
  EXPECT_TRUE(std::isnan(rho(2, 2)) && std::isnan(rho(2, 0)) && std::isnan(rho(1, 2)));
}

TEST(Volatility, scales_with_the_root_of_time) {
  Eigen::MatrixXd s(2, 2);
  s << 0.0001, 0.0, 0.0, 0.0004;
  Eigen::VectorXd sigma(2);
  volatility(s, 252.0, sigma);
  EXPECT_NEAR(sigma(0), 0.01 * std::sqrt(252.0), 1e-15);
  EXPECT_NEAR(sigma(1), 0.02 * std::sqrt(252.0), 1e-15);
}

TEST(RollingCovariance, grows_to_what_two_passes_give_at_every_length) {
  const std::uint64_t seed = 11;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  const Eigen::MatrixXd x = random_returns(11, 40, seed);
  RollingCovariance rolling(11, 40);
  for (Eigen::Index t = 0; t < 40; ++t) {
    ASSERT_TRUE(rolling.add(x.col(t).data()));
    ASSERT_EQ(rolling.count(), t + 1);
    if (t == 0) {
      EXPECT_TRUE(rolling.matrix().isZero(0.0));
      continue;
    }
    EXPECT_LT(largest_lower_difference(rolling.matrix(), by_definition(x.leftCols(t + 1))), 1e-17);
  }
  EXPECT_TRUE(rolling.full());
  EXPECT_TRUE(rolling.mean().isApprox(x.rowwise().mean(), 1e-13));
}

TEST(RollingCovariance, rolls_to_what_two_passes_give_for_one_to_fifty_instruments) {
  for (const std::int64_t n : {1, 7, 8, 9, 10, 50}) {
    const std::uint64_t seed = 100 + static_cast<std::uint64_t>(n);
    SCOPED_TRACE(testing::Message() << "seed " << seed << " n " << n);
    const std::int64_t window = 20;
    const Eigen::MatrixXd x = random_returns(n, 90, seed);
    RollingCovariance rolling(n, window);
    for (std::int64_t t = 0; t < 90; ++t) {
      if (t < window) {
        ASSERT_TRUE(rolling.add(x.col(t).data()));
      } else {
        ASSERT_TRUE(rolling.replace(x.col(t).data(), x.col(t - window).data()));
        const Eigen::MatrixXd expected = by_definition(x.middleCols(t - window + 1, window));
        ASSERT_LT(largest_lower_difference(rolling.matrix(), expected), 1e-17);
      }
    }
  }
}

TEST(RollingCovariance, drift_of_ten_thousand_updates_is_small_and_a_refresh_removes_it) {
  const std::uint64_t seed = 5;
  const std::int64_t n = 20, window = 252, updates = 10'000;
  const Eigen::MatrixXd x = random_returns(n, window + updates, seed);
  RollingCovariance rolling(n, window);
  for (std::int64_t t = 0; t < window; ++t)
    rolling.add(x.col(t).data());
  for (std::int64_t t = window; t < window + updates; ++t)
    rolling.replace(x.col(t).data(), x.col(t - window).data());
  EXPECT_EQ(rolling.updates_since_refresh(), window + updates);

  const Eigen::MatrixXd exact = by_definition(x.rightCols(window));
  const double scale = exact.diagonal().maxCoeff();
  const double drift = largest_lower_difference(rolling.matrix(), exact) / scale;
  RecordProperty("relative_drift", testing::PrintToString(drift));
  EXPECT_GT(drift, 0.0);
  EXPECT_LT(drift, 1e-12) << "seed " << seed;

  ASSERT_TRUE(rolling.refresh(x.col(updates).data(), window, n));
  EXPECT_EQ(rolling.updates_since_refresh(), 0);
  const double refreshed = largest_lower_difference(rolling.matrix(), exact) / scale;
  EXPECT_LT(refreshed, 1e-14);
  EXPECT_LT(refreshed, drift);
  std::printf("relative difference from two passes in long double: %.2g drifted, %.2g refreshed\n", drift,
              refreshed);
}

TEST(RollingCovariance, a_shock_that_left_the_window_leaves_its_rounding_until_a_refresh) {
  const std::uint64_t seed = 6;
  const std::int64_t n = 5, window = 50;
  Eigen::MatrixXd x = random_returns(n, 200, seed);
  x.col(60) *= 1e4;
  RollingCovariance rolling(n, window);
  for (std::int64_t t = 0; t < window; ++t)
    rolling.add(x.col(t).data());
  for (std::int64_t t = window; t < 200; ++t)
    rolling.replace(x.col(t).data(), x.col(t - window).data());
  const Eigen::MatrixXd exact = by_definition(x.rightCols(window));
  const double before = largest_lower_difference(rolling.matrix(), exact);
  ASSERT_TRUE(rolling.refresh(x.col(150).data(), window, n));
  EXPECT_GT(before, 100.0 * largest_lower_difference(rolling.matrix(), exact)) << "seed " << seed;
}

TEST(RollingCovariance, every_kernel_gives_the_same_bits) {
  for (const std::int64_t n : {1, 3, 8, 10, 50, 129}) {
    const std::uint64_t seed = 300 + static_cast<std::uint64_t>(n);
    const std::int64_t window = 21;
    const Eigen::MatrixXd x = random_returns(n, 60, seed);
    std::vector<double> generic;
    for (const KernelVariant variant : {KernelVariant::generic, KernelVariant::avx2, KernelVariant::avx512}) {
      RollingCovariance rolling(n, window);
      ASSERT_EQ(rolling.use_kernel(variant), supports(variant));
      if (!supports(variant)) continue;
      for (std::int64_t t = 0; t < window; ++t)
        rolling.add(x.col(t).data());
      for (std::int64_t t = window; t < 50; ++t)
        rolling.replace(x.col(t).data(), x.col(t - window).data());
      std::vector<double> state(static_cast<std::size_t>(2 * rolling.saved_size()));
      const std::size_t half = state.size() / 2;
      ASSERT_TRUE(rolling.save(std::span(state).first(half)));
      ASSERT_TRUE(rolling.refresh(x.col(30).data(), window, n));
      ASSERT_TRUE(rolling.save(std::span(state).last(half)));
      if (variant == KernelVariant::generic) generic = state;
      EXPECT_EQ(std::memcmp(generic.data(), state.data(), state.size() * sizeof(double)), 0)
          << "seed " << seed << " variant " << static_cast<int>(variant);
    }
  }
}

TEST(RollingCovariance, refuses_what_is_out_of_turn_or_not_finite_and_stays_unchanged) {
  const Eigen::MatrixXd x = random_returns(3, 6, 1);
  Eigen::VectorXd bad = x.col(0);
  bad(1) = std::numeric_limits<double>::infinity();
  RollingCovariance rolling;
  EXPECT_FALSE(rolling.add(x.data()));
  EXPECT_FALSE(rolling.reset(0, 5));
  EXPECT_FALSE(rolling.reset(3, 1));
  ASSERT_TRUE(rolling.reset(3, 4));
  EXPECT_FALSE(rolling.replace(x.col(1).data(), x.col(0).data()));
  EXPECT_FALSE(rolling.add(bad.data()));
  EXPECT_EQ(rolling.count(), 0);
  for (int t = 0; t < 4; ++t)
    ASSERT_TRUE(rolling.add(x.col(t).data()));
  const Eigen::MatrixXd before = rolling.matrix().triangularView<Eigen::Lower>();
  EXPECT_FALSE(rolling.add(x.col(4).data()));
  EXPECT_FALSE(rolling.replace(bad.data(), x.col(0).data()));
  EXPECT_FALSE(rolling.refresh(x.data(), 5, 3));
  EXPECT_FALSE(rolling.refresh(x.data(), 4, 2));
  const Eigen::MatrixXd after = rolling.matrix().triangularView<Eigen::Lower>();
  EXPECT_EQ(before, after);
}

TEST(RollingCovariance, a_loaded_copy_continues_with_the_same_bits) {
  const std::uint64_t seed = 8;
  const std::int64_t n = 10, window = 15;
  const Eigen::MatrixXd x = random_returns(n, 40, seed);
  RollingCovariance original(n, window);
  for (std::int64_t t = 0; t < window; ++t)
    original.add(x.col(t).data());
  for (std::int64_t t = window; t < 30; ++t)
    original.replace(x.col(t).data(), x.col(t - window).data());

  std::vector<double> saved(static_cast<std::size_t>(original.saved_size()));
  ASSERT_TRUE(original.save(saved));
  RollingCovariance copy(n, window);
  ASSERT_TRUE(copy.load(saved));
  for (std::int64_t t = 30; t < 40; ++t) {
    original.replace(x.col(t).data(), x.col(t - window).data());
    copy.replace(x.col(t).data(), x.col(t - window).data());
  }
  std::vector<double> first(saved.size()), second(saved.size());
  ASSERT_TRUE(original.save(first));
  ASSERT_TRUE(copy.save(second));
  EXPECT_EQ(std::memcmp(first.data(), second.data(), first.size() * sizeof(double)), 0) << "seed " << seed;
}

TEST(RollingCovariance, refuses_a_state_of_another_shape_or_with_nonsense_in_it) {
  RollingCovariance rolling(4, 10);
  std::vector<double> saved(static_cast<std::size_t>(rolling.saved_size()));
  ASSERT_TRUE(rolling.save(saved));
  ASSERT_FALSE(rolling.save(std::span(saved).first(saved.size() - 1)));
  EXPECT_FALSE(rolling.load(std::span(saved).first(saved.size() - 1)));
  EXPECT_FALSE(RollingCovariance(5, 10).load(saved));
  EXPECT_FALSE(RollingCovariance(4, 11).load(saved));
  for (const auto& [index, value] : {std::pair<std::size_t, double>{0, 2.0},
                                     {3, 11.0},
                                     {3, 0.5},
                                     {4, -1.0},
                                     {6, std::nan("")},
                                     {9, -1e-9}}) {
    std::vector<double> broken = saved;
    broken[index] = value;
    EXPECT_FALSE(rolling.load(broken)) << index;
  }
  EXPECT_TRUE(rolling.load(saved));
}

TEST(RollingCovariance, mirror_makes_both_triangles) {
  const Eigen::MatrixXd x = random_returns(20, 30, 2);
  RollingCovariance rolling(20, 30);
  ASSERT_TRUE(rolling.refresh(x.data(), 30, 20));
  rolling.mirror();
  EXPECT_EQ(Eigen::MatrixXd(rolling.matrix()), Eigen::MatrixXd(rolling.matrix().transpose()));
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(rolling.matrix().data()) % 64, 0U);
  EXPECT_EQ(rolling.leading_dimension(), 24);
}

TEST(RollingCovariance, a_stock_that_stops_moving_never_has_a_negative_variance) {
  Eigen::MatrixXd x = random_returns(2, 100, 3);
  x.row(1).tail(90).setConstant(0.001);
  RollingCovariance rolling(2, 20);
  for (std::int64_t t = 0; t < 20; ++t)
    rolling.add(x.col(t).data());
  for (std::int64_t t = 20; t < 100; ++t) {
    rolling.replace(x.col(t).data(), x.col(t - 20).data());
    ASSERT_GE(rolling.matrix()(1, 1), 0.0);
  }
  EXPECT_LT(rolling.matrix()(1, 1), 1e-18);
}

}  // namespace

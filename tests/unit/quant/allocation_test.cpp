#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "cadre/quant/correlation_adjust.hpp"
#include "cadre/quant/covariance.hpp"
#include "cadre/quant/inference.hpp"
#include "cadre/quant/momentum.hpp"
#include "cadre/quant/performance.hpp"
#include "cadre/quant/risk_measures.hpp"
#include "cadre/quant/weights.hpp"
#include "random_returns.hpp"

namespace {
std::int64_t allocations = 0;
}

// The linker sends every malloc and operator new of this program, the library included, here.
extern "C" void* __real_malloc(std::size_t size);
extern "C" void* __wrap_malloc(std::size_t size) {
  ++allocations;
  return __real_malloc(size);
}
extern "C" void* __real__Znwm(std::size_t size);
extern "C" void* __wrap__Znwm(std::size_t size) {
  ++allocations;
  return __real__Znwm(size);
}

namespace {

using namespace cadre::quant;

TEST(Allocation, is_seen_by_this_test) {
  const std::int64_t before = allocations;
  const Eigen::VectorXd vector(10);
  const std::vector<double> other(10);
  EXPECT_EQ(allocations - before, 2);
}

TEST(Allocation, does_not_happen_where_the_headers_say_so) {
  const std::int64_t n = 50, periods = 252;
  const Eigen::MatrixXd x = random_returns(n, periods + 1, 90);
  const Eigen::MatrixXd closes = x.array() + 10.0;
  const Eigen::VectorXd w = Eigen::VectorXd::Constant(n, 0.02);
  Eigen::VectorXd out(n), series(periods + 1), sigma(n);
  Eigen::MatrixXd rho(n, n);
  std::vector<double> workspace(periods + 1);
  RollingCovariance rolling(n, periods);
  std::vector<double> saved(static_cast<std::size_t>(rolling.saved_size()));

  const std::int64_t before = allocations;
  for (std::int64_t t = 0; t < periods; ++t)
    rolling.add(x.col(t).data());
  rolling.replace(x.col(periods).data(), x.col(0).data());
  rolling.refresh(x.col(1).data(), periods, n);
  rolling.mirror();
  rolling.save(saved);
  rolling.load(saved);
  volatility(rolling.matrix(), 252.0, sigma);
  correlation(rolling.matrix(), rho);
  double sum = portfolio_volatility(rolling.matrix(), w) + marginal_risk(rolling.matrix(), w, out) +
               component_risk(rolling.matrix(), w, out);
  portfolio_return_series(x, w, series);
  sum += historical_var(series, 0.05, Quantile::linear, workspace) + historical_es(series, 0.05, workspace);
  sum += sharpe(series, 0.0, 252.0) + sortino(series, 0.0, 252.0) + calmar(series, 252.0);
  sum += newey_west(series).variance + equivalence_p(series, 0.001) + prewhitened_variance(series) +
         autocovariance(series, 3) + sequence_p(0.1, 1.0, 250, 250) +
         sequence_periods_needed(1.0, 1.0, 0.05, 0.8);
  momentum(closes, 252, 21, out);
  z_score(out, out);
  rank(out, sigma);
  top_fraction(out, 0.3, workspace, sigma);
  equal_weight(out, {}, sigma);
  inverse_volatility(w, out, {}, sigma);
  correlation_factors(rolling.matrix(), w, {}, workspace, out);
  const std::int64_t after = allocations;
  EXPECT_EQ(after - before, 0);
  EXPECT_TRUE(std::isfinite(sum));
}

}  // namespace

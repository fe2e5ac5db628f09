// How often two equal versions are called different by someone who looks every day, and how often a planted
// effect is found. Every test prints its seed.

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <random>

#include "cadre/quant/normal.hpp"
#include "host/base/date.hpp"
#include "host/experiment/comparison.hpp"

namespace {

using namespace cadre::experiment;

constexpr int periods = 250;
constexpr double deviation = 1e-3;  // of the differences, 10 basis points

/// Standard normal, the same numbers on every platform for a seed.
class Normal {
 public:
  explicit Normal(uint64_t seed) : generator_(seed) {}
  double operator()() {
    return cadre::quant::normal_quantile((static_cast<double>(generator_() >> 11) + 0.5) * 0x1p-53);
  }

 private:
  std::mt19937_64 generator_;
};

struct Histories {
  uint64_t seed;
  int count;
  double correlation;  ///< of an AR(1) difference
  double effect = 0;   ///< its mean
};

struct Verdicts {
  int better = 0, worse = 0;
  double mean_detectable = 0;
};

/// Both arms earn the market; the candidate also earns the effect and AR(1) noise.
Verdicts judge(const Histories& histories, DecidingTest test) {
  Normal normal(histories.seed);
  Verdicts verdicts;
  const double innovation = std::sqrt(1 - histories.correlation * histories.correlation);
  for (int h = 0; h < histories.count; ++h) {
    Series control{SeriesKind::returns, "control", {}, {}, {}};
    Series candidate{SeriesKind::returns, "candidate", {}, {}, {}};
    double noise = normal();
    for (int t = 0; t < periods; ++t) {
      const double market = 0.01 * normal();
      const int32_t date = cadre::base::date_of_days(t);
      control.dates.push_back(date);
      control.values.push_back(market);
      candidate.dates.push_back(date);
      candidate.values.push_back(market + histories.effect + deviation * noise);
      noise = histories.correlation * noise + innovation * normal();
    }
    const Comparison c = compare(control, candidate, {.test = test});
    EXPECT_NE(c.verdict, Verdict::invalid) << c.reason;
    verdicts.better += c.verdict == Verdict::better ? 1 : 0;
    verdicts.worse += c.verdict == Verdict::worse ? 1 : 0;
    verdicts.mean_detectable += c.minimum_detectable_effect / histories.count;
  }
  return verdicts;
}

/// P(X >= k) of a binomial.
double upper_tail(int n, int k, double p) {
  double sum = 0;
  for (int i = k; i <= n; ++i)
    sum += std::exp(std::lgamma(n + 1.0) - std::lgamma(i + 1.0) - std::lgamma(n - i + 1.0) + i * std::log(p) +
                    (n - i) * std::log1p(-p));
  return sum;
}

/// The lower end of the 95 % Clopper-Pearson interval: the p at which k or more would be seen 2.5 % of the
/// time.
double lower_bound(int n, int k) {
  if (k == 0) return 0;
  double low = 0, high = static_cast<double>(k) / n;
  for (int i = 0; i < 60; ++i) {
    const double middle = 0.5 * (low + high);
    (upper_tail(n, k, middle) < 0.025 ? low : high) = middle;
  }
  return low;
}

void expect_few_false_alarms(const Histories& histories) {
  const Verdicts verdicts = judge(histories, DecidingTest::sequential);
  const int alarms = verdicts.better + verdicts.worse;
  const double bound = lower_bound(histories.count, alarms);
  std::printf("seed %llu, AR(1) %.1f: %d of %d histories called different, %.2f %%, lower bound %.2f %%\n",
              static_cast<unsigned long long>(histories.seed), histories.correlation, alarms, histories.count,
              100.0 * alarms / histories.count, 100 * bound);
  EXPECT_LE(bound, 0.05);
}

/// The effect a test of the given critical value finds with power 0.8, from the true long-run variance of the
/// AR(1).
double detectable(double critical_value, double correlation) {
  const double variance = deviation * deviation * (1 + correlation) / (1 - correlation);
  return (critical_value + 0.841621) * std::sqrt(variance / periods);
}

double found(Histories histories, DecidingTest test, double critical_value) {
  histories.effect = detectable(critical_value, histories.correlation);
  const Verdicts verdicts = judge(histories, test);
  const double share = static_cast<double>(verdicts.better) / histories.count;
  std::printf(
      "seed %llu, AR(1) %.1f, %s: effect of %.3f basis points found in %.2f %% of %d histories, in the wrong "
      "direction in %d; effect promised on average %.3f\n",
      static_cast<unsigned long long>(histories.seed), histories.correlation,
      std::string(test_name(test)).c_str(), 1e4 * histories.effect, 100 * share, histories.count,
      verdicts.worse, 1e4 * verdicts.mean_detectable);
  return share;
}

// The values Clopper & Pearson's interval has in exact arithmetic: 1 - 0.975^(1/n) for k = 1, 0.025^(1/n) for
// k = n.
TEST(ClopperPearson, lower_bound_agrees_with_the_closed_forms) {
  EXPECT_NEAR(lower_bound(200, 1), 1 - std::pow(0.975, 1.0 / 200), 1e-12);
  EXPECT_NEAR(lower_bound(20, 20), std::pow(0.025, 1.0 / 20), 1e-12);
  EXPECT_EQ(lower_bound(200, 0), 0.0);
}

TEST(Verdicts, of_equal_versions_looked_at_every_day_are_quiet) {
  expect_few_false_alarms({.seed = 1, .count = 200, .correlation = 0.0});
  expect_few_false_alarms({.seed = 2, .count = 200, .correlation = 0.2});
}

TEST(Verdicts, find_an_effect_twice_as_large_as_the_detectable_one) {
  Histories histories{.seed = 3, .count = 100, .correlation = 0.0, .effect = 2 * detectable(3.035209, 0.0)};
  const Verdicts verdicts = judge(histories, DecidingTest::sequential);
  std::printf("seed 3: %d of 100 found\n", verdicts.better);
  EXPECT_GE(verdicts.better, 99);
  EXPECT_EQ(verdicts.worse, 0);
}

TEST(LongVerdicts, of_equal_versions_looked_at_every_day_are_quiet) {
  for (const double correlation : {-0.2, 0.0, 0.2, 0.4})
    expect_few_false_alarms({.seed = 11, .count = 400, .correlation = correlation});
}

TEST(LongVerdicts, find_a_planted_effect_as_often_as_promised) {
  for (const double correlation : {0.0, 0.2}) {
    const double share =
        found({.seed = 12, .count = 1600, .correlation = correlation}, DecidingTest::newey_west, 1.959964);
    EXPECT_NEAR(share, 0.8, 0.05);
  }
}

// What the sequence promises counts the last look alone, so it keeps more than it promises.
TEST(LongVerdicts, find_by_the_sequence_what_it_promises_or_more) {
  for (const double correlation : {0.0, 0.2}) {
    const double share =
        found({.seed = 13, .count = 1600, .correlation = correlation}, DecidingTest::sequential, 3.035209);
    EXPECT_GE(share, 0.75);
  }
}

}  // namespace

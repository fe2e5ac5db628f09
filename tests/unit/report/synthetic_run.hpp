#pragma once

#include <cmath>
#include <limits>
#include <random>

#include "host/base/date.hpp"
#include "host/report/page.hpp"

/// A run that never was: 30 names over `days` weekdays, a year of warm-up, weights that drift.
inline cadre::report::RunSeries synthetic_series(std::size_t days = 2600, std::size_t names = 30) {
  using namespace cadre;
  std::mt19937_64 random(7);
  const auto normal = [&] {
    double sum = -6.0;
    for (int i = 0; i < 12; ++i)
      sum += static_cast<double>(random() >> 11) * 0x1p-53;
    return sum;
  };
  report::RunSeries series;
  series.stages = {"sizing", "risk", "correlation", "final cut", "execution rules"};
  series.first_decision = days / 10;
  for (std::size_t i = 0; i < names; ++i)
    series.instruments.push_back("name" + std::to_string(i));
  const double nan_value = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> weights(names, 0.0);
  double equity = 1e6, benchmark = 1e6, variance = 1e-4;
  int64_t day = base::days_since_epoch(19910102);
  for (std::size_t t = 0; t < days; ++t, ++day) {
    while ((day + 4) % 7 == 0 || (day + 4) % 7 == 6)
      ++day;
    const bool decides = t >= series.first_decision;
    series.dates.push_back(base::date_of_days(day));
    series.equity.push_back(equity);
    series.benchmark.push_back(decides ? benchmark : nan_value);
    double invested = 0.0;
    if (decides) {
      for (std::size_t i = 0; i < names; ++i) {
        const std::size_t all = names * (names + 1) / 2;
        const double aim = 0.9 * static_cast<double>(names - i) / static_cast<double>(all);
        weights[i] += 0.02 * (aim - weights[i]) + 0.002 * normal() * aim / 0.03;
        weights[i] = std::max(weights[i], 0.0);
        invested += weights[i];
      }
      const double cut = invested > 0.98 ? 0.98 / invested : 1.0;
      for (double& weight : weights)
        weight *= cut;
      invested *= cut;
    }
    series.weights.push_back(weights);
    series.cash.push_back(equity * (1.0 - invested));
    series.traded.push_back(decides ? 0.02 * equity : 0.0);
    series.stage_change.emplace_back();
    if (decides) {
      series.stage_change.back() = {0.05 + 0.01 * std::fabs(normal()), 0.02 * std::fabs(normal()),
                                    0.01 * std::fabs(normal()), t % 40 == 0 ? 0.05 : 0.0, 0.002};
    }
    series.forecast_var.push_back(decides ? 1.645 * std::sqrt(variance) * invested : nan_value);
    const double market = 0.0005 + std::sqrt(variance) * normal();
    variance = 0.05e-4 + 0.9 * variance + 0.05 * market * market;
    const bool is_last = t + 1 == days;
    const double made = invested * market + 0.001 * normal();
    series.holding_return.push_back(decides && !is_last ? made : nan_value);
    if (decides) {
      equity *= 1.0 + made;
      benchmark *= 1.0 + market;
    }
  }
  return series;
}

inline cadre::report::PageInput synthetic_page() {
  using namespace cadre;
  report::PageInput input;
  input.title = "Momentum with risk feedback";
  input.subtitle = "Thirty large American shares, daily closes";
  input.series = synthetic_series();
  const report::RunCounts counts{
      {.decisions = 2340, .orders = 5821, .rejected_orders = 12, .fills = 5790},
      /*expired_orders=*/19,
      /*initial_equity=*/*base::Money::parse("1000000"),
      /*final_equity=*/*base::Money::from_double(input.series.equity.back()),
      /*costs=*/*base::Money::parse("45678.90"),
      /*order_hash=*/"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
      /*revision=*/1,
      /*wall_seconds=*/0.81};
  input.result = report::summarise(input.series, counts, 252.0);
  input.var_confidence = 0.95;
  input.notes = {
      "Closes only: an order decided at one close fills at the next.",
      "Prices are adjusted for splits and dividends.",
      "Today's members only: names that failed or left are missing, which flatters every strategy."};
  input.warnings = {"name7 moved by 31.2 % on 1997-10-27: a corporate action that was not declared?"};
  input.plugins = {
      {"cadre.sizing", "1.2.0", "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"},
      {"cadre.risk", "1.0.3", "fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9"}};
  input.replay_command = "cadre replay runs/2024-05-01T101500Z --check";
  return input;
}

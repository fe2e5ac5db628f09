#include "host/report/performance.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "host/base/json.hpp"

namespace {

using namespace cadre;
using namespace cadre::report;

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

// A date of warm-up, then 100 -> 110 -> 99 -> 108.9.
RunSeries series() {
  RunSeries s;
  s.instruments = {"aa"};
  s.dates = {19910102, 19910103, 19910104, 19910107, 19910108};
  s.equity = {500.0, 100.0, 110.0, 99.0, 108.9};
  s.cash = {500.0, 100.0, 0.0, 0.0, 0.0};
  s.benchmark = {nan_value, 100.0, 100.0, 80.0, 120.0};
  s.forecast_var = {nan_value, 0.05, 0.05, 0.12, 0.05};
  s.holding_return = {-0.9, -0.05, -0.10, -0.11, nan_value};
  s.traded = {0.0, 0.0, 100.0, 20.0, 0.0};
  s.weights = {{0.0}, {0.0}, {1.0}, {1.0}, {1.0}};
  s.stage_change.resize(5);
  s.first_decision = 1;
  return s;
}

RunCounts counts() {
  return {{.decisions = 4, .orders = 3, .rejected_orders = 1, .fills = 2},
          /*expired_orders=*/1,
          /*initial_equity=*/base::Money::from_raw(100'000'001),
          /*final_equity=*/base::Money::from_raw(108'900'000),
          /*costs=*/base::Money::from_raw(500'000),
          /*order_hash=*/"ab\"c",
          /*revision=*/7,
          /*wall_seconds=*/0.5};
}

TEST(Performance, starts_at_the_first_decision_date) {
  const RunResult result = summarise(series(), counts(), 12.0);
  EXPECT_NEAR(result.strategy.total_return, 0.089, 1e-12);
  EXPECT_NEAR(result.strategy.max_drawdown, 0.1, 1e-12) << "the fall from 500 was before";
  EXPECT_NEAR(result.strategy.annualised_return, std::pow(1.089, 12.0 / 3.0) - 1.0, 1e-6);
}

TEST(Performance, figures_follow_the_conventions) {
  const RunResult result = summarise(series(), counts(), 12.0);
  // Returns 0.1, -0.1, 0.1: mean 1/30, standard deviation with divisor 2 is sqrt(0.08/3/2).
  const double deviation = std::sqrt(0.08 / 3.0 / 2.0);
  EXPECT_NEAR(result.strategy.annualised_volatility, std::sqrt(12.0) * deviation, 1e-9);
  EXPECT_NEAR(result.strategy.sharpe, std::sqrt(12.0) / 30.0 / deviation, 1e-9);
  EXPECT_NEAR(result.strategy.sortino, std::sqrt(12.0) / 30.0 / std::sqrt(0.01 / 3.0), 1e-9);
  EXPECT_NEAR(result.strategy.calmar, result.strategy.annualised_return / 0.1, 1e-6);
}

TEST(Performance, the_benchmark_is_measured_over_the_same_dates) {
  const RunResult result = summarise(series(), counts(), 12.0);
  EXPECT_NEAR(result.benchmark.total_return, 0.2, 1e-12);
  EXPECT_NEAR(result.benchmark.max_drawdown, 0.2, 1e-12);
}

TEST(Performance, turnover_is_one_way_per_year_and_mean_equity) {
  const RunResult result = summarise(series(), counts(), 12.0);
  const double mean_equity = (100.0 + 110.0 + 99.0 + 108.9) / 4.0;
  EXPECT_NEAR(result.turnover, 120.0 / 2.0 / mean_equity / (3.0 / 12.0), 1e-9);
}

TEST(Performance, of_a_run_below_a_quarter_of_a_year_has_no_figures_a_year) {
  const RunResult result = summarise(series(), counts(), 12.01);
  EXPECT_TRUE(is_short(result));
  EXPECT_TRUE(std::isnan(result.strategy.annualised_return));
  EXPECT_TRUE(std::isnan(result.strategy.calmar));
  EXPECT_TRUE(std::isnan(result.benchmark.annualised_return));
  EXPECT_TRUE(std::isnan(result.turnover));
  EXPECT_NEAR(result.strategy.total_return, 0.089, 1e-12);
  EXPECT_THAT(summary_table(result), testing::HasSubstr(short_run_text));
  const RunResult longer = summarise(series(), counts(), 12.0);
  EXPECT_FALSE(is_short(longer));
  EXPECT_THAT(summary_table(longer), testing::Not(testing::HasSubstr(short_run_text)));
}

TEST(Performance, counts_losses_beyond_the_forecast_only) {
  const RunResult result = summarise(series(), counts(), 252.0);
  EXPECT_EQ(result.var_forecasts, 3u);
  EXPECT_EQ(result.var_exceedances, 1u) << "a loss that equals the forecast is none";
}

TEST(Performance, a_run_without_decisions_has_no_figures) {
  RunSeries s = series();
  s.first_decision = s.dates.size();
  const RunResult result = summarise(s, {}, 252.0);
  EXPECT_TRUE(std::isnan(result.strategy.total_return));
  EXPECT_TRUE(std::isnan(result.turnover));
  EXPECT_TRUE(std::isnan(result.decisions_per_second));
  const RunResult nothing = summarise({}, {}, 252.0);
  EXPECT_TRUE(std::isnan(nothing.benchmark.sharpe));
}

TEST(Performance, of_a_ruined_book_is_what_it_lost_and_no_ratio) {
  RunSeries ruined = series();
  ruined.equity = {500.0, 100.0, 125.0, -25.0, -20.0};
  const Performance strategy = summarise(ruined, counts(), 12.0).strategy;
  EXPECT_NEAR(strategy.total_return, -1.2, 1e-12);
  EXPECT_NEAR(strategy.max_drawdown, 1.2, 1e-12) << "150 of 125";
  for (const double ratio : {strategy.annualised_return, strategy.annualised_volatility, strategy.sharpe,
                             strategy.sortino, strategy.calmar})
    EXPECT_TRUE(std::isnan(ratio));
}

TEST(Performance, json_has_exactly_the_agreed_keys_in_order) {
  const std::string text = to_json(summarise(series(), counts(), 252.0));
  const auto document = base::JsonDocument::parse("result.json", text);
  ASSERT_TRUE(document);
  std::vector<std::string> keys;
  for (const auto& member : document->root().as_object())
    keys.emplace_back(member.key());
  EXPECT_THAT(keys, testing::ElementsAre(
                        "decisions", "orders", "fills", "rejected_orders", "initial_equity", "final_equity",
                        "total_return", "annualised_return", "annualised_volatility", "sharpe", "sortino",
                        "calmar", "max_drawdown", "turnover", "costs", "borrow", "interest",
                        "opportunity_cost", "first_margin_breach", "ruined_on", "var_exceedances",
                        "order_hash", "revision", "wall_seconds", "decisions_per_second"));
}

TEST(Performance, json_money_is_exact_and_doubles_read_back_the_same) {
  const RunResult result = summarise(series(), counts(), 252.0);
  const std::string text = to_json(result);
  EXPECT_THAT(text, testing::HasSubstr("\"initial_equity\": 100.000001,"));
  EXPECT_THAT(text, testing::HasSubstr("\"order_hash\": \"ab\\\"c\""));
  const auto document = base::JsonDocument::parse("result.json", text);
  ASSERT_TRUE(document);
  EXPECT_EQ(document->root().at("sharpe").to_number<double>(), result.strategy.sharpe);
  EXPECT_EQ(document->root().at("decisions_per_second").to_number<double>(), 8.0);
}

TEST(Performance, json_of_what_is_undefined_is_null) {
  EXPECT_THAT(to_json(summarise({}, {}, 252.0)), testing::HasSubstr("\"sharpe\": null,"));
}

TEST(Performance, the_table_sets_the_benchmark_beside_the_strategy) {
  const std::string text = summary_table(summarise(series(), counts(), 252.0));
  EXPECT_THAT(text, testing::HasSubstr("equal-weight buy and hold"));
  EXPECT_THAT(text, testing::ContainsRegex("maximum drawdown +10.00 % +20.00 %\n"));
  EXPECT_THAT(text, testing::ContainsRegex("VaR exceedances +1 of 3\n"));
}

}  // namespace

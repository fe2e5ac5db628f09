// A missing price is one thing everywhere: it stops nothing, and the return of the next one spans it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>

#include "host/backtest/replay.hpp"
#include "host/base/date.hpp"
#include "tests/scenarios/trading_rules/lab.hpp"

namespace cadre::test {
namespace {

constexpr std::size_t look_back = 20;

/// Everything is wanted from the first day on, and no limit is reached.
std::vector<config::Override> everything_wanted() {
  return {{"/data/prices/missing", "\"leave\""},
          {"/data/signals", R"({"file": "signals.csv"})"},
          {"/book/initial_cash", "100000000"},
          {"/chain/signal_sources", R"([{"name": "signals", "agent": "cadre.external_signals"}])"},
          {"/chain/position_sizer/config", R"({"max_position_size": 1, "min_position_size": 0})"},
          {"/chain/risk_managers/0/config",
           R"({"var_lookback": 20, "max_portfolio_risk": 10, "max_position_risk": 10, "var_limit": 1})"},
          {"/chain/correlation_adjuster",
           R"({"name": "correlation", "agent": "cadre.identity.correlation_adjuster"})"}};
}

Trace run_wanting_everything(Lab& lab, const Market& market) {
  std::string csv = "time,strategy,instrument,direction,strength,confidence,horizon_days\n";
  for (const std::string& id : market.instruments)
    csv += base::format_date(market.dates[0]) + ",all," + id + ",1,1,1,1000\n";
  lab.write("signals.csv", csv);
  return lab.run();
}

void make_holes(Market& market, unsigned seed, unsigned one_in) {
  std::mt19937_64 random(seed);
  for (std::size_t row = 1; row < market.close.size(); ++row) {
    for (double& close : market.close[row])
      if (random() % one_in == 0) close = 0;
  }
}

/// Simple returns over the gaps; NaN on a day without a price.
std::vector<std::vector<double>> returns_of(const Market& market) {
  std::vector<double> last(market.instruments.size(), std::nan(""));
  std::vector<std::vector<double>> returns;
  for (const std::vector<double>& closes : market.close) {
    returns.emplace_back(closes.size(), std::nan(""));
    for (std::size_t i = 0; i < closes.size(); ++i) {
      if (closes[i] == 0) continue;
      returns.back()[i] = closes[i] / last[i] - 1;
      last[i] = closes[i];
    }
  }
  return returns;
}

/// The worst of the last twenty days, where who lacks a return has the mean of those who have one.
double worst_loss(const std::vector<std::vector<double>>& returns, std::size_t row,
                  const std::vector<double>& weight) {
  double worst = 0;
  for (std::size_t t = row + 1 - look_back; t <= row; ++t) {
    double sum = 0, count = 0, book = 0;
    for (const double r : returns[t]) {
      sum += std::isnan(r) ? 0 : r;
      count += std::isnan(r) ? 0 : 1;
    }
    for (std::size_t i = 0; i < weight.size(); ++i)
      book += weight[i] * (std::isnan(returns[t][i]) ? sum / count : returns[t][i]);
    worst = std::max(worst, -book);
  }
  return worst;
}

TEST(Gaps, of_one_in_a_hundred_among_five_hundred_names_leave_nobody_out_who_has_a_price) {
  const std::size_t names = 500;
  Market market = random_market(17, names, 45);
  for (std::size_t i = 0; i < names; ++i) {
    char name[8];
    std::snprintf(name, sizeof name, "N%03zu", i);
    market.instruments[i] = name;
  }
  make_holes(market, 18, 100);
  const auto returns = returns_of(market);
  Lab lab(market, everything_wanted());
  const Trace trace = run_wanting_everything(lab, market);
  ASSERT_GT(trace.decisions.size(), 20u);
  for (const auto& decision : trace.decisions) {
    EXPECT_THAT(decision.failures, testing::IsEmpty()) << decision.date;
    const auto day = std::find(market.dates.begin(), market.dates.end(), decision.date);
    const auto row = static_cast<std::size_t>(day - market.dates.begin());
    const std::vector<double>& target = decision.stages.back().target;
    for (std::size_t i = 0; i < names; ++i) {
      if (market.close[row][i] == 0) continue;
      ASSERT_GT(target[i], 0) << market.instruments[i] << decision.date;
    }
    // Whole shares of about a two-thousandth of a position.
    const double expected = worst_loss(returns, row, target);
    EXPECT_NEAR(decision.value_at_risk, expected, expected * 1e-3) << decision.date;
  }
}

TEST(Gaps, do_not_hide_a_jump_from_the_value_at_risk) {
  // A falls from 100 to 60 over a day without a price; nothing else ever moves.
  std::vector<std::vector<double>> closes(40, {100, 20, 30});
  closes[30][0] = 0;
  for (std::size_t row = 31; row < closes.size(); ++row)
    closes[row][0] = 60;
  const Market market = market_of({"A", "B", "C"}, closes);
  for (const char* missing : {"\"carry\"", "\"leave\""}) {
    auto overrides = everything_wanted();
    overrides.push_back({"/data/prices/missing", missing});
    Lab lab(market, overrides);
    const Trace trace = run_wanting_everything(lab, market);
    for (const auto& decision : trace.decisions) {
      const double held = decision.stages.back().target[0];
      ASSERT_GT(held, 0.2);
      const bool has_jumped = decision.date > market.dates[30];
      EXPECT_NEAR(decision.value_at_risk, has_jumped ? 0.4 * held : 0, 1e-4) << missing << decision.date;
    }
  }
}

TEST(Gaps, a_listing_is_not_held_before_it_has_the_returns_and_stops_nobody) {
  Market market = random_market(23, 4, 60);
  for (std::size_t row = 0; row < 30; ++row)
    market.close[row][3] = 0;
  Lab lab(market, everything_wanted());
  const Trace trace = run_wanting_everything(lab, market);
  // Its first return is on day 31, the tenth, which the covariance asks for, on day 40.
  for (const auto& decision : trace.decisions) {
    EXPECT_THAT(decision.failures, testing::IsEmpty()) << decision.date;
    const std::vector<double>& target = decision.stages.back().target;
    EXPECT_GT(target[0], 0.2) << decision.date;
    EXPECT_EQ(target[3] > 0, decision.date >= market.dates[40]) << decision.date;
  }
}

TEST(Gaps, of_a_long_halt_freeze_nothing_while_it_is_held_and_after_it) {
  Market market = random_market(29, 4, 80);
  for (std::size_t row = 40; row < 58; ++row)
    market.close[row][3] = 0;
  Lab lab(market, everything_wanted());
  const Trace trace = run_wanting_everything(lab, market);
  for (const auto& decision : trace.decisions) {
    EXPECT_THAT(decision.failures, testing::IsEmpty()) << decision.date;
    EXPECT_GE(decision.value_at_risk, 0) << decision.date;
  }
  // It is held through the halt, has two returns of the last twenty days then, and is bought back with ten.
  std::vector<std::int32_t> sold, bought;
  for (const Report& report : trace.reports) {
    if (report.instrument != "A3" || report.quantity == 0) continue;
    if (report.quantity < 0 && report.date > market.dates[39]) sold.push_back(report.date);
    if (report.quantity > 0 && report.date > market.dates[58]) bought.push_back(report.date);
  }
  ASSERT_THAT(sold, testing::Not(testing::IsEmpty()));
  EXPECT_EQ(sold.front(), market.dates[59]);
  ASSERT_THAT(bought, testing::Not(testing::IsEmpty()));
  EXPECT_EQ(bought.front(), market.dates[68]);
}

TEST(Gaps, change_nothing_for_another_order_of_columns_nor_for_a_replay) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Market market = random_market(seed, 12, 120);
  make_holes(market, seed, 25);
  std::vector<std::size_t> order(12);
  for (std::size_t i = 0; i < order.size(); ++i)
    order[i] = i;
  std::shuffle(order.begin(), order.end(), std::mt19937(seed));
  Market shuffled = market;
  for (std::size_t i = 0; i < order.size(); ++i) {
    shuffled.instruments[i] = market.instruments[order[i]];
    for (std::size_t row = 0; row < market.close.size(); ++row)
      shuffled.close[row][i] = market.close[row][order[i]];
  }
  Lab one(market, {{"/data/prices/missing", "\"leave\""}}),
      other(shuffled, {{"/data/prices/missing", "\"leave\""}});
  one.run();
  other.run();
  EXPECT_GT(one.result().counts.orders, 10u);
  EXPECT_EQ(one.result().counts.order_hash, other.result().counts.order_hash);
  const auto replayed = backtest::replay_run({one.path("run"), {}, {}}, {});
  ASSERT_TRUE(replayed);
  EXPECT_TRUE(replayed->identical) << replayed->first_difference;
}

}  // namespace
}  // namespace cadre::test

// What must not matter, and what must: the order of instruments, the size of a book, what trading costs.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <random>

#include "tests/scenarios/days/day_books.hpp"

namespace cadre::test {
namespace {

/// A new one each time, or CADRE_TEST_SEED: a failure that printed its seed can be looked at again.
struct Seed {
  unsigned value;
  Seed() {
    const char* given = std::getenv("CADRE_TEST_SEED");
    value =
        given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : std::random_device{}();
  }
  std::string said() const { return "seed " + std::to_string(value); }
};

/// Random closes as bars with opens and a volume of 50,000 units.
DayFile random_days(unsigned seed, std::size_t instruments, std::size_t rows) {
  DayFile days{"random", "random walks", random_market(seed, instruments, rows), {0}};
  Market& market = days.market;
  market.open = market.high = market.low = market.close;
  market.volume.assign(rows, std::vector<double>(instruments, 50'000));
  return days;
}

const DayBook& with_everything() {
  return day_books().back();
}

Market in_another_order(const Market& market, unsigned seed) {
  std::vector<std::size_t> order(market.instruments.size());
  for (std::size_t i = 0; i < order.size(); ++i)
    order[i] = i;
  std::shuffle(order.begin(), order.end(), std::mt19937(seed));
  Market shuffled = market;
  for (std::size_t i = 0; i < order.size(); ++i)
    shuffled.instruments[i] = market.instruments[order[i]];
  const auto move = [&](const auto& from, auto& to) {
    for (std::size_t row = 0; row < from.size(); ++row) {
      for (std::size_t i = 0; i < order.size(); ++i)
        to[row][i] = from[row][order[i]];
    }
  };
  move(market.open, shuffled.open);
  move(market.high, shuffled.high);
  move(market.low, shuffled.low);
  move(market.close, shuffled.close);
  move(market.volume, shuffled.volume);
  return shuffled;
}

std::vector<std::string> said(const Trace& trace) {
  std::vector<std::string> lines;
  for (const Report& report : trace.reports)
    lines.push_back(std::to_string(report.date) + " " + report.id + " " + report.instrument + " " +
                    std::to_string(report.quantity) + " " + std::to_string(report.price_e9) + " " +
                    std::to_string(report.status) + " " + std::to_string(report.reason));
  return lines;
}

TEST(Permutation, of_instruments_changes_no_order_of_a_book_with_every_stage) {
  const Seed seed;
  SCOPED_TRACE(seed.said());
  DayFile days = random_days(seed.value, 9, 110);
  Lab one = lab_of(days, with_everything());
  const Trace first = one.run();
  days.market = in_another_order(days.market, seed.value);
  Lab other = lab_of(days, with_everything());
  const Trace second = other.run();
  ASSERT_GT(first.orders.size(), 50u);
  EXPECT_EQ(first.orders, second.orders);
  EXPECT_EQ(said(first), said(second));
  EXPECT_EQ(one.result().counts.order_hash, other.result().counts.order_hash);
  std::size_t parts = 0, shorts = 0;
  for (const Order& order : first.orders)
    parts += order.id.find('/') != std::string::npos;
  for (const auto& decision : first.decisions) {
    for (const std::int64_t held : decision.position_e9)
      shorts += held < 0;
  }
  EXPECT_GT(parts, 20u);
  EXPECT_GT(shorts, 20u);
}

TEST(Scale, ten_times_the_capital_is_ten_times_every_position_of_a_long_and_short_book) {
  const Seed seed;
  SCOPED_TRACE(seed.said());
  const DayFile days = random_days(seed.value, 8, 90);
  const auto positions_of = [&](const char* cash, const char* largest_order) {
    DayBook book = with_everything();
    const auto set = [&](const char* pointer, const char* value) {
      book.overrides.push_back({pointer, value});
    };
    set("/book/initial_cash", cash);
    set("/instruments/lot", "0.0001");
    set("/pre_trade_checks/max_order_notional", largest_order);
    set("/pre_trade_checks/max_share_of_volume", "1000");
    set("/chain/risk_feedback/resize_threshold", "0");
    set("/chain/execution_rules/config/on_impact", "\"off\"");
    set("/execution_environment/config", R"({"fill_at": "close", "commission_bp": 2, "half_spread_bp": 2})");
    Lab lab = lab_of(days, book);
    return lab.run();
  };
  const Trace one = positions_of("100000", "15000"), ten = positions_of("1000000", "150000");
  ASSERT_EQ(one.decisions.size(), ten.decisions.size());
  ASSERT_GT(one.orders.size(), 50u);
  for (std::size_t d = 0; d < one.decisions.size(); ++d) {
    const auto &small = one.decisions[d], &large = ten.decisions[d];
    for (std::size_t i = 0; i < small.position_e9.size(); ++i) {
      // An order is within a lot of what it should be, in parts that are; equities that lots have moved
      // differ by some millionths.
      const double worth = small.equity.to_double() / (static_cast<double>(small.price_e9[i]) * 1e-9) * 1e9;
      ASSERT_NEAR(static_cast<double>(large.position_e9[i]), 10 * static_cast<double>(small.position_e9[i]),
                  1e9 * 0.0001 * 40 + 10 * 1e-4 * worth)
          << small.date << " instrument " << i;
    }
  }
}

/// Units and days of all fills.
std::vector<std::string> fills(const Trace& trace) {
  std::vector<std::string> lines;
  for (const Report& report : trace.reports) {
    if (report.quantity != 0)
      lines.push_back(std::to_string(report.date) + report.instrument + std::to_string(report.quantity));
  }
  return lines;
}

std::string random_targets(std::mt19937& random, std::size_t rows) {
  std::string text = "[";
  for (std::size_t row = 0; row < rows; ++row) {
    text += row == 0 ? "[" : ", [";
    for (int i = 0; i < 4; ++i)
      text += (i == 0 ? "" : ", ") + std::to_string(static_cast<int>(random() % 60) - 30) + "e-2";
    text += "]";
  }
  return text + "]";
}

TEST(Costs, more_of_them_with_the_same_fills_are_never_more_equity_on_any_day) {
  const Seed seed;
  SCOPED_TRACE(seed.said());
  std::mt19937 random(seed.value);
  std::size_t compared = 0, all = 0;
  for (int book = 0; book < 12; ++book) {
    const Market market = random_market(static_cast<unsigned>(random()), 4, 25);
    auto overrides = scripted(random_targets(random, 5));
    overrides.push_back(
        {"/chain/constraints", R"({"long_only": false, "max_gross_exposure": 2, "max_net_exposure": 2})"});
    // Lots that are worth more than all costs together: these change hardly a size.
    overrides.push_back({"/instruments", R"({"lot": 500, "borrow_rate": 0.01, "margin_rate": 0.1})"});
    overrides.push_back({"/book/account", "\"margin\""});
    overrides.push_back({"/data/prices/adjustment", "\"raw\""});
    Trace last;
    std::string cheaper;
    for (const std::string& costs :
         {std::string(R"({"fill_at": "close"})"),
          R"({"fill_at": "close", "commission_bp": )" + std::to_string(random() % 5) + "}",
          R"({"fill_at": "close", "commission_bp": 5, "half_spread_bp": )" + std::to_string(random() % 5) +
              "}",
          R"({"fill_at": "close", "commission_bp": 5, "half_spread_bp": 5, "commission_per_order": )" +
              std::to_string(random() % 20) + "}",
          std::string(R"({"fill_at": "close", "commission_bp": 5, "half_spread_bp": 5,)"
                      R"( "commission_per_order": 20, "commission_per_share": 0.01})")}) {
      auto these = overrides;
      these.push_back({"/execution_environment/config", costs});
      const Trace trace = Lab(market, these).run();
      if (!cheaper.empty()) {
        ++all;
        if (fills(trace) == fills(last)) {
          ++compared;
          for (std::size_t day = 0; day < trace.accounts.size(); ++day) {
            ASSERT_LE(trace.accounts[day].equity.raw(), last.accounts[day].equity.raw())
                << cheaper << " against " << costs;
            ASSERT_GE(trace.accounts[day].costs.raw(), last.accounts[day].costs.raw())
                << cheaper << " against " << costs;
            ASSERT_EQ(trace.accounts[day].profit, last.accounts[day].profit) << costs;
          }
        }
      }
      last = trace;
      cheaper = costs;
    }
  }
  EXPECT_GT(compared, all / 3);
}

}  // namespace
}  // namespace cadre::test

// Groups, turnover and windows over random books: whatever they want, the bounds hold after every decision,
// and nothing is refused for them.

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "host/base/date.hpp"
#include "tests/unit/chain/chance.hpp"
#include "tests/unit/chain/desk.hpp"

namespace cadre::chain {
namespace {

using test::Desk;

constexpr std::size_t names = 4, bars = 12;
const std::vector<std::vector<std::size_t>> groups = {{0, 1}, {1, 2}};  // g, h: one name is in both
constexpr double slack = 1e-9;

std::string day(std::size_t bar) {
  return base::format_date(
      base::date_of_days(base::days_since_epoch(20240101) + static_cast<std::int32_t>(bar)));
}

/// What a desk would like, and what it must keep.
struct Book {
  double group_limit, turnover_limit;
  std::size_t sessions, window_from, window_to, closed;  ///< `closed`: the name that the window is for
  const char* lot;
  std::vector<std::vector<double>> targets, prices;

  explicit Book(test::Chance& chance)
      : group_limit(std::round(chance.uniform(200, 600)) / 1000),
        turnover_limit(std::round(chance.uniform(300, 1500)) / 1000),
        sessions(1 + chance.random() % 4),
        window_from(chance.random() % bars),
        window_to(std::min(window_from + chance.random() % 4, bars - 1)),
        closed(chance.random() % names),
        lot(std::vector<const char*>{"0.000001", "1", "50"}[chance.random() % 3]) {
    std::vector<double> price(names, 100), wanted(names);
    for (std::size_t bar = 0; bar < bars; ++bar) {
      for (std::size_t i = 0; i < names; ++i) {
        price[i] = std::round(price[i] * chance.uniform(0.88, 1.14) * 100) / 100;
        if (bar == 0 || chance.random() % 3 != 0) wanted[i] = chance.uniform(-0.4, 0.6);
      }
      targets.push_back(wanted);
      prices.push_back(price);
    }
  }

  test::Settings settings() const {
    const std::string ids[] = {"AA", "BB", "CC", "DD"};
    return {{"/chain/position_sizer/config/targets", test::rows(targets)},
            {"/instruments/table",
             std::string(R"([{"id": "AA", "groups": ["g"]}, {"id": "BB", "groups": ["g", "h"]},
                                       {"id": "CC", "groups": ["h"]}, {"id": "DD"}])")},
            {"/chain/constraints", R"({"long_only": false, "max_gross_exposure": 3, "max_net_exposure": 3,
                                       "max_group_weight": [{"group": "*", "max": )" +
                                       std::to_string(group_limit) + "}]}"},
            {"/pre_trade_checks/turnover_budget", R"({"max": )" + std::to_string(turnover_limit) +
                                                      R"(, "sessions": )" + std::to_string(sessions) + "}"},
            {"/pre_trade_checks/no_trade_windows", R"([{"from": ")" + day(window_from) + R"(", "to": ")" +
                                                       day(window_to) + R"(", "instruments": [")" +
                                                       ids[closed] + "\"]}]"}};
  }
};

using Weights = std::vector<double>;

double weight_of(const std::vector<std::size_t>& group, const Weights& weights) {
  return std::accumulate(group.begin(), group.end(), 0.0,
                         [&](double sum, std::size_t i) { return sum + std::fabs(weights[i]); });
}

bool increases(double from, double to) {
  return std::fabs(to) > std::fabs(from) || from * to < 0;
}

/// Weights before a decision, at its marks.
Weights before(const Decision& decision) {
  Weights weights;
  for (std::size_t i = 0; i < names; ++i)
    weights.push_back(static_cast<double>(decision.record.position_e9[i]) * 1e-18 *
                      static_cast<double>(decision.record.price_e9[i]) / decision.record.equity.to_double());
  return weights;
}

TEST(RandomBounds, hold_after_every_decision_over_thousands_of_random_books_and_nothing_is_refused) {
  test::Chance chance;
  SCOPED_TRACE(chance.said());
  std::size_t at_the_limit = 0, out_of_budget = 0, in_window = 0, grew = 0;
  for (int round = 0; round < 250; ++round) {
    const Book book(chance);
    SCOPED_TRACE("book " + std::to_string(round) + " lot " + book.lot);
    Desk desk(book.settings(), book.lot);
    std::vector<double> traded;  // money, by session
    for (std::size_t bar = 0; bar < bars; ++bar) {
      SCOPED_TRACE(bar);
      desk.set_prices(book.prices[bar]);
      const Decision& decision = desk.decide();
      for (const DecidedOrder& decided : decision.orders)
        ASSERT_TRUE(decided.verdict.accepted()) << execution::failed_codes(decided.verdict)[0];
      const Weights then = before(decision), now = desk.weights();
      bool any_grew = false;
      double moved = 0;
      for (std::size_t i = 0; i < names; ++i) {
        moved += std::fabs(now[i] - then[i]) * decision.record.equity.to_double();
        if (!increases(then[i], now[i]) || std::fabs(now[i] - then[i]) < slack) continue;
        any_grew = true;
        const bool is_closed = i == book.closed && bar >= book.window_from && bar <= book.window_to;
        ASSERT_FALSE(is_closed) << i;
      }
      in_window += bar >= book.window_from && bar <= book.window_to;
      grew += any_grew;
      for (const auto& group : groups) {
        const double weight = weight_of(group, now);
        ASSERT_LE(weight, std::max(book.group_limit + slack, weight_of(group, then) + slack));
        at_the_limit += weight > 0.99 * book.group_limit && weight <= book.group_limit + slack;
      }
      traded.push_back(moved);
      const std::size_t since = traded.size() - std::min(book.sessions, traded.size());
      const double used =
          std::accumulate(traded.begin() + static_cast<std::ptrdiff_t>(since), traded.end(), 0.0);
      const double budget = book.turnover_limit * decision.record.equity.to_double();
      if (any_grew) {
        ASSERT_LE(used, budget * (1 + 1e-8));  // money of weights is a millionth away at most
      }
      out_of_budget += used > 0.97 * budget;
    }
  }
  EXPECT_GT(at_the_limit, 300u);  // they do bind
  EXPECT_GT(out_of_budget, 300u);
  EXPECT_GT(in_window, 300u);
  EXPECT_GT(grew, 1000u);
}

}  // namespace
}  // namespace cadre::chain

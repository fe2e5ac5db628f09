// The issue's market-neutral book: a million, 500,000 long and short in ten names at 100, rotates 100,000 a
// side, one name out and one in on each, with 5 % net at the most while it is filled.

#include <gtest/gtest.h>

#include <cmath>

#include "tests/scenarios/trading_rules/lab.hpp"

namespace cadre::test {
namespace {

constexpr std::size_t names = 12, bars = 40, rotated_at = 20;

Market flat_market() {
  std::vector<std::string> instruments;
  for (std::size_t i = 0; i < names; ++i)
    instruments.push_back(std::string("N") + static_cast<char>('A' + i));
  return market_of(instruments, std::vector<std::vector<double>>(bars, std::vector<double>(names, 100.0)));
}

/// Five long, five short, and the last two of twelve for the first of each side.
std::string rotation() {
  std::string rows = "[";
  for (std::size_t bar = 0; bar < bars; ++bar) {
    rows += bar == 0 ? "[" : ", [";
    for (std::size_t i = 0; i < names; ++i) {
      const bool rotated = bar >= rotated_at;
      const bool is_long = (i < 5 && !(rotated && i == 0)) || (rotated && i == 10);
      const bool is_short = (i >= 5 && i < 10 && !(rotated && i == 5)) || (rotated && i == 11);
      rows += std::string(i == 0 ? "" : ", ") + (is_long ? "0.1" : is_short ? "-0.1" : "0");
    }
    rows += "]";
  }
  return rows + "]";
}

std::vector<config::Override> neutral_book(const char* interim) {
  auto all = scripted(rotation());
  const auto set = [&](const char* pointer, const std::string& value) { all.push_back({pointer, value}); };
  set("/chain/constraints",
      std::string(R"({"long_only": false, "max_gross_exposure": 1, "max_net_exposure": 0.05)") + interim +
          "}");
  set("/instruments", R"({"lot": 1, "borrow_rate": 0, "margin_rate": 0})");
  set("/pre_trade_checks/price_collar", "100");
  set("/execution_environment", R"({"agent": "cadre.simulated_execution", "config": {"fill_at": "close"}})");
  return all;
}

/// The largest net exposure after any fill, and how many fills there were from the rotation on.
struct Seen {
  double net = 0;
  std::size_t fills = 0, orders = 0;
  std::map<std::string, std::int64_t> held{};
};

Seen look_at(const Trace& trace, const Market& market) {
  Seen seen;
  std::int64_t net = 0;
  for (const Report& report : trace.reports) {
    if (report.quantity == 0) continue;
    net += report.quantity;
    seen.held[report.instrument] += report.quantity;
    seen.net = std::max(seen.net, std::fabs(static_cast<double>(net) * 1e-9 * 100 / 1e6));
    seen.fills += report.date > market.dates[rotated_at];
  }
  for (const Order& order : trace.orders)
    seen.orders += order.date >= market.dates[rotated_at];
  return seen;
}

TEST(InterimNet, the_rotation_of_ten_names_ends_and_no_fill_leaves_five_percent) {
  const Market market = flat_market();
  const Seen seen = look_at(Lab(market, neutral_book(R"(, "interim_net": 0.05)")).run(), market);
  EXPECT_LE(seen.net, 0.05 + 1e-12);
  EXPECT_EQ(seen.held.at("NA"), 0);
  EXPECT_EQ(seen.held.at("NF"), 0);
  EXPECT_EQ(seen.held.at("NB"), 1000'000'000'000);
  EXPECT_EQ(seen.held.at("NG"), -1000'000'000'000);
  EXPECT_EQ(seen.held.at("NK"), 1000'000'000'000);
  EXPECT_EQ(seen.held.at("NL"), -1000'000'000'000);
  EXPECT_EQ(seen.orders, 16u);  // 25,000 of each of four orders a bar, over four bars
}

TEST(InterimNet, without_the_bound_the_four_orders_leave_whole) {
  const Seen seen = look_at(Lab(flat_market(), neutral_book("")).run(), flat_market());
  EXPECT_EQ(seen.orders, 4u);
  EXPECT_GT(seen.net, 0.05);
}

}  // namespace
}  // namespace cadre::test

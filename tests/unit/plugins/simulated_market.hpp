#pragma once

#include <cstring>
#include <map>
#include <optional>
#include <set>

#include "tests/unit/plugins/agent_under_test.hpp"

/// The simulated execution environment with a market around it: orders go in, bars come, reports come out.
namespace cadre::test {

inline constexpr const char* simulation = "simulated_execution";
inline constexpr const char* simulation_id = "cadre.simulated_execution";
inline constexpr std::int64_t one = 1'000'000'000;
inline constexpr std::uint32_t filled = CADRE_ORDER_FILLED;
inline constexpr std::uint32_t partly = CADRE_ORDER_PARTIALLY_FILLED;
inline constexpr std::uint32_t expired = CADRE_ORDER_EXPIRED;
inline constexpr std::uint32_t canceled = CADRE_ORDER_CANCELED;
inline constexpr std::uint32_t rejected = CADRE_ORDER_REJECTED;
inline constexpr std::uint32_t working = CADRE_ORDER_NEW;

inline std::int64_t e9(double value) {
  return std::llround(value * 1e9);
}

/// A market order of the day, and what the test makes of it.
struct Order {
  cadre_order raw{};

  Order(const std::string& client_id, std::uint32_t instrument, double signed_units) {
    raw.size = sizeof raw;
    raw.instrument = instrument;
    raw.side = signed_units > 0 ? CADRE_SIDE_BUY : CADRE_SIDE_SELL;
    raw.type = CADRE_ORDER_MARKET;
    raw.time_in_force = CADRE_TIF_DAY;
    raw.quantity_e9 = e9(std::fabs(signed_units));
    client_id.copy(raw.client_id.text, sizeof raw.client_id.text - 1);
  }
  Order& limit(double price) {
    raw.type = raw.stop_price_e9 == 0 ? CADRE_ORDER_LIMIT : CADRE_ORDER_STOP_LIMIT;
    raw.limit_price_e9 = e9(price);
    return *this;
  }
  Order& stop(double price) {
    raw.type = raw.limit_price_e9 == 0 ? CADRE_ORDER_STOP : CADRE_ORDER_STOP_LIMIT;
    raw.stop_price_e9 = e9(price);
    return *this;
  }
  Order& on_close() {
    raw.type = CADRE_ORDER_MARKET_ON_CLOSE;
    return *this;
  }
  Order& lives(std::uint32_t time_in_force) {
    raw.time_in_force = time_in_force;
    return *this;
  }
};

struct SimulatedMarket {
  explicit SimulatedMarket(const std::string& config = "{}", std::vector<std::string> ids = {"A", "B"})
      : settings(config), test(simulation, simulation_id, config), state(std::move(ids)) {}

  cadre_trade_result send(const Order& order) {
    auto result = testing::lent<cadre_trade_result>();
    EXPECT_EQ(table().execute_trade(test.agent.self(), &order.raw, &result), CADRE_OK);
    return result;
  }
  cadre_status replace(const std::string& client_id, double units, double limit = 0, double stop = 0) {
    auto replacement = testing::lent<cadre_replacement>();
    replacement.quantity_e9 = e9(units);
    replacement.limit_price_e9 = e9(limit);
    replacement.stop_price_e9 = e9(stop);
    client_id.copy(replacement.client_id.text, sizeof replacement.client_id.text - 1);
    std::strcpy(replacement.request_id.text, "request");
    return table().replace_order(test.agent.self(), &replacement);
  }
  cadre_status cancel(const std::string& client_id) {
    return table().cancel_order(test.agent.self(), sdk::id_of(client_id));
  }
  /// What it says of an order; its status is 0 for one that it does not know.
  cadre_trade_result query(const std::string& client_id) {
    auto result = testing::lent<cadre_trade_result>();
    (void)table().query_order(test.agent.self(), sdk::id_of(client_id), &result);
    return result;
  }
  /// A bar in which every instrument has the same prices.
  SimulatedMarket& prices(double open, double high, double low, double close) {
    const auto all = [&](double price) { return Numbers(state.size(), price); };
    state.open(all(open)).high(all(high)).low(all(low)).close(all(close));
    return *this;
  }
  void quotes(Numbers bid, Numbers ask) { set_quotes(state, std::move(bid), std::move(ask)); }
  std::vector<cadre_execution_report> bar() {
    EXPECT_EQ(test.agent.observe_bar(state), CADRE_OK) << test.said();
    return reports();
  }
  std::vector<cadre_execution_report> reports() {
    std::vector<cadre_execution_report> all;
    auto report = testing::lent<cadre_execution_report>();
    while (table().next_report(test.agent.self(), &report) == CADRE_OK)
      all.push_back(report);
    return all;
  }
  const cadre_execution_environment& table() const { return test.agent.table<cadre_execution_environment>(); }

  std::string settings;
  AgentUnderTest test;
  FakeState state;
};

/// The account of a book that lives on these reports alone: quantities in 1e-9, money in 1e-6.
struct Ledger {
  explicit Ledger(std::size_t instruments, double cash_units)
      : position(instruments), cash(std::llround(cash_units * 1e6)) {}

  void take(const cadre_execution_report& report) {
    if (report.quantity_e9 == 0) return;
    const auto value = static_cast<std::int64_t>(
        std::llroundl(static_cast<long double>(report.quantity_e9) * report.price_e9 / 1e12L));
    const std::int64_t sign = report.side == CADRE_SIDE_BUY ? 1 : -1;
    position[report.instrument] += sign * report.quantity_e9;
    cash -= sign * value + report.fees_e6;
  }
  /// Shows the book to the next bar.
  void show(FakeState& state) const {
    Numbers units;
    for (const std::int64_t quantity : position)
      units.push_back(static_cast<double>(quantity) / 1e9);
    state.quantity(units).cash(static_cast<double>(cash) / 1e6);
  }

  std::vector<std::int64_t> position;
  std::int64_t cash;
};

}  // namespace cadre::test

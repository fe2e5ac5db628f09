// What the simulated environment saves, reads and refuses, and that a bar asks for no memory.

#include "tests/unit/plugins/allocation_count.hpp"
#include "tests/unit/plugins/simulated_market.hpp"

namespace cadre::test {
namespace {

/// The bytes of a saved state, as an earlier version wrote them.
struct Bytes {
  std::string text;

  template <class Number>
  Bytes& put(Number number) {
    text.append(reinterpret_cast<const char*>(&number), sizeof number);
    return *this;
  }
  Bytes& id(const std::string& name, std::size_t bytes) {
    text += name + std::string(bytes - name.size(), '\0');
    return *this;
  }
};

/// Two instruments, a buy limit of 10 at 9 that waits, an order that was filled, and a report of it.
std::string state_of_schema(std::uint32_t schema) {
  const std::size_t id_bytes = schema == 1 ? 32 : 64;
  Bytes bytes;
  const auto numbers = [&](auto... all) { (bytes.put(all), ...); };
  numbers(std::uint32_t{1}, std::uint32_t{2}, std::int64_t{77});
  numbers(std::uint32_t{1});  // open orders
  numbers(std::uint32_t{0}, std::uint32_t{'1'}, std::uint32_t{'2'}, std::uint32_t{'1'}, std::uint32_t{0});
  numbers(10 * one, 9 * one, std::int64_t{0}, std::int64_t{0}, 9 * one, std::int64_t{70});
  bytes.id("waits", id_bytes);
  numbers(std::uint32_t{1});  // finished ones
  bytes.id("done", id_bytes);
  numbers(std::uint32_t{'2'}, std::uint32_t{0}, 5 * one, 8 * one, std::int64_t{1'000'000});
  numbers(std::uint32_t{1});  // reports
  numbers(std::uint32_t{'2'}, std::uint32_t{1}, std::uint32_t{'1'}, std::uint32_t{0});
  numbers(5 * one, 8 * one, std::int64_t{1'000'000}, std::int64_t{0}, std::int64_t{77});
  bytes.id("done", id_bytes);
  return bytes.text;
}

TEST(SimulatedState, of_earlier_versions_goes_on) {
  for (const std::uint32_t schema : {1U, 2U}) {
    SimulatedMarket market;
    ASSERT_EQ(market.test.agent.load(state_of_schema(schema), 2, schema), CADRE_OK) << market.test.said();
    auto reports = market.reports();
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_STREQ(reports[0].client_id.text, "done");
    EXPECT_EQ(market.query("done").fees_e6, 1'000'000);
    EXPECT_EQ(market.query("waits").status, working);
    EXPECT_EQ(market.send(Order("done", 0, 1)).reason, 1001U);
    reports = market.prices(10, 10, 8, 10).bar();
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_EQ(reports[0].price_e9, 9 * one);
    EXPECT_EQ(market.test.agent.load(state_of_schema(schema), 3, schema), CADRE_REJECTED);
    EXPECT_EQ(market.test.agent.load(state_of_schema(schema), 2, 3 - schema), CADRE_REJECTED);
    EXPECT_EQ(market.test.agent.load(state_of_schema(schema), 2, 3), CADRE_REJECTED);
  }
}

/// A market with everything in it that is saved.
void live_a_little(SimulatedMarket& market) {
  market.state.quantity({100, -50}).volume({1000, 1000}).cash(1000);
  market.quotes({9.9, 9.9}, {10.1, 10.1});
  market.prices(10, 11, 9, 10).bar();
  market.send(Order("part", 0, 90).limit(10.5).lives(CADRE_TIF_GTC));
  market.send(Order("stop", 0, -30).stop(8).lives(CADRE_TIF_GTC));
  market.send(Order("cover", 1, 200).lives(CADRE_TIF_GTC));
  EXPECT_EQ(market.test.agent.observe_bar(market.prices(9, 10, 7, 8).state), CADRE_OK);
}

constexpr const char* with_all =
    R"({"latency": "none", "max_participation": 0.1, "require_borrow": true,
        "commission_tiers": [{"from": 0, "bp": 1}, {"from": 5, "bp": 0.5}]})";

TEST(SimulatedState, with_parts_filled_and_prices_remembered_is_sound) {
  for (const char* config : {"{}", with_all}) {
    SimulatedMarket market(config);
    live_a_little(market);
    expect_sound_state(simulation, simulation_id, config, market.test.agent.save(), 2);
  }
}

TEST(SimulatedState, remembers_the_market_for_orders_that_fill_at_once) {
  SimulatedMarket market(with_all);
  live_a_little(market);
  SimulatedMarket other(with_all);
  ASSERT_EQ(other.test.agent.load(market.test.agent.save(), 2), CADRE_OK);
  const cadre_trade_result here = market.send(Order("sell", 0, -3)), there = other.send(Order("sell", 0, -3));
  EXPECT_GT(here.filled_quantity_e9, 0);
  EXPECT_EQ(std::memcmp(&here, &there, sizeof here), 0);
  EXPECT_EQ(market.test.agent.save(), other.test.agent.save());
}

TEST(SimulatedState, that_is_damaged_is_refused_or_harmless) {
  SimulatedMarket market(with_all);
  live_a_little(market);
  const std::string bytes = market.test.agent.save();
  std::mt19937_64 random(11);
  for (int round = 0; round < 5000; ++round) {
    std::string damaged = bytes;
    for (std::uint64_t k = 1 + random() % 3; k > 0; --k)
      damaged[random() % damaged.size()] = static_cast<char>(random());
    SimulatedMarket other(with_all);
    if (other.test.agent.load(damaged, 2) != CADRE_OK) continue;
    other.state.quantity({100, -50}).volume({100, 100});
    other.quotes({9.9, 9.9}, {10.1, 10.1});
    (void)other.send(Order("new", 0, 5));
    (void)other.test.agent.observe_bar(other.prices(10, 11, 9, 10).state);
    (void)other.reports();
  }
}

TEST(SimulatedState, a_bar_asks_for_no_memory_once_it_has_seen_as_many_orders) {
  if (!counts_allocations) GTEST_SKIP() << "a sanitizer brings an allocator of its own";
  SimulatedMarket market(R"({"max_participation": 0.1, "commission_per_order": 1, "slippage_bp": 1})");
  market.state.volume({1000, 1000}).cash(1000);
  std::vector<Order> orders;
  orders.reserve(1600);
  for (int k = 0; k < 1600; ++k)
    orders.push_back(Order("order " + std::to_string(k), static_cast<std::uint32_t>(k % 2), 10 + k % 7));
  auto report = testing::lent<cadre_execution_report>();
  const auto live = [&](std::size_t first) {
    for (std::size_t k = first; k < first + 800; ++k)
      (void)market.send(orders[k]);
    (void)market.test.agent.observe_bar(market.state);
    while (market.table().next_report(market.test.agent.self(), &report) == CADRE_OK) {
    }
  };
  market.prices(10, 10, 10, 10);
  live(0);
  const AllocationCount count;
  live(800);
  EXPECT_EQ(count.since(), 0U);
}

}  // namespace
}  // namespace cadre::test

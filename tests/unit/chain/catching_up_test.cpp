// A venue that fills some of an order, or none, or answers late: the book catches up, and nothing is sent
// twice.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "host/model/order.hpp"
#include "tests/unit/chain/chance.hpp"
#include "tests/unit/chain/desk.hpp"

namespace cadre::chain {
namespace {

using test::Desk;

constexpr std::int64_t unit = 1'000'000'000;
constexpr std::size_t names = 4, wild = 10, calm = 10;

/// Units wanted and units that the venue would fill, a row per bar. In the end one target stays and all
/// fills.
struct Script {
  std::vector<std::vector<double>> units, fills;

  explicit Script(test::Chance& chance) {
    for (std::size_t bar = 0; bar < wild + calm; ++bar) {
      const bool ends = bar >= wild, stays = bar > 0 && (ends || chance.random() % 3 == 0);
      std::vector<double> wanted(names), filled(names);
      for (std::size_t i = 0; i < names; ++i) {
        wanted[i] = stays ? units[bar - 1][i] : std::round(chance.uniform(-2000, 2000));
        // Nothing at all on one day of three.
        filled[i] = ends ? 10'000 : chance.random() % 3 == 0 ? 0 : std::round(chance.uniform(0, 1500));
      }
      units.push_back(wanted);
      fills.push_back(filled);
    }
  }
  std::vector<std::vector<double>> weights() const {
    auto all = units;
    for (auto& row : all) {
      for (double& weight : row)
        weight *= 100 / 1e6;
    }
    return all;
  }
};

Desk desk_of(const Script& script, test::Chance& chance) {
  // Parts are a day apart: those of an order of the day would end with it.
  const char* rules[] = {R"({"time_in_force": "DAY"})", R"({"time_in_force": "GTC"})",
                         R"({"time_in_force": "GTC", "slices": 3})"};
  const char* later = chance.random() % 2 == 0 ? "true" : "false";
  return Desk(
      {{"/chain/position_sizer/config/targets", test::rows(script.weights())},
       {"/chain/constraints", R"({"long_only": false})"},
       {"/chain/execution_rules", std::string(R"({"name": "rules", "agent": "test.rules", "config": )") +
                                      rules[chance.random() % 3] + "}"},
       {"/execution_environment", R"({"agent": "test.exchange", "config": {"fills": )" +
                                      test::rows(script.fills) + R"(, "answers_later": )" + later + "}}"}},
      "1");
}

/// What an instrument could become: with all that is open on a side filled, and nothing of the other.
struct Reach {
  std::int64_t least = 0, most = 0;
  bool both_sides = false;
};

Reach reach_of(book::Book& book, std::uint32_t i) {
  std::int64_t buys = 0, sells = 0;
  for (const execution::TrackedOrder& tracked : book.ledger().tracker().orders()) {
    if (!tracked.open() || tracked.order.instrument != i) continue;
    (tracked.order.side == CADRE_SIDE_BUY ? buys : sells) += tracked.order.quantity_e9 - tracked.filled_e9;
  }
  const std::int64_t held = book.ledger().portfolio().quantity(i).raw();
  return {held - sells, held + buys, buys != 0 && sells != 0};
}

TEST(CatchingUp, nothing_is_doubled_and_the_target_is_reached_over_thousands_of_random_bars) {
  test::Chance chance;
  SCOPED_TRACE(chance.said());
  std::size_t late = 0;
  for (int round = 0; round < 80; ++round) {
    const Script script(chance);
    Desk desk = desk_of(script, chance);
    std::vector<std::int64_t> highest(names), lowest(names);  // of all targets until now, and nothing
    for (std::size_t bar = 0; bar < wild + calm; ++bar) {
      const Decision& decision = desk.decide();
      ASSERT_TRUE(decision.record.failures.empty()) << test::failures(decision)[0];
      for (const DecidedOrder& decided : decision.orders)
        ASSERT_TRUE(decided.verdict.accepted()) << execution::failed_codes(decided.verdict)[0];
      for (std::uint32_t i = 0; i < names; ++i) {
        const auto target = static_cast<std::int64_t>(script.units[bar][i]) * unit;
        highest[i] = std::max(highest[i], target);
        lowest[i] = std::min(lowest[i], target);
        const Reach reach = reach_of(desk.book(), i);
        ASSERT_FALSE(reach.both_sides) << round << ' ' << bar << ' ' << i;
        ASSERT_LE(reach.most, highest[i]) << round << ' ' << bar << ' ' << i;
        ASSERT_GE(reach.least, lowest[i]) << round << ' ' << bar << ' ' << i;
        late += bar > 0 && bar < wild && desk.book().ledger().portfolio().quantity(i).raw() != target;
      }
    }
    for (std::uint32_t i = 0; i < names; ++i)
      ASSERT_EQ(desk.book().ledger().portfolio().quantity(i).raw(),
                static_cast<std::int64_t>(script.units.back()[i]) * unit)
          << round << ' ' << i;
  }
  EXPECT_GT(late, 500u);
}

}  // namespace
}  // namespace cadre::chain

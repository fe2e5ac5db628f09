#include "host/model/portfolio.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace cadre::model {
namespace {

using base::Money;
using base::Price;
using base::Quantity;

__extension__ typedef __int128 Wide;

Money money(const char* text) {
  return *Money::parse(text);
}
Price price(const char* text) {
  return *Price::parse(text);
}
Quantity quantity(const char* text) {
  return *Quantity::parse(text);
}

/// price x quantity x multiplier in 1e-6, rounded half to even, without the decimal type's help.
std::int64_t value_e6(std::int64_t price_e9, std::int64_t quantity_e9, std::int64_t multiplier) {
  const Wide unit = 1'000'000'000'000;  // 1e-18 to 1e-6
  const Wide exact = Wide{price_e9} * quantity_e9 * multiplier;
  const Wide size = exact < 0 ? -exact : exact;
  Wide whole = size / unit;
  const Wide rest = size % unit;
  if (rest * 2 > unit || (rest * 2 == unit && whole % 2 != 0)) ++whole;
  return static_cast<std::int64_t>(exact < 0 ? -whole : whole);
}

/// Everything of a portfolio, for "nothing has changed".
std::vector<std::int64_t> everything(const Portfolio& p) {
  std::vector<std::int64_t> all{p.cash().raw(), p.equity().raw(), p.profit().raw(), p.costs().raw()};
  for (std::uint32_t i = 0; i < p.size(); ++i) {
    all.insert(all.end(), {p.quantity(i).raw(), p.price(i).raw(), p.value(i).raw()});
  }
  return all;
}

TEST(Portfolio, a_round_trip_by_hand_gives_profit_less_costs) {
  const Instrument about;
  Portfolio p(1, money("1000"));
  ASSERT_TRUE(p.mark(0, price("50"), about));
  // 10 bought at 50.10, of which 0.10 x 10 = 1 is half-spread, 2 in fees: 1000 - 501 - 2 = 497 in cash.
  ASSERT_TRUE(p.apply_fill({0, quantity("10"), price("50.1"), money("2"), money("1")}, about));
  EXPECT_EQ(p.cash(), money("497"));
  EXPECT_EQ(p.value(0), money("500"));
  EXPECT_EQ(p.equity(), money("997"));
  EXPECT_EQ(p.profit(), money("0"));
  EXPECT_EQ(p.costs(), money("3"));
  ASSERT_TRUE(p.mark(0, price("55"), about));
  EXPECT_EQ(p.equity(), money("1047"));
  EXPECT_EQ(p.profit(), money("50"));
  // 4 sold at 54.9 (0.40 half-spread) with 1 in fees: 497 + 219.6 - 1 = 715.6; 6 left are worth 330.
  ASSERT_TRUE(p.apply_fill({0, quantity("-4"), price("54.9"), money("1"), money("0.4")}, about));
  EXPECT_EQ(p.cash(), money("715.6"));
  EXPECT_EQ(p.equity(), money("1045.6"));
  EXPECT_EQ(p.profit(), money("50"));
  EXPECT_EQ(p.costs(), money("4.4"));
  ASSERT_TRUE(p.charge(money("0.6")));
  EXPECT_EQ(p.equity(), money("1045"));
  EXPECT_EQ(p.costs(), money("5"));
  EXPECT_TRUE(p.identities_hold());
}

TEST(Portfolio, a_multiplier_counts_in_value_and_in_cash) {
  Instrument about;
  about.multiplier = quantity("50");
  Portfolio p(1, money("100000"));
  ASSERT_TRUE(p.apply_fill({0, quantity("-2"), price("10.5"), {}, {}}, about));
  EXPECT_EQ(p.cash(), money("101050"));
  EXPECT_EQ(p.value(0), money("-1050"));
  EXPECT_EQ(p.equity(), money("100000"));
}

TEST(Portfolio, before_its_first_mark_a_position_is_worth_what_it_cost) {
  Portfolio p(1, money("100"));
  ASSERT_TRUE(p.apply_fill({0, quantity("1"), price("40"), {}, {}}, Instrument{}));
  EXPECT_EQ(p.equity(), money("100"));
  EXPECT_EQ(p.price(0), price("40"));
}

TEST(Portfolio, identities_hold_to_the_last_unit_over_ten_thousand_random_events) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const auto pick = [&](std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random);
  };
  constexpr std::uint32_t n = 12;
  constexpr std::int64_t initial = 5'000'000'000'000;  // five million
  Portfolio p(n, Money::from_raw(initial));
  std::vector<Instrument> about(n);
  std::vector<std::int64_t> multiplier(n), held(n, 0), mark(n, 0);
  for (std::uint32_t i = 0; i < n; ++i) {
    multiplier[i] = pick(1, 100);
    about[i].multiplier = Quantity::from_raw(multiplier[i] * 1'000'000'000);
  }
  Wide cash = initial, fees_and_spreads = 0;
  for (int event = 0; event < 10'000; ++event) {
    const auto i = static_cast<std::uint32_t>(pick(0, n - 1));
    const std::int64_t at = pick(1, 900'000'000'000);  // up to 900, with nine decimals
    switch (pick(0, 3)) {
      case 0:
        ASSERT_TRUE(p.mark(i, Price::from_raw(at), about[i]));
        mark[i] = at;
        break;
      case 1: {
        const std::int64_t fee = pick(0, 5'000'000);
        ASSERT_TRUE(p.charge(Money::from_raw(fee)));
        cash -= fee;
        fees_and_spreads += fee;
        break;
      }
      default: {
        const std::int64_t bought = pick(-50'000'000'000, 50'000'000'000);  // fractions too, short too
        const std::int64_t fee = pick(0, 9'000'000), spread = pick(0, 3'000'000);
        ASSERT_TRUE(p.apply_fill({i, Quantity::from_raw(bought), Price::from_raw(at), Money::from_raw(fee),
                                  Money::from_raw(spread)},
                                 about[i]));
        if (mark[i] == 0) mark[i] = at;
        held[i] += bought;
        cash -= value_e6(at, bought, multiplier[i]) + fee;
        fees_and_spreads += fee + spread;
        break;
      }
    }
    Wide worth = cash;
    for (std::uint32_t k = 0; k < n; ++k)
      worth += value_e6(mark[k], held[k], multiplier[k]);
    ASSERT_EQ(p.cash().raw(), static_cast<std::int64_t>(cash)) << "event " << event;
    ASSERT_EQ(p.equity().raw(), static_cast<std::int64_t>(worth)) << "event " << event;
    ASSERT_EQ(p.costs().raw(), static_cast<std::int64_t>(fees_and_spreads)) << "event " << event;
    ASSERT_EQ(p.equity().raw(), initial + p.profit().raw() - p.costs().raw()) << "event " << event;
    ASSERT_TRUE(p.identities_hold()) << "event " << event;
  }
}

TEST(Portfolio, what_does_not_fit_is_refused_and_changes_nothing) {
  const Instrument about;
  Portfolio p(2, money("1000"));
  ASSERT_TRUE(p.mark(0, price("10"), about));
  ASSERT_TRUE(p.apply_fill({0, quantity("1000000"), price("10"), {}, {}}, about));
  const auto before = everything(p);
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  // A million units at nine thousand million: 9e15, above the 9.2e12 that money holds.
  EXPECT_FALSE(p.mark(0, Price::from_raw(most), about));
  EXPECT_FALSE(p.apply_fill({0, quantity("1000000"), Price::from_raw(most), {}, {}}, about));
  // A quantity that overflows.
  EXPECT_FALSE(p.apply_fill({0, Quantity::from_raw(most), price("0.001"), {}, {}}, about));
  // Fees that overflow the costs.
  ASSERT_TRUE(p.charge(money("1")));
  const auto charged = everything(p);
  EXPECT_FALSE(p.charge(Money::from_raw(most)));
  EXPECT_FALSE(p.apply_fill({1, quantity("1"), price("1"), Money::from_raw(most), {}}, about));
  EXPECT_EQ(everything(p), charged);
  EXPECT_NE(charged, before);
  EXPECT_TRUE(p.identities_hold());
}

// TRADING_RULES, Money: proceeds of short sales are no buying power, on any later day either.
TEST(Portfolio, what_a_short_sale_brought_is_held_back_and_at_least_what_it_is_worth) {
  const Instrument about;
  Portfolio p(1, money("100000"));
  EXPECT_EQ(p.short_collateral(), Money{});
  ASSERT_TRUE(p.mark(0, price("10"), about));
  ASSERT_TRUE(p.apply_fill({0, quantity("-5000"), price("10"), {}, {}}, about));
  EXPECT_EQ(p.short_collateral(), money("50000"));
  ASSERT_TRUE(p.mark(0, price("4"), about));
  EXPECT_EQ(p.short_collateral(), money("50000"));  // a gain that is not made yet buys nothing
  ASSERT_TRUE(p.mark(0, price("14"), about));
  EXPECT_EQ(p.short_collateral(), money("70000"));  // closing it costs that much
  ASSERT_TRUE(p.mark(0, price("10"), about));
  ASSERT_TRUE(p.apply_fill({0, quantity("2000"), price("10"), {}, {}}, about));
  EXPECT_EQ(p.short_collateral(), money("30000"));
  ASSERT_TRUE(p.apply_fill({0, quantity("-1000"), price("13"), {}, {}}, about));
  EXPECT_EQ(p.short_collateral(), money("43000"));
  ASSERT_TRUE(p.apply_fill({0, quantity("6000"), price("10"), {}, {}}, about));  // a flip
  EXPECT_EQ(p.short_collateral(), Money{});
  ASSERT_TRUE(p.apply_fill({0, quantity("-2500"), price("10"), {}, {}}, about));  // and back
  EXPECT_EQ(p.short_collateral(), money("5000"));

  base::Encoder saved;
  p.save(saved);
  Portfolio again(1, {});
  base::Decoder from(saved.bytes());
  ASSERT_TRUE(again.load(from, {}));
  ASSERT_TRUE(again.mark(0, price("1"), about));
  EXPECT_EQ(again.short_collateral(), money("5000"));
}

TEST(Portfolio, a_new_universe_moves_positions_and_keeps_the_money) {
  const Instrument about;
  Portfolio p(3, money("1000"));
  ASSERT_TRUE(p.mark(1, price("7"), about));
  ASSERT_TRUE(p.apply_fill({2, quantity("3"), price("20"), money("1"), {}}, about));
  const Money equity = p.equity();
  p.remap({-1, 3, 0}, 4);
  EXPECT_EQ(p.size(), 4u);
  EXPECT_EQ(p.quantity(0), quantity("3"));
  EXPECT_EQ(p.value(0), money("60"));
  EXPECT_EQ(p.price(3), price("7"));
  EXPECT_EQ(p.quantity(1), Quantity{});
  EXPECT_EQ(p.price(1), Price{});
  EXPECT_EQ(p.equity(), equity);
  EXPECT_TRUE(p.identities_hold());
}

TEST(Portfolio, keeps_what_borrowing_cost_among_its_costs) {
  Portfolio p(1, money("1000"));
  ASSERT_TRUE(p.charge_borrow(money("2.5")));
  ASSERT_TRUE(p.charge(money("1")));
  EXPECT_EQ(p.borrow(), money("2.5"));
  EXPECT_EQ(p.costs(), money("3.5"));
  EXPECT_EQ(p.cash(), money("996.5"));
  EXPECT_EQ(p.equity(), money("996.5"));
  EXPECT_TRUE(p.identities_hold());
  base::Encoder saved;
  p.save(saved);
  Portfolio again(1, {});
  base::Decoder from(saved.bytes());
  ASSERT_TRUE(again.load(from, {}));
  EXPECT_EQ(again.borrow(), money("2.5"));
}

}  // namespace
}  // namespace cadre::model

#include "host/model/quantity.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace cadre::model {
namespace {

using base::Money;
using base::Price;
using base::Quantity;

struct Case {
  const char* claim;
  double weight;
  const char* equity;
  const char* price;
  const char* lot;
  const char* multiplier;
  const char* current;
  const char* expected;
};

// 10,000 of equity at a price of 30: a weight of 0.1 is 33.33 units.
constexpr Case cases[] = {
    {"a purchase stops at the lot below the target", 0.1, "10000", "30", "1", "1", "0", "33"},
    {"a sale stops at the lot above the target", 0.1, "10000", "30", "1", "1", "50", "34"},
    {"a holding less than a lot below the target stays", 0.1, "10000", "30", "1", "1", "33", "33"},
    {"a holding less than a lot above the target stays", 0.1, "10000", "30", "1", "1", "34", "34"},
    {"exactly on target trades nothing", 0.3, "10000", "30", "1", "1", "100", "100"},
    {"a target that is whole but for doubles is reached", 0.3, "10000", "30", "1", "1", "99", "100"},
    {"zero closes", 0.0, "10000", "30", "1", "1", "33", "0"},
    {"zero closes a short", 0.0, "10000", "30", "1", "1", "-33", "0"},
    {"zero closes a position in fractional lots", 0.0, "10000", "30", "0.5", "1", "33.5", "0"},
    {"a short target rounds towards flat", -0.1, "10000", "30", "1", "1", "0", "-33"},
    {"a short is covered up to the lot below the target", -0.1, "10000", "30", "1", "1", "-50", "-34"},
    {"a flip rounds towards where it came from", -0.1, "10000", "30", "1", "1", "20", "-33"},
    {"changes are whole lots", 0.1, "10000", "30", "10", "1", "0", "30"},
    {"an odd position changes by whole lots", 0.1, "10000", "30", "10", "1", "7", "27"},
    {"fractional lots", 0.1, "10000", "30", "0.01", "1", "0", "33.33"},
    {"a multiplier makes units dearer", 0.1, "10000", "30", "1", "10", "0", "3"},
    {"without equity everything is closed", 0.5, "0", "30", "1", "1", "12", "0"},
};

TEST(TargetQuantity, rounds_to_lots_towards_the_position) {
  for (const Case& c : cases) {
    Instrument about;
    about.lot = *Quantity::parse(c.lot);
    about.multiplier = *Quantity::parse(c.multiplier);
    const auto quantity = target_quantity(c.weight, *Money::parse(c.equity), *Price::parse(c.price), about,
                                          *Quantity::parse(c.current));
    ASSERT_TRUE(quantity) << c.claim;
    EXPECT_EQ(quantity->to_string(), c.expected) << c.claim;
  }
}

TEST(TargetQuantity, changes_nothing_that_is_worth_less_than_the_minimum) {
  Instrument about;
  about.minimum_notional = *Money::parse("300");
  const auto target = [&](double weight, const char* current) {
    return target_quantity(weight, *Money::parse("10000"), *Price::parse("30"), about,
                           *Quantity::parse(current))
        ->to_string();
  };
  EXPECT_EQ(target(0.03, "0"), "10");   // 300: just enough
  EXPECT_EQ(target(0.029, "0"), "0");   // 9 units are worth 270
  EXPECT_EQ(target(0.03, "15"), "15");  // 5 units less are worth 150
  EXPECT_EQ(target(0.0, "5"), "0");     // a position is closed whatever it is worth
  EXPECT_EQ(target(-0.03, "5"), "-10");
}

TEST(TickAt, is_that_of_the_highest_step_below_the_price) {
  Instrument about;
  about.tick = *Price::parse("0.0001");
  EXPECT_EQ(about.tick_at(*Price::parse("5")).to_string(), "0.0001");
  about.ticks = {{*Price::parse("0"), *Price::parse("0.0001")},
                 {*Price::parse("1"), *Price::parse("0.01")},
                 {*Price::parse("50"), *Price::parse("0.05")}};
  EXPECT_EQ(about.tick_at(*Price::parse("0.9999")).to_string(), "0.0001");
  EXPECT_EQ(about.tick_at(*Price::parse("1")).to_string(), "0.01");
  EXPECT_EQ(about.tick_at(*Price::parse("50.01")).to_string(), "0.05");
}

TEST(TargetQuantity, refuses_what_has_no_meaning) {
  const Instrument about;
  const Money equity = *Money::parse("10000");
  const Price price = *Price::parse("30");
  EXPECT_FALSE(target_quantity(std::nan(""), equity, price, about, {}));
  EXPECT_FALSE(target_quantity(INFINITY, equity, price, about, {}));
  EXPECT_FALSE(target_quantity(-INFINITY, equity, price, about, {}));
  EXPECT_FALSE(target_quantity(0.1, equity, Price{}, about, {}));
  EXPECT_FALSE(target_quantity(0.1, equity, *Price::parse("-1"), about, {}));
}

TEST(TargetQuantity, grows_to_the_largest_position_and_no_further) {
  const Instrument about;
  const Money equity = *Money::parse("1000000000000");
  const Price price = *Price::parse("1e-9");
  const Quantity most = *Quantity::parse("9000000000");
  // 1e12 of equity at 1e-9 a unit are 1e21 units.
  EXPECT_EQ(target_quantity(1, equity, price, about, {}), most);
  EXPECT_EQ(target_quantity(-1, equity, price, about, {}), -most);
  EXPECT_EQ(target_quantity(1e300, equity, price, about, {}), most);
  EXPECT_EQ(target_quantity(1, equity, price, about, most), most);
  EXPECT_EQ(target_quantity(0, equity, price, about, most), Quantity{});
  // From one side to the other is two trades.
  const auto across = target_quantity(-1, equity, price, about, *Quantity::parse("100"));
  EXPECT_EQ(across, -most);
}

TEST(TargetQuantity, a_target_held_in_a_weight_of_doubles_trades_nothing) {
  // The weight that a position has, given back as the target, is that position: for every size.
  const Instrument about;
  const Money equity = *Money::parse("1234567.891234");
  const Price price = *Price::parse("17.37");
  for (std::int64_t units = -5000; units <= 5000; ++units) {
    const Quantity held = Quantity::from_raw(units * 1'000'000'000);
    const double weight = weight_of(*notional(price, held, about.multiplier), equity);
    ASSERT_EQ(target_quantity(weight, equity, price, about, held), held) << units;
  }
}

TEST(RoundToTick, goes_down_or_up_to_the_next_tick) {
  const Price tick = *Price::parse("0.05");
  const auto rounded = [&](const char* text, bool up) {
    return round_to_tick(*Price::parse(text), tick, up).to_string();
  };
  EXPECT_EQ(rounded("10.02", false), "10");
  EXPECT_EQ(rounded("10.02", true), "10.05");
  EXPECT_EQ(rounded("10.05", false), "10.05");
  EXPECT_EQ(rounded("10.05", true), "10.05");
  EXPECT_EQ(rounded("10.049999999", false), "10");
  EXPECT_EQ(rounded("10.000000001", true), "10.05");
  EXPECT_EQ(rounded("-10.02", false), "-10.05");
  EXPECT_EQ(rounded("-10.02", true), "-10");
}

TEST(WeightOf, is_the_share_of_equity_and_nothing_without_equity) {
  EXPECT_EQ(weight_of(*Money::parse("250"), *Money::parse("1000")), 0.25);
  EXPECT_EQ(weight_of(*Money::parse("-250"), *Money::parse("1000")), -0.25);
  EXPECT_EQ(weight_of(*Money::parse("250"), Money{}), 0);
  EXPECT_EQ(weight_of(*Money::parse("250"), *Money::parse("-1")), 0);
}

}  // namespace
}  // namespace cadre::model

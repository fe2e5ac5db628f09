#include "host/base/decimal.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

using namespace cadre::base;

namespace {

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

std::optional<int64_t> money_raw(std::string_view text) {
  const auto parsed = Money::parse(text);
  return parsed ? std::optional<int64_t>(parsed->raw()) : std::nullopt;
}

TEST(Notional, the_short_way_for_a_multiplier_of_one_gives_the_same_as_the_long_one) {
  // price x quantity x 2 at half the price is price x quantity; odd raw prices are left out, their half is no
  // price.
  std::mt19937_64 random(20010102);
  for (int i = 0; i < 20000; ++i) {
    const auto price = Price::from_raw(static_cast<int64_t>(random() % 2'000'000'000'000) * 2);
    const auto quantity =
        Quantity::from_raw(static_cast<int64_t>(random() % 4'000'000'000'000) - 2'000'000'000'000);
    const auto half = Price::from_raw(price.raw() / 2);
    EXPECT_EQ(notional(price, quantity, Quantity::from_raw(1'000'000'000)),
              notional(half, quantity, Quantity::from_raw(2'000'000'000)))
        << "seed 20010102, draw " << i;
  }
}

}  // namespace

TEST(Decimal, parses_plain_text_exactly) {
  EXPECT_EQ(Price::parse("5.92")->raw(), 5'920'000'000);
  EXPECT_EQ(Price::parse("-0.000000001")->raw(), -1);
  EXPECT_EQ(Price::parse("+12")->raw(), 12'000'000'000);
  EXPECT_EQ(Price::parse("0012.50")->raw(), 12'500'000'000);
  EXPECT_EQ(Price::parse(".5")->raw(), 500'000'000);
  EXPECT_EQ(Price::parse("-0")->raw(), 0);
}

TEST(Decimal, parses_exponents) {
  EXPECT_EQ(money_raw("1.5e3"), 1'500'000'000);
  EXPECT_EQ(money_raw("15E-1"), 1'500'000);
  EXPECT_EQ(money_raw("1e-7"), 0);
  EXPECT_EQ(money_raw("1e-999999999999999999999"), 0);
  EXPECT_EQ(money_raw("0e999999999999999999999"), 0);
  EXPECT_EQ(money_raw("0.0000000000000000000001e22"), 1'000'000);
}

TEST(Decimal, rounds_digits_that_do_not_fit_half_to_even) {
  EXPECT_EQ(money_raw("0.0000005"), 0);
  EXPECT_EQ(money_raw("0.0000015"), 2);
  EXPECT_EQ(money_raw("0.0000025"), 2);
  EXPECT_EQ(money_raw("0.00000250000000000000000000001"), 3);
  EXPECT_EQ(money_raw("-0.0000015"), -2);
  EXPECT_EQ(money_raw("0.0000004999999"), 0);
  EXPECT_EQ(money_raw("5e-7"), 0);
  EXPECT_EQ(money_raw("6e-7"), 1);
}

TEST(Decimal, refuses_what_is_not_a_number) {
  for (const char* text : {"", "-", "+", ".", "abc", "1,5", "1.2.3", " 1", "1 ", "1e", "1e+", "0x10", "nan",
                           "inf", "--1", "1e1.5", "1-", "e5"}) {
    EXPECT_FALSE(Price::parse(text)) << text;
  }
}

TEST(Decimal, refuses_what_does_not_fit) {
  EXPECT_EQ(Price::parse("9223372036.854775807")->raw(), kMax);
  EXPECT_FALSE(Price::parse("9223372036.854775808"));
  EXPECT_FALSE(Price::parse("9223372036.8547758075"));
  EXPECT_FALSE(Price::parse("-9223372036.854775808"));
  EXPECT_FALSE(Price::parse("1e999999999999999999999"));
  EXPECT_FALSE(Price::parse("1" + std::string(500, '0')));
}

TEST(Decimal, comes_from_a_double_half_to_even) {
  EXPECT_EQ(Price::from_double(5.92)->raw(), 5'920'000'000);
  EXPECT_EQ(Money::from_double(0.5e-6 * 1)->raw(), 0);
  EXPECT_EQ(Money::from_double(-1e6)->raw(), -1'000'000'000'000);
  EXPECT_EQ(Money::from_double(std::ldexp(1.0, -7))->raw(), 7812);       // 7812.5: the even one
  EXPECT_EQ(Money::from_double(3 * std::ldexp(1.0, -7))->raw(), 23438);  // 23437.5
  EXPECT_EQ(Money::from_double(5e-324)->raw(), 0);
  EXPECT_EQ(Money::from_double(0.0)->raw(), 0);
}

TEST(Decimal, refuses_doubles_that_are_not_finite_or_too_large) {
  EXPECT_FALSE(Price::from_double(std::nan("")));
  EXPECT_FALSE(Price::from_double(INFINITY));
  EXPECT_FALSE(Price::from_double(-INFINITY));
  EXPECT_FALSE(Price::from_double(9.3e9));
  EXPECT_FALSE(Price::from_double(1e300));
  EXPECT_TRUE(Price::from_double(9.2e9));
}

TEST(Decimal, prints_the_shortest_exact_text) {
  EXPECT_EQ(Price::from_raw(5'920'000'000).to_string(), "5.92");
  EXPECT_EQ(Price::from_raw(-1).to_string(), "-0.000000001");
  EXPECT_EQ(Money::from_raw(1'000'000).to_string(), "1");
  EXPECT_EQ(Money().to_string(), "0");
  EXPECT_EQ(Money::from_raw(kMax).to_string(), "9223372036854.775807");
}

TEST(Decimal, text_reads_back_as_the_same_value) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20000; ++i) {
    const auto raw = static_cast<int64_t>(random()) >> (random() % 60);
    if (raw == std::numeric_limits<int64_t>::min()) continue;
    ASSERT_EQ(Price::parse(Price::from_raw(raw).to_string())->raw(), raw) << "seed 7, step " << i;
    if (std::llabs(raw) < (int64_t{1} << 52)) {
      ASSERT_EQ(Price::from_double(Price::from_raw(raw).to_double())->raw(), raw) << "seed 7, step " << i;
    }
  }
}

TEST(Decimal, adds_and_subtracts_only_what_fits) {
  EXPECT_EQ(checked_add(Money::from_raw(2), Money::from_raw(3))->raw(), 5);
  EXPECT_EQ(checked_subtract(Money::from_raw(2), Money::from_raw(3))->raw(), -1);
  EXPECT_FALSE(checked_add(Money::from_raw(kMax), Money::from_raw(1)));
  EXPECT_FALSE(checked_subtract(Money::from_raw(-kMax), Money::from_raw(1)));
  EXPECT_LT(-Money::from_raw(1), Money());
}

TEST(Decimal, notional_is_exact_and_rounded_once) {
  const auto price = *Price::parse("100.25"), one = *Price::parse("0.000001");
  const auto quantity = *Quantity::parse("30"), unit = *Quantity::parse("1");
  EXPECT_EQ(notional(price, quantity, unit)->to_string(), "3007.5");
  EXPECT_EQ(notional(price, -quantity, *Quantity::parse("50"))->to_string(), "-150375");
  EXPECT_EQ(notional(one, *Quantity::parse("0.5"), unit)->raw(), 0);
  EXPECT_EQ(notional(one, *Quantity::parse("1.5"), unit)->raw(), 2);
  EXPECT_EQ(notional(one, *Quantity::parse("2.5"), unit)->raw(), 2);
  EXPECT_EQ(notional(one, *Quantity::parse("2.500000001"), unit)->raw(), 3);
  // 5e13 x 1e16 x 1e9 in raw units is more than 128 bits, the result fits.
  EXPECT_EQ(notional(*Price::parse("50000"), *Quantity::parse("10000000"), unit)->to_string(),
            "500000000000");
}

TEST(Decimal, notional_refuses_what_does_not_fit) {
  EXPECT_FALSE(notional(Price::from_raw(kMax), Quantity::from_raw(kMax), Quantity::from_raw(kMax)));
  EXPECT_FALSE(notional(*Price::parse("1000000"), *Quantity::parse("10000000"), *Quantity::parse("1")));
}

TEST(Decimal, scales_half_to_even) {
  EXPECT_EQ(scale(Money::from_raw(10), 1, 4)->raw(), 2);
  EXPECT_EQ(scale(Money::from_raw(14), 1, 4)->raw(), 4);
  EXPECT_EQ(scale(Money::from_raw(-10), 3, 4)->raw(), -8);
  EXPECT_EQ(scale(Money::from_raw(10), -1, -3)->raw(), 3);
  EXPECT_EQ(scale(Money::from_raw(kMax), kMax, kMax)->raw(), kMax);
}

TEST(Decimal, scaling_refuses_a_zero_denominator_and_overflow) {
  EXPECT_FALSE(scale(Money::from_raw(1), 1, 0));
  EXPECT_FALSE(scale(Money::from_raw(kMax), 2, 1));
}

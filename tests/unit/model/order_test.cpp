#include "host/model/order.hpp"

#include <gtest/gtest.h>

namespace cadre::model {
namespace {

base::Quantity units(std::int64_t count) {
  return base::Quantity::from_raw(count * 1'000'000'000);
}

TEST(ReducesPosition, holds_for_a_strictly_smaller_position_on_the_same_side_only) {
  EXPECT_TRUE(reduces_position(units(10), units(-1)));
  EXPECT_TRUE(reduces_position(units(10), units(-10)));  // to zero
  EXPECT_TRUE(reduces_position(units(-10), units(3)));
  EXPECT_TRUE(reduces_position(units(-10), units(10)));
}

TEST(ReducesPosition, does_not_hold_for_increases_flips_and_nothing) {
  EXPECT_FALSE(reduces_position(units(10), units(1)));
  EXPECT_FALSE(reduces_position(units(10), units(-11)));  // flips
  EXPECT_FALSE(reduces_position(units(-10), units(11)));
  EXPECT_FALSE(reduces_position(units(-10), units(-1)));
  EXPECT_FALSE(reduces_position(units(0), units(-1)));
  EXPECT_FALSE(reduces_position(units(10), units(0)));
}

TEST(Names, every_code_has_its_word_and_an_unknown_one_has_none) {
  EXPECT_EQ(side_name(CADRE_SIDE_SELL), "sell");
  EXPECT_EQ(side_name('3'), "");
  EXPECT_EQ(order_type_name(CADRE_ORDER_MARKET_ON_CLOSE), "market_on_close");
  EXPECT_EQ(order_type_name(0), "");
  EXPECT_EQ(time_in_force_name(CADRE_TIF_AT_THE_OPENING), "at_the_opening");
  EXPECT_EQ(time_in_force_name('5'), "");
  EXPECT_EQ(order_status_name(CADRE_ORDER_EXPIRED), "expired");
  EXPECT_EQ(order_status_name('x'), "");
}

TEST(Ids, keep_sixty_three_bytes) {
  const std::string exact(63, 'a');
  EXPECT_EQ(id_text(make_id("main.17.3")), "main.17.3");
  EXPECT_EQ(id_text(make_id(exact)), exact);
  EXPECT_EQ(id_text(make_id("")), "");
  cadre_id full{};
  for (char& c : full.text)
    c = 'z';
  EXPECT_EQ(id_text(full).size(), sizeof full.text);  // without an end it stays inside
}

}  // namespace
}  // namespace cadre::model

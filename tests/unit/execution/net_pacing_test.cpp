// How far the legs of a rotation are sent so that no order of fills leaves the bounds on the net position.

#include "host/execution/net_pacing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace cadre::execution {
namespace {

constexpr std::int64_t unit = 1'000'000'000;

/// Units at 100 in lots of one.
NetLeg buys(std::int64_t units) {
  return {true, units * unit, unit, 100e-9};
}
NetLeg sells(std::int64_t units) {
  return {false, units * unit, unit, 100e-9};
}

/// Signed money.
double worth(const NetLeg& leg, std::int64_t quantity_e9) {
  return static_cast<double>(quantity_e9) * leg.unit_value * (leg.buys ? 1 : -1);
}

std::vector<std::int64_t> paced(std::vector<NetLeg> legs, NetPosition net, double most) {
  pace_net(legs, net, most);
  std::vector<std::int64_t> units;
  units.reserve(legs.size());
  for (const NetLeg& leg : legs)
    units.push_back(leg.sends_e9 / unit * (leg.buys ? 1 : -1));
  return units;
}

TEST(NetPacing, each_side_gets_the_room_and_shares_it_by_what_is_wanted) {
  // 50,000 either way: 500 units of buys and 500 of sells, of the 2,000 and the 1,500 that are wanted.
  EXPECT_THAT(paced({buys(1500), buys(500), sells(1000), sells(500)}, {}, 50'000),
              testing::ElementsAre(375, 125, -333, -167));
}

TEST(NetPacing, what_works_has_taken_room_already) {
  EXPECT_THAT(paced({buys(1000), sells(1000)}, {.held = 10'000, .working_buys = 30'000}, 50'000),
              testing::ElementsAre(100, -600));
}

TEST(NetPacing, what_is_left_of_the_room_goes_to_the_largest_remainders) {
  // 1,000 are ten units for thirds of it: 3.33 each, and one more for the first.
  EXPECT_THAT(paced({buys(50), buys(50), buys(50)}, {}, 1'000), testing::ElementsAre(4, 3, 3));
}

TEST(NetPacing, a_book_that_is_planned_to_be_beyond_the_bound_gets_there) {
  EXPECT_THAT(paced({buys(900)}, {.planned = 90'000}, 50'000), testing::ElementsAre(900));
}

TEST(NetPacing, a_book_beyond_the_bound_goes_no_further_and_may_always_come_back) {
  EXPECT_THAT(paced({buys(900), sells(900)}, {.held = 80'000, .planned = 80'000}, 50'000),
              testing::ElementsAre(0, -900));
}

TEST(NetPacing, a_bound_that_is_tighter_than_a_lot_delays_and_does_not_block) {
  EXPECT_THAT(paced({sells(5), buys(5)}, {}, 50), testing::ElementsAre(-1, 0));
  EXPECT_THAT(paced({sells(5), buys(5)}, {.held = -100, .planned = 0}, 50), testing::ElementsAre(0, 1));
  EXPECT_THAT(paced({sells(5), buys(5)}, {.working_sells = 100}, 50), testing::ElementsAre(0, 0));
}

TEST(NetPacing, random_rotations_all_end_and_never_leave_the_bounds_whatever_is_filled) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto number = [&](int from, int to) { return std::uniform_int_distribution<int>(from, to)(random); };
  for (int round = 0; round < 2000; ++round) {
    std::vector<NetLeg> left;
    NetPosition net{.held = number(-500, 500) * 100.0};
    net.planned = net.held;
    for (int k = number(1, 8); k > 0; --k) {
      left.push_back(number(0, 1) == 0 ? buys(number(1, 2000)) : sells(number(1, 2000)));
      net.planned += worth(left.back(), left.back().wanted_e9);
    }
    const double most = number(200, 50'000);
    const double highest = std::max({most, net.held, net.planned}) + 1e-3;
    const double lowest = std::min({-most, net.held, net.planned}) - 1e-3;
    int bars = 0;
    while (!left.empty()) {
      ASSERT_LT(++bars, 4000) << "round " << round;
      pace_net(left, net, most);
      double up = net.held, down = net.held;
      for (const NetLeg& leg : left)
        (leg.buys ? up : down) += worth(leg, leg.sends_e9);
      ASSERT_LE(up, highest) << "round " << round;
      ASSERT_GE(down, lowest) << "round " << round;
      for (NetLeg& leg : left) {  // a part of it is filled, and the rest cancelled
        const std::int64_t filled = number(0, 3) == 0 ? leg.sends_e9 / unit / 2 * unit : leg.sends_e9;
        leg.wanted_e9 -= filled;
        net.held += worth(leg, filled);
      }
      std::erase_if(left, [](const NetLeg& leg) { return leg.wanted_e9 == 0; });
    }
  }
}

}  // namespace
}  // namespace cadre::execution

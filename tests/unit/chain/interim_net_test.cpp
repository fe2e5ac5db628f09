// A market-neutral book that rotates: its legs are sent in parts, and no fill on the way takes the net
// exposure beyond its bound.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "host/book/state_commands.hpp"
#include "tests/unit/chain/chance.hpp"
#include "tests/unit/chain/desk.hpp"

namespace cadre::chain {
namespace {

using test::Desk;
using testing::DoubleNear;
using testing::Pointwise;

/// The largest net exposure of a book, seen at every fill.
class NetWatch : public book::BookListener {
 public:
  explicit NetWatch(book::Book& book) : book_(book) { book.listen(this); }
  void on_report(std::uint64_t, const cadre_execution_report&) override { look(); }
  void look() {
    const model::Portfolio& p = book_.ledger().portfolio();
    double net = 0;
    for (std::uint32_t i = 0; i < p.size(); ++i)
      net += p.value(i).to_double();
    largest_ = std::max(largest_, std::fabs(net) / p.equity().to_double());
  }
  double largest() const { return largest_; }

 private:
  book::Book& book_;
  double largest_ = 0;
};

const std::vector<double> first = {0.5, -0.5, 0, 0}, then = {0.4, -0.4, 0.1, -0.1};

/// A million, 5 % net at the most, at every fill too: `first` for `bars`, then `then`.
test::Settings rotation(int bars, const char* interim = R"(, "interim_net": 0.05)") {
  std::vector<std::vector<double>> targets(static_cast<std::size_t>(bars), first);
  targets.insert(targets.end(), 100, then);
  return {{"/chain/position_sizer/config/targets", test::rows(targets)},
          {"/chain/constraints",
           std::string(R"({"long_only": false, "max_net_exposure": 0.05)") + interim + "}"}};
}

TEST(InterimNet, a_rotation_ends_over_several_bars_and_every_fill_keeps_the_bound) {
  Desk desk(rotation(10), "1");
  NetWatch watch(desk.book());
  for (int bar = 0; bar < 10; ++bar)  // 50,000 of each side a bar, of 500,000
    desk.decide();
  EXPECT_THAT(desk.weights(), Pointwise(DoubleNear(1e-9), first));
  for (int bar = 0; bar < 3; ++bar)  // and of the 200,000 that change sides
    desk.decide();
  EXPECT_NEAR(desk.weights()[2], 0.075, 1e-9);
  desk.decide();
  watch.look();
  EXPECT_THAT(desk.weights(), Pointwise(DoubleNear(1e-9), then));
  EXPECT_LE(watch.largest(), 0.05 + 1e-9);
  EXPECT_EQ(desk.book().ledger().schedule().parents().size(), 0u);
}

TEST(InterimNet, without_it_the_same_rotation_is_sent_whole) {
  Desk desk(rotation(1, ""), "1");
  NetWatch watch(desk.book());
  desk.decide();
  EXPECT_THAT(desk.weights(), Pointwise(DoubleNear(1e-9), first));
  EXPECT_GT(watch.largest(), 0.4);
}

TEST(InterimNet, it_keeps_its_bound_at_a_venue_that_fills_parts_in_any_order) {
  test::Chance chance;
  for (int book = 0; book < 20; ++book) {
    const char* const time_in_force = book % 2 == 0 ? "DAY" : "GTC";
    SCOPED_TRACE(chance.said() + " book " + std::to_string(book) + time_in_force);
    std::vector<std::vector<double>> fills(101);
    for (auto& row : fills) {
      for (int i = 0; i < 4; ++i)
        row.push_back(std::round(chance.uniform(0, 200)));
    }
    test::Settings settings = rotation(50);
    settings.push_back({"/chain/execution_rules",
                        R"({"name": "rules", "agent": "test.rules", "config": {"time_in_force": ")" +
                            std::string(time_in_force) + "\"}}"});
    settings.push_back({"/execution_environment",
                        R"({"agent": "test.exchange", "config": {"fills": )" + test::rows(fills) + "}}"});
    Desk desk(settings, "1");
    NetWatch watch(desk.book());
    for (int bar = 0; bar < 100; ++bar) {
      desk.decide();
      watch.look();
    }
    EXPECT_THAT(desk.weights(), Pointwise(DoubleNear(1e-9), then));
    EXPECT_LE(watch.largest(), 0.05 + 1e-9);
  }
}

TEST(InterimNet, a_book_that_only_sells_is_not_held_back) {
  Desk desk({{"/chain/position_sizer/config/targets", test::rows({{0.5, 0.5, 0, 0}, {0, 0, 0, 0}})},
             {"/chain/constraints", R"({"long_only": false, "interim_net": 0.05})"}},
            "1");
  desk.decide();
  EXPECT_NEAR(desk.weights()[0], 0.5, 1e-9);  // where it is planned to be, it may go
  desk.decide();
  EXPECT_NEAR(desk.weights()[0], 0, 1e-9);
}

TEST(InterimNet, what_an_operator_or_a_limit_wants_closed_is_not_held_back_for_it) {
  test::Settings settings = rotation(12);
  settings[0].second =
      test::rows({first, first, first, first, first, first, first, first, first, first, {0, 0, 0, 0}});
  Desk desk(settings, "1");
  for (int bar = 0; bar < 10; ++bar)
    desk.decide();
  EXPECT_THAT(desk.weights(), Pointwise(DoubleNear(1e-9), first));
  execution::StateChange change;
  change.state = execution::TradingState::reducing;
  change.actor = change.reason = "test";
  desk.book().take_command(book::command_of(change, 20240110));
  desk.decide();
  EXPECT_THAT(desk.weights(), Pointwise(DoubleNear(1e-9), std::vector<double>{0, 0, 0, 0}));
}

}  // namespace
}  // namespace cadre::chain

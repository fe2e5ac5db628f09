#include "host/execution/order_tracker.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace cadre::execution {
namespace {

constexpr std::int64_t unit = 1'000'000'000;

cadre_order order_of(const std::string& id, std::uint32_t instrument, std::uint32_t side,
                     std::int64_t units) {
  cadre_order order{};
  order.size = sizeof order;
  order.instrument = instrument;
  order.side = side;
  order.type = CADRE_ORDER_MARKET;
  order.time_in_force = CADRE_TIF_DAY;
  order.quantity_e9 = units * unit;
  order.client_id = model::make_id(id);
  return order;
}

cadre_execution_report report_of(const cadre_order& order, std::uint32_t status, std::int64_t units,
                                 std::int64_t price = 10) {
  cadre_execution_report report{};
  report.size = sizeof report;
  report.status = status;
  report.instrument = order.instrument;
  report.side = order.side;
  report.quantity_e9 = units * unit;
  report.price_e9 = price * unit;
  report.fees_e6 = units * 100;
  report.client_id = order.client_id;
  return report;
}

class OrderTrackerTest : public testing::Test {
 protected:
  OrderTrackerTest() { tracker.enter_universe(3); }
  OrderTracker tracker;
  cadre_order buy = order_of("main.1.0", 0, CADRE_SIDE_BUY, 10);
};

TEST_F(OrderTrackerTest, an_open_order_counts_as_working_until_it_is_filled) {
  tracker.add(buy, CADRE_ORDER_NEW, 0);
  EXPECT_EQ(tracker.working_buy_e9(0), 10 * unit);
  EXPECT_EQ(tracker.working_sell_e9(0), 0);
  EXPECT_EQ(tracker.open_count(), 1u);

  const TrackedOrder* order = tracker.apply(report_of(buy, CADRE_ORDER_PARTIALLY_FILLED, 4, 10));
  ASSERT_NE(order, nullptr);
  EXPECT_EQ(order->remaining_e9(), 6 * unit);
  EXPECT_EQ(tracker.working_buy_e9(0), 6 * unit);

  order = tracker.apply(report_of(buy, CADRE_ORDER_FILLED, 6, 20));
  ASSERT_NE(order, nullptr);
  EXPECT_FALSE(order->open());
  EXPECT_DOUBLE_EQ(order->average_price(), 16);  // (4 x 10 + 6 x 20) / 10
  EXPECT_EQ(order->fees_e6, 1000);
  EXPECT_EQ(tracker.working_buy_e9(0), 0);
  EXPECT_EQ(tracker.open_count(), 0u);
}

TEST_F(OrderTrackerTest, an_order_that_expires_partly_filled_stops_working) {
  tracker.add(buy, CADRE_ORDER_NEW, 0);
  ASSERT_NE(tracker.apply(report_of(buy, CADRE_ORDER_PARTIALLY_FILLED, 4)), nullptr);
  const TrackedOrder* order = tracker.apply(report_of(buy, CADRE_ORDER_EXPIRED, 0));
  ASSERT_NE(order, nullptr);
  EXPECT_EQ(order->filled_e9, 4 * unit);
  EXPECT_EQ(tracker.working_buy_e9(0), 0);
}

TEST_F(OrderTrackerTest, a_refused_order_never_works) {
  tracker.add(buy, CADRE_ORDER_REJECTED, 1);
  EXPECT_EQ(tracker.working_buy_e9(0), 0);
  EXPECT_EQ(tracker.open_count(), 0u);
  EXPECT_EQ(tracker.apply(report_of(buy, CADRE_ORDER_FILLED, 10)), nullptr);
  EXPECT_EQ(tracker.orders().size(), 1u);
}

TEST_F(OrderTrackerTest, a_refusal_by_the_environment_ends_the_order_once) {
  const std::size_t place = tracker.add(buy, CADRE_ORDER_NEW, 0);
  tracker.reject(place, 1002);
  EXPECT_EQ(tracker.orders()[place].status, std::uint32_t{CADRE_ORDER_REJECTED});
  EXPECT_EQ(tracker.orders()[place].reason, 1002u);
  EXPECT_EQ(tracker.working_buy_e9(0), 0);
  tracker.reject(place, 7);
  EXPECT_EQ(tracker.orders()[place].reason, 1002u);
  EXPECT_EQ(tracker.open_count(), 0u);
}

TEST_F(OrderTrackerTest, refuses_more_than_was_open_and_changes_nothing) {
  tracker.add(buy, CADRE_ORDER_NEW, 0);
  ASSERT_NE(tracker.apply(report_of(buy, CADRE_ORDER_PARTIALLY_FILLED, 4)), nullptr);
  EXPECT_EQ(tracker.apply(report_of(buy, CADRE_ORDER_FILLED, 7)), nullptr);
  EXPECT_EQ(tracker.apply(report_of(buy, CADRE_ORDER_FILLED, -1)), nullptr);
  EXPECT_EQ(tracker.working_buy_e9(0), 6 * unit);
  EXPECT_EQ(tracker.orders()[0].filled_e9, 4 * unit);
  EXPECT_TRUE(tracker.orders()[0].open());
}

// What works of an instrument was negative then, which no book survives.
TEST_F(OrderTrackerTest, an_order_that_a_venue_makes_smaller_than_it_has_filled_is_filled) {
  tracker.add(buy, CADRE_ORDER_NEW, 0);
  OrderRequest smaller{.kind = CADRE_ACTION_REPLACE, .client_id = buy.client_id, .quantity_e9 = 6 * unit};
  ASSERT_TRUE(tracker.request(smaller));
  ASSERT_NE(tracker.apply(report_of(buy, CADRE_ORDER_PARTIALLY_FILLED, 7)), nullptr);
  const TrackedOrder* order = tracker.apply(report_of(buy, CADRE_ORDER_REPLACED, 0));
  ASSERT_NE(order, nullptr);
  EXPECT_FALSE(order->open());
  EXPECT_EQ(order->order.quantity_e9, 7 * unit);
  EXPECT_EQ(tracker.working_buy_e9(0), 0);
  EXPECT_EQ(tracker.open_count(), 0u);
}

TEST_F(OrderTrackerTest, refuses_unknown_ids_and_reports_on_another_side_or_instrument) {
  tracker.add(buy, CADRE_ORDER_NEW, 0);
  cadre_execution_report report = report_of(buy, CADRE_ORDER_FILLED, 10);
  report.client_id = model::make_id("main.1.9");
  EXPECT_EQ(tracker.apply(report), nullptr);
  report = report_of(buy, CADRE_ORDER_FILLED, 10);
  report.side = CADRE_SIDE_SELL;
  EXPECT_EQ(tracker.apply(report), nullptr);
  report = report_of(buy, CADRE_ORDER_FILLED, 10);
  report.instrument = 1;
  EXPECT_EQ(tracker.apply(report), nullptr);
  EXPECT_EQ(tracker.working_buy_e9(0), 10 * unit);
}

TEST_F(OrderTrackerTest, refuses_a_late_report_on_a_closed_order) {
  tracker.add(buy, CADRE_ORDER_NEW, 0);
  ASSERT_NE(tracker.apply(report_of(buy, CADRE_ORDER_CANCELED, 0)), nullptr);
  EXPECT_EQ(tracker.apply(report_of(buy, CADRE_ORDER_FILLED, 10)), nullptr);
  EXPECT_EQ(tracker.orders()[0].filled_e9, 0);
  EXPECT_EQ(tracker.working_buy_e9(0), 0);
}

TEST_F(OrderTrackerTest, open_orders_follow_their_instruments_into_a_new_universe) {
  const cadre_order sell = order_of("main.1.2", 2, CADRE_SIDE_SELL, 7);
  const cadre_order gone = order_of("main.1.1", 1, CADRE_SIDE_BUY, 5);
  tracker.add(gone, CADRE_ORDER_NEW, 0);
  tracker.add(buy, CADRE_ORDER_NEW, 0);
  tracker.add(sell, CADRE_ORDER_NEW, 0);
  ASSERT_NE(tracker.apply(report_of(gone, CADRE_ORDER_CANCELED, 0)), nullptr);
  ASSERT_NE(tracker.apply(report_of(sell, CADRE_ORDER_PARTIALLY_FILLED, 3)), nullptr);
  tracker.remap({1, -1, 0}, 2);
  EXPECT_EQ(tracker.working_buy_e9(1), 10 * unit);
  EXPECT_EQ(tracker.working_sell_e9(0), 4 * unit);
  EXPECT_EQ(tracker.apply(report_of(buy, CADRE_ORDER_FILLED, 10)), nullptr);  // the old index
  cadre_execution_report report = report_of(buy, CADRE_ORDER_FILLED, 10);
  report.instrument = 1;
  EXPECT_NE(tracker.apply(report), nullptr);
  EXPECT_EQ(tracker.working_buy_e9(1), 0);
}

TEST_F(OrderTrackerTest, recent_orders_hold_all_open_ones_and_few_others) {
  for (int k = 0; k < 100; ++k) {
    const cadre_order order = order_of("main." + std::to_string(k), 0, CADRE_SIDE_BUY, 1);
    tracker.add(order, k % 3 == 0 ? CADRE_ORDER_REJECTED : CADRE_ORDER_NEW, 0);
    if (k % 3 == 1) {
      ASSERT_NE(tracker.apply(report_of(order, CADRE_ORDER_FILLED, 1)), nullptr);
    }
    if (k % 3 == 2) tracker.reject(static_cast<std::size_t>(k), 1);
  }
  EXPECT_EQ(tracker.recent().size(), 0u);
  tracker.add(buy, CADRE_ORDER_NEW, 0);
  tracker.add(order_of("main.2.0", 0, CADRE_SIDE_BUY, 1), CADRE_ORDER_REJECTED, 1);
  ASSERT_EQ(tracker.recent().size(), 2u);
  EXPECT_EQ(model::id_text(tracker.recent()[0].order.client_id), "main.1.0");
}

TEST_F(OrderTrackerTest, working_sums_are_those_of_the_open_orders_whatever_happens) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  std::map<std::string, std::pair<cadre_order, std::int64_t>> open;  // with what is left
  for (int step = 0; step < 5000; ++step) {
    if (open.empty() || random() % 3 == 0) {
      const cadre_order order = order_of("main." + std::to_string(step), random() % 3,
                                         random() % 2 == 0 ? CADRE_SIDE_BUY : CADRE_SIDE_SELL,
                                         1 + static_cast<std::int64_t>(random() % 50));
      tracker.add(order, CADRE_ORDER_NEW, 0);
      open[std::string(model::id_text(order.client_id))] = {order, order.quantity_e9 / unit};
    } else {
      auto at = open.begin();
      std::advance(at, random() % open.size());
      auto& [order, left] = at->second;
      const std::int64_t filled = static_cast<std::int64_t>(random()) % (left + 1);
      const bool ends = filled == left || random() % 4 == 0;
      const std::uint32_t status = filled == left ? CADRE_ORDER_FILLED
                                   : ends         ? CADRE_ORDER_CANCELED
                                                  : CADRE_ORDER_PARTIALLY_FILLED;
      ASSERT_NE(tracker.apply(report_of(order, status, filled)), nullptr);
      left -= filled;
      if (ends) open.erase(at);
    }
    tracker.forget_closed(50);  // forgetting what is closed changes nothing of what is open
    ASSERT_LE(tracker.orders().size() - tracker.recent().size(), 100u);
    std::int64_t buys[3] = {}, sells[3] = {};
    for (const auto& [id, entry] : open)
      (entry.first.side == CADRE_SIDE_BUY ? buys : sells)[entry.first.instrument] += entry.second * unit;
    for (std::uint32_t i = 0; i < 3; ++i) {
      ASSERT_EQ(tracker.working_buy_e9(i), buys[i]);
      ASSERT_EQ(tracker.working_sell_e9(i), sells[i]);
    }
    ASSERT_EQ(tracker.open_count(), open.size());
  }
}

}  // namespace
}  // namespace cadre::execution

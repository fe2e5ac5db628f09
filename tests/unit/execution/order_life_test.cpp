#include "host/execution/order_life.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "host/execution/order_tracker.hpp"

namespace cadre::execution {
namespace {

constexpr std::int64_t unit = 1'000'000'000;
constexpr std::uint32_t every_status[] = {
    CADRE_ORDER_PENDING_NEW,    CADRE_ORDER_NEW,      CADRE_ORDER_PARTIALLY_FILLED, CADRE_ORDER_SUSPENDED,
    CADRE_ORDER_PENDING_CANCEL, CADRE_ORDER_REPLACED, CADRE_ORDER_PENDING_REPLACE,  CADRE_ORDER_FILLED,
    CADRE_ORDER_CANCELED,       CADRE_ORDER_REJECTED, CADRE_ORDER_EXPIRED};

TEST(OrderLife, what_has_ended_stays_as_it_ended) {
  for (const std::uint32_t ended :
       {CADRE_ORDER_FILLED, CADRE_ORDER_CANCELED, CADRE_ORDER_REJECTED, CADRE_ORDER_EXPIRED}) {
    EXPECT_FALSE(is_open(ended));
    for (const std::uint32_t reported : every_status)
      EXPECT_EQ(status_after(ended, reported), ended);
  }
}

TEST(OrderLife, goes_forward_only_and_requests_do_not_move_it) {
  EXPECT_EQ(status_after(CADRE_ORDER_PENDING_NEW, CADRE_ORDER_NEW), std::uint32_t{CADRE_ORDER_NEW});
  EXPECT_EQ(status_after(CADRE_ORDER_PARTIALLY_FILLED, CADRE_ORDER_NEW),
            std::uint32_t{CADRE_ORDER_PARTIALLY_FILLED});
  EXPECT_EQ(status_after(CADRE_ORDER_NEW, CADRE_ORDER_PENDING_NEW), std::uint32_t{CADRE_ORDER_NEW});
  EXPECT_EQ(status_after(CADRE_ORDER_NEW, CADRE_ORDER_SUSPENDED), std::uint32_t{CADRE_ORDER_SUSPENDED});
  EXPECT_EQ(status_after(CADRE_ORDER_SUSPENDED, CADRE_ORDER_NEW), std::uint32_t{CADRE_ORDER_NEW});
  for (const std::uint32_t asked :
       {CADRE_ORDER_PENDING_CANCEL, CADRE_ORDER_PENDING_REPLACE, CADRE_ORDER_REPLACED})
    EXPECT_EQ(status_after(CADRE_ORDER_PARTIALLY_FILLED, asked), std::uint32_t{CADRE_ORDER_PARTIALLY_FILLED});
}

/// An order to buy 1,000 at a sender that names its executions.
class AtAVenue : public testing::Test {
 protected:
  AtAVenue() { start(); }
  void start() {
    tracker = std::make_unique<OrderTracker>();
    tracker->enter_universe(1);
    order.size = sizeof order;
    order.side = CADRE_SIDE_BUY;
    order.type = CADRE_ORDER_MARKET;
    order.time_in_force = CADRE_TIF_DAY;
    order.quantity_e9 = 1000 * unit;
    order.client_id = model::make_id("main.1.0");
    tracker->add(order, CADRE_ORDER_NEW, 0);
  }
  cadre_execution_report report(const std::string& execution, std::uint32_t status, std::int64_t units = 0,
                                const std::string& request = "") const {
    cadre_execution_report r{};
    r.size = sizeof r;
    r.status = status;
    r.side = order.side;
    r.quantity_e9 = units * unit;
    r.price_e9 = units == 0 ? 0 : 10 * unit;
    r.fees_e6 = units;
    r.client_id = order.client_id;
    r.execution_id = model::make_id(execution);
    r.request_id = model::make_id(request);
    return r;
  }
  bool ask_for(std::int64_t total, const std::string& request = "main.2.r0") {
    return tracker->request(
        {CADRE_ACTION_REPLACE, order.client_id, model::make_id(request), total * unit, 0, 0});
  }
  const TrackedOrder& tracked() const { return tracker->orders().front(); }
  std::int64_t working() const { return tracker->working_buy_e9(0) / unit; }
  std::int64_t filled() const { return tracked().filled_e9 / unit; }

  cadre_order order{};
  std::unique_ptr<OrderTracker> tracker;
};

// The example: buy 1,000, filled 300, replace to 600.
TEST_F(AtAVenue, a_replacement_counts_at_the_larger_size_until_its_answer) {
  ASSERT_NE(tracker->apply(report("e1", CADRE_ORDER_PARTIALLY_FILLED, 300)), nullptr);
  ASSERT_TRUE(ask_for(600));
  EXPECT_EQ(working(), 700);
  EXPECT_EQ(filled() + working(), 1000);  // the worst position
  EXPECT_EQ(tracked().shown_status(), std::uint32_t{CADRE_ORDER_PENDING_REPLACE});
  ASSERT_NE(tracker->apply(report("e2", CADRE_ORDER_PARTIALLY_FILLED, 200)), nullptr);
  ASSERT_NE(tracker->apply(report("e3", CADRE_ORDER_REPLACED, 0, "main.2.r0")), nullptr);
  EXPECT_EQ(filled(), 500);
  EXPECT_EQ(working(), 100);
  EXPECT_EQ(tracked().shown_status(), std::uint32_t{CADRE_ORDER_PARTIALLY_FILLED});
  EXPECT_TRUE(tracker->requests().empty());
}

TEST_F(AtAVenue, a_fill_that_is_faster_than_the_replacement_makes_it_be_rejected) {
  ASSERT_NE(tracker->apply(report("e1", CADRE_ORDER_PARTIALLY_FILLED, 300)), nullptr);
  ASSERT_TRUE(ask_for(600));
  ASSERT_NE(tracker->apply(report("e2", CADRE_ORDER_FILLED, 700)), nullptr);
  EXPECT_EQ(tracker->apply(report("e3", CADRE_ORDER_REJECTED, 0, "main.2.r0")), nullptr);  // says nothing new
  EXPECT_EQ(filled(), 1000);
  EXPECT_EQ(working(), 0);
  EXPECT_EQ(600 - filled(), -400);  // what a target of 600 needs then
  EXPECT_TRUE(tracker->requests().empty());
}

TEST_F(AtAVenue, a_rejected_request_leaves_the_order_as_it_was) {
  ASSERT_TRUE(ask_for(1500));
  EXPECT_EQ(working(), 1500);
  EXPECT_FALSE(ask_for(1600, "main.3.r0"));  // one at a time
  ASSERT_NE(tracker->apply(report("e1", CADRE_ORDER_REJECTED, 0, "main.2.r0")), nullptr);
  EXPECT_EQ(working(), 1000);
  EXPECT_EQ(tracked().status, std::uint32_t{CADRE_ORDER_NEW});
  ASSERT_TRUE(tracker->request({CADRE_ACTION_CANCEL, order.client_id, model::make_id("main.4.r0"), 0, 0, 0}));
  EXPECT_EQ(working(), 1000);  // until a report says otherwise
  EXPECT_EQ(tracked().shown_status(), std::uint32_t{CADRE_ORDER_PENDING_CANCEL});
  tracker->end_request(order.client_id);
  EXPECT_EQ(tracked().shown_status(), std::uint32_t{CADRE_ORDER_NEW});
}

TEST_F(AtAVenue, nothing_can_be_asked_of_what_is_not_open_or_for_nothing) {
  EXPECT_FALSE(ask_for(0));
  EXPECT_FALSE(tracker->request({CADRE_ACTION_CANCEL, model::make_id("main.1.7"), {}, 0, 0, 0}));
  ASSERT_NE(tracker->apply(report("e1", CADRE_ORDER_CANCELED)), nullptr);
  EXPECT_FALSE(ask_for(600));
}

TEST_F(AtAVenue, a_fill_counts_after_its_order_has_ended_and_only_once) {
  ASSERT_NE(tracker->apply(report("e2", CADRE_ORDER_CANCELED)), nullptr);
  EXPECT_EQ(working(), 0);
  ASSERT_NE(tracker->apply(report("e1", CADRE_ORDER_PARTIALLY_FILLED, 300)), nullptr);
  EXPECT_EQ(filled(), 300);
  EXPECT_EQ(tracked().status, std::uint32_t{CADRE_ORDER_CANCELED});
  EXPECT_EQ(tracker->apply(report("e1", CADRE_ORDER_PARTIALLY_FILLED, 300)), nullptr);
  EXPECT_EQ(tracker->why_ignored(report("e1", CADRE_ORDER_PARTIALLY_FILLED, 300)),
            OrderTracker::Ignored::seen_before);
  EXPECT_EQ(tracker->why_ignored(report("e9", CADRE_ORDER_PARTIALLY_FILLED, 701)),
            OrderTracker::Ignored::contradiction);
  EXPECT_EQ(filled(), 300);
  EXPECT_EQ(working(), 0);
}

TEST_F(AtAVenue, an_order_that_is_said_to_be_filled_works_until_all_its_fills_are_there) {
  ASSERT_NE(tracker->apply(report("e2", CADRE_ORDER_FILLED, 700)), nullptr);
  EXPECT_EQ(working(), 300);
  ASSERT_NE(tracker->apply(report("e1", CADRE_ORDER_PARTIALLY_FILLED, 300)), nullptr);
  EXPECT_EQ(working(), 0);
  EXPECT_EQ(tracked().status, std::uint32_t{CADRE_ORDER_FILLED});
}

/// What is left when all reports have come.
struct End {
  std::int64_t filled, working, fees, quantity;
  std::uint32_t status;
  bool operator==(const End&) const = default;
};

TEST_F(AtAVenue, reports_that_come_twice_and_in_any_order_lead_to_the_same_end) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  std::vector<std::vector<cadre_execution_report>> lives = {
      {report("a1", CADRE_ORDER_NEW), report("a2", CADRE_ORDER_PARTIALLY_FILLED, 300),
       report("a3", CADRE_ORDER_PARTIALLY_FILLED, 200), report("a4", CADRE_ORDER_FILLED, 500)},
      {report("b1", CADRE_ORDER_NEW), report("b2", CADRE_ORDER_PARTIALLY_FILLED, 300),
       report("b3", CADRE_ORDER_CANCELED)},
      {report("c1", CADRE_ORDER_PARTIALLY_FILLED, 300), report("c2", CADRE_ORDER_PARTIALLY_FILLED, 200),
       report("c3", CADRE_ORDER_REPLACED, 0, "main.2.r0")},
      {report("d1", CADRE_ORDER_PARTIALLY_FILLED, 300), report("d2", CADRE_ORDER_REPLACED, 0, "main.2.r0"),
       report("d3", CADRE_ORDER_PARTIALLY_FILLED, 300), report("d4", CADRE_ORDER_EXPIRED)}};
  lives[2][2].order_quantity_e9 = 600 * unit;
  lives[3][1].order_quantity_e9 = 700 * unit;
  for (std::size_t k = 0; k < lives.size(); ++k) {
    std::optional<End> first;
    for (int round = 0; round < 200; ++round) {
      start();
      if (k >= 2) {
        ASSERT_TRUE(ask_for(k == 2 ? 600 : 700));
      }
      std::vector<cadre_execution_report> reports = lives[k];
      if (round != 0) {
        reports.insert(reports.end(), lives[k].begin(), lives[k].end());
        std::shuffle(reports.begin(), reports.end(), random);
      }
      for (const cadre_execution_report& each : reports)
        (void)tracker->apply(each);
      const End end{filled(), working(), tracked().fees_e6, tracked().order.quantity_e9, tracked().status};
      if (!first) first = end;
      ASSERT_EQ(end, *first) << "life " << k << ", round " << round;
    }
  }
}

TEST_F(AtAVenue, requests_and_executions_are_saved_and_loaded) {
  ASSERT_NE(tracker->apply(report("e1", CADRE_ORDER_PARTIALLY_FILLED, 300)), nullptr);
  ASSERT_TRUE(ask_for(600));
  base::Encoder saved;
  tracker->save(saved, 100);
  OrderTracker again;
  again.enter_universe(1);
  base::Decoder from(saved.bytes());
  ASSERT_TRUE(again.load(from));
  EXPECT_EQ(again.working_buy_e9(0), 700 * unit);
  EXPECT_EQ(again.apply(report("e1", CADRE_ORDER_PARTIALLY_FILLED, 300)), nullptr);
  ASSERT_NE(again.apply(report("e2", CADRE_ORDER_REPLACED, 0, "main.2.r0")), nullptr);
  EXPECT_EQ(again.working_buy_e9(0), 300 * unit);
  base::Encoder twice;
  OrderTracker third;
  third.enter_universe(1);
  base::Decoder anew(saved.bytes());
  ASSERT_TRUE(third.load(anew));
  third.save(twice, 100);
  EXPECT_TRUE(std::ranges::equal(saved.bytes(), twice.bytes()));
}

}  // namespace
}  // namespace cadre::execution

#include "host/execution/order_schedule.hpp"

#include <gtest/gtest.h>

#include "host/model/order.hpp"

namespace cadre::execution {
namespace {

ParentOrder parent(const char* id, const std::vector<std::int64_t>& parts) {
  ParentOrder made;
  made.order.client_id = model::make_id(id);
  made.order.side = CADRE_SIDE_BUY;
  for (const std::int64_t part : parts) {
    made.order.quantity_e9 += part;
    made.slices.push_back({static_cast<std::int64_t>(made.slices.size()), part, 0, 0});
  }
  return made;
}

TEST(OrderSchedule, counts_the_sessions_of_what_waits_and_of_nothing_else) {
  OrderSchedule schedule;
  ParentOrder in_time = parent("main.1.0", {1, 1});
  ParentOrder delayed = parent("main.1.1", {1, 1});
  delayed.why.code = CADRE_REASON_VOLUME_SHARE;
  ParentOrder shortened = parent("main.1.2", {1, 1});
  shortened.why.code = CADRE_REASON_NEW_TARGET;
  ParentOrder for_cash = parent("main.1.3", {1});
  for_cash.waits = ParentOrder::Waits::for_cash;
  for (const ParentOrder* each : {&in_time, &delayed, &shortened, &for_cash})
    schedule.put(*each);
  schedule.begin_session();
  schedule.begin_session();
  EXPECT_EQ(schedule.find("main.1.0")->waited_sessions, 0u);
  EXPECT_EQ(schedule.find("main.1.1")->waited_sessions, 2u);
  EXPECT_EQ(schedule.find("main.1.2")->waited_sessions, 0u);
  EXPECT_EQ(schedule.find("main.1.3")->waited_sessions, 2u);
}

TEST(OrderSchedule, of_which_a_part_was_sent_waits_no_more) {
  OrderSchedule schedule;
  ParentOrder delayed = parent("main.1.1", {4, 4});
  delayed.why.code = CADRE_REASON_NO_ROOM;
  schedule.put(delayed);
  schedule.begin_session();
  schedule.take_part("main.1.1", 3, 0);
  const ParentOrder* left = schedule.find("main.1.1");
  ASSERT_NE(left, nullptr);
  EXPECT_FALSE(left->is_waiting());
  EXPECT_EQ(left->waited_sessions, 0u);
  EXPECT_EQ(left->left_e9(), 5);
}

TEST(OrderSchedule, what_waits_for_the_other_side_sends_what_leads_to_its_target) {
  ParentOrder buys = parent("main.1.1", {4, 4});
  buys.waits = ParentOrder::Waits::for_other_side;
  buys.target_e9 = 10;
  EXPECT_EQ(buys.to_target_e9(3, 8), 7);
  EXPECT_EQ(buys.to_target_e9(1, 8), 8);  // no more than there is
  EXPECT_EQ(buys.to_target_e9(12, 8), 0);
  buys.order.side = CADRE_SIDE_SELL;  // to 10, from above
  EXPECT_EQ(buys.to_target_e9(17, 8), 7);
}

TEST(OrderSchedule, is_loaded_as_it_was_saved_with_its_reasons) {
  OrderSchedule schedule, loaded;
  ParentOrder delayed = parent("main.1.1", {4, 4});
  delayed.why = {CADRE_REASON_CASH, 0, 4};
  delayed.waited_sessions = 7;
  schedule.put(delayed);
  base::Encoder saved, again;
  schedule.save(saved);
  base::Decoder from(saved.bytes());
  ASSERT_TRUE(loaded.load(from, 1));
  loaded.save(again);
  EXPECT_TRUE(
      std::equal(saved.bytes().begin(), saved.bytes().end(), again.bytes().begin(), again.bytes().end()));
  EXPECT_EQ(loaded.parents()[0].why.code, std::uint32_t{CADRE_REASON_CASH});
  EXPECT_EQ(loaded.parents()[0].waited_sessions, 7u);
}

}  // namespace
}  // namespace cadre::execution

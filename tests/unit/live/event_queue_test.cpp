#include "host/live/event_queue.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace cadre::live {
namespace {

Input input(const std::shared_ptr<Ticket>& ticket = nullptr, std::int32_t date = 0) {
  BarInput bar;
  bar.bar.date = date;
  return {std::move(bar), ticket};
}

std::vector<Input> inputs(std::size_t count, const std::shared_ptr<Ticket>& ticket = nullptr) {
  std::vector<Input> all;
  for (std::size_t i = 0; i < count; ++i)
    all.push_back(input(ticket, static_cast<std::int32_t>(i)));
  return all;
}

std::int32_t date_of(const EventQueue::Item& item) {
  return std::get<BarInput>(std::get<Input>(item).what).bar.date;
}

TEST(EventQueue, takes_what_fits_in_its_order_and_refuses_the_rest) {
  EventQueue queue(3);
  EXPECT_EQ(queue.push(inputs(2)), 2u);
  EXPECT_EQ(queue.push(inputs(5)), 1u);
  EXPECT_EQ(queue.push(inputs(1)), 0u);
  EXPECT_EQ(queue.depth(), 3u);
  for (const std::int32_t date : {0, 1, 0})
    EXPECT_EQ(date_of(*queue.pop()), date);
  EXPECT_TRUE(queue.idle());
}

TEST(EventQueue, hands_out_work_before_inputs_and_takes_it_when_it_is_full) {
  EventQueue queue(1);
  queue.push(inputs(1));
  EXPECT_TRUE(queue.push_work([] {}));
  EXPECT_TRUE(queue.push_work([] {}));
  EXPECT_EQ(queue.pop()->index(), 1u);
  EXPECT_EQ(queue.pop()->index(), 1u);
  EXPECT_EQ(queue.pop()->index(), 0u);
}

TEST(EventQueue, loses_what_waits_when_it_is_closed_and_tells_those_who_wait) {
  EventQueue queue(8);
  const auto ticket = std::make_shared<Ticket>(2);
  queue.push(inputs(2, ticket));
  std::thread other([&] { queue.close(); });
  EXPECT_FALSE(ticket->wait());
  other.join();
  EXPECT_EQ(queue.push(inputs(1)), std::nullopt);
  EXPECT_FALSE(queue.push_work([] {}));
  EXPECT_FALSE(queue.push_waiting(input()));
  EXPECT_FALSE(queue.pop());
}

TEST(EventQueue, hands_out_the_work_that_waited_when_it_was_closed) {
  EventQueue queue(8);
  queue.push_work([] {});
  queue.close();
  EXPECT_EQ(queue.pop()->index(), 1u);
  EXPECT_FALSE(queue.pop());
}

TEST(EventQueue, that_refuses_inputs_still_takes_work) {
  EventQueue queue(8);
  const auto ticket = std::make_shared<Ticket>(1);
  queue.push(inputs(1, ticket));
  queue.refuse_inputs();
  EXPECT_FALSE(ticket->wait());
  EXPECT_EQ(queue.push(inputs(1)), std::nullopt);
  EXPECT_TRUE(queue.push_work([] {}));
  EXPECT_EQ(queue.pop()->index(), 1u);
}

TEST(EventQueue, wakes_who_waits_for_room_when_there_is_room_and_when_it_is_closed) {
  EventQueue queue(1);
  queue.push(inputs(1));
  bool taken = false;
  std::thread waits([&] { taken = queue.push_waiting(input(nullptr, 7)); });
  queue.pop();
  waits.join();
  EXPECT_TRUE(taken);
  EXPECT_EQ(queue.depth(), 1u);
  std::thread waits_for_ever([&] { taken = queue.push_waiting(input()); });
  queue.close();
  waits_for_ever.join();
  EXPECT_FALSE(taken);
}

TEST(Ticket, is_durable_when_all_that_counts_is) {
  Ticket ticket(3);
  ticket.done(5);
  ticket.skip();
  ticket.done(7);
  EXPECT_TRUE(ticket.wait());
  EXPECT_EQ(ticket.first_sequence(), 5u);
  EXPECT_EQ(ticket.last_sequence(), 7u);
}

TEST(Ticket, is_lost_when_one_of_them_is) {
  Ticket ticket(2);
  ticket.done(5);
  ticket.lost();
  EXPECT_FALSE(ticket.wait());
}

}  // namespace
}  // namespace cadre::live

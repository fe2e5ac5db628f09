#include "host/live/event_queue.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace cadre::live {
namespace {

const BookPulse pulse{};  // of a book that is never stuck

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

TEST(EventQueue, has_the_room_that_it_was_given_last) {
  EventQueue queue(1);
  EXPECT_EQ(queue.push(inputs(2)), 1u);
  queue.set_capacity(3);
  EXPECT_EQ(queue.push(inputs(3)), 2u);
  // What waits beyond a smaller one is handed out all the same, and nothing is put behind it.
  queue.set_capacity(1);
  EXPECT_EQ(queue.capacity(), 1u);
  EXPECT_EQ(queue.push(inputs(1)), 0u);
  for (const std::int32_t date : {0, 0, 1})
    EXPECT_EQ(date_of(*queue.pop()), date);
  EXPECT_EQ(queue.push(inputs(2)), 1u);
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
  EXPECT_FALSE(ticket->wait(pulse));
  other.join();
  EXPECT_EQ(queue.push(inputs(1)), std::nullopt);
  EXPECT_FALSE(queue.push_work([] {}));
  Input late = input();
  EXPECT_FALSE(queue.push_waiting(late, pulse));
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
  EXPECT_FALSE(ticket->wait(pulse));
  EXPECT_EQ(queue.push(inputs(1)), std::nullopt);
  EXPECT_TRUE(queue.push_work([] {}));
  EXPECT_EQ(queue.pop()->index(), 1u);
}

TEST(EventQueue, wakes_who_waits_for_room_when_there_is_room_and_when_it_is_closed) {
  EventQueue queue(1);
  queue.push(inputs(1));
  bool taken = false;
  Input seventh = input(nullptr, 7), last = input();
  std::thread waits([&] { taken = queue.push_waiting(seventh, pulse); });
  queue.pop();
  waits.join();
  EXPECT_TRUE(taken);
  EXPECT_EQ(queue.depth(), 1u);
  std::thread waits_for_ever([&] { taken = queue.push_waiting(last, pulse); });
  queue.close();
  waits_for_ever.join();
  EXPECT_FALSE(taken);
}

TEST(EventQueue, lets_nobody_wait_for_room_in_a_book_that_is_stuck) {
  EventQueue queue(1);
  queue.push(inputs(1));
  BookPulse stuck;
  stuck.set_stuck("risk has not come back");
  Input waiting = input(nullptr, 7);
  EXPECT_FALSE(queue.push_waiting(waiting, stuck));
  EXPECT_FALSE(queue.wait_until_empty(stuck));
  EXPECT_TRUE(queue.takes_inputs()) << "it may come back";
  EXPECT_EQ(std::get<BarInput>(waiting.what).bar.date, 7) << "whoever waits can try again";
  stuck.set_free();
  queue.pop();
  EXPECT_TRUE(queue.push_waiting(waiting, stuck));
}

TEST(Ticket, of_a_book_that_is_stuck_is_not_waited_for) {
  BookPulse book;
  Ticket ticket(1);
  std::thread watchdog([&] { book.set_stuck("risk has not come back"); });
  EXPECT_FALSE(ticket.wait(book));
  watchdog.join();
}

TEST(Ticket, is_durable_when_all_that_counts_is) {
  Ticket ticket(3);
  ticket.done(5);
  ticket.skip();
  ticket.done(7);
  EXPECT_TRUE(ticket.wait(pulse));
  EXPECT_EQ(ticket.first_sequence(), 5u);
  EXPECT_EQ(ticket.last_sequence(), 7u);
}

TEST(Ticket, is_lost_when_one_of_them_is) {
  Ticket ticket(2);
  ticket.done(5);
  ticket.lost();
  EXPECT_FALSE(ticket.wait(pulse));
}

}  // namespace
}  // namespace cadre::live

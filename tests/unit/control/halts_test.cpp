// Halts that the host's file has and a book's journal has not (yet).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "host/live/halt_file.hpp"
#include "tests/unit/control/small_host.hpp"

namespace cadre::control {
namespace {

live::HaltOrder halt_of_main(const std::string& reason) {
  live::HaltOrder order;
  order.books = {"main"};
  order.actor = "anna";
  order.reason = reason;
  return order;
}

/// As a host that was killed before its book came to it.
void write_halt(const std::filesystem::path& state, live::HaltOrder order) {
  ASSERT_FALSE(live::HaltFile::open(state / "halts").take()->write(order).has_errors());
}

/// Orders a halt while the book decides: after the decision, before its orders leave.
class HaltsInADecision final : public book::BookListener {
 public:
  explicit HaltsInADecision(std::function<void()> halt) : halt_(std::move(halt)) {}
  void on_decision(std::uint64_t, const chain::Decision& decision) override {
    if (decision.orders.empty() || halt_ == nullptr) return;
    orders = decision.orders.size();
    std::exchange(halt_, nullptr)();
  }
  std::size_t orders = 0;

 private:
  std::function<void()> halt_;
};

TEST(HaltFile, holds_what_a_killed_book_never_heard_as_the_first_input_of_its_next_start) {
  SmallHost small;
  ASSERT_TRUE(small.opens());
  ASSERT_EQ(small.post(0, 30).outcome, live::Outcome::accepted);
  const live::BookSnapshot before = small.settled();
  small.close();
  write_halt(small.state(), halt_of_main("it hangs"));
  ASSERT_TRUE(small.opens());
  const live::BookSnapshot halted = small.settled();
  EXPECT_EQ(halted.state, live::BookState::halted);
  EXPECT_EQ(halted.reason, "anna: it hangs");
  EXPECT_EQ(halted.halt_number, 1u);
  ASSERT_EQ(small.post(30, 35).outcome, live::Outcome::accepted);
  EXPECT_EQ(small.settled().decisions, before.decisions);
  small.close();
  ASSERT_TRUE(small.opens()) << "and the journal has it once";
  EXPECT_EQ(small.settled().halt_number, 1u);
  ASSERT_EQ(small.host().resume({"anna", "back"}, "").outcome, live::Outcome::done);
  EXPECT_EQ(small.settled().halt_number, 2u);
  ASSERT_EQ(small.post(35, 36).outcome, live::Outcome::accepted);
  EXPECT_EQ(small.settled().decisions, before.decisions + 1);
}

TEST(HaltFile, closes_at_the_start_what_a_killed_book_was_to_close) {
  SmallHost small;
  ASSERT_TRUE(small.opens());
  ASSERT_EQ(small.post(0, 40).outcome, live::Outcome::accepted);
  small.close();
  live::HaltOrder order = halt_of_main("sell all");
  order.flatten = true;
  write_halt(small.state(), order);
  ASSERT_TRUE(small.opens());
  ASSERT_EQ(small.post(40, 41).outcome, live::Outcome::accepted);
  EXPECT_TRUE(small.host().portfolio("main").body.at("positions").as_array().empty());
}

TEST(HaltFile, holds_back_the_orders_of_a_decision_that_was_under_way_and_a_restart_agrees) {
  SmallHost small;
  ASSERT_TRUE(small.opens());
  ASSERT_EQ(small.post(0, 15).outcome, live::Outcome::accepted);
  live::BookRunner& runner = small.book();
  std::thread operator_thread;
  HaltsInADecision listener([&] {
    // From another thread, as an operator would; its answer waits for this very decision.
    operator_thread = std::thread([&] { (void)small.host().halt({"anna", "stop"}, "", false, false); });
    while (!runner.halts().is_due())
      std::this_thread::yield();
  });
  ASSERT_EQ(runner.with_book([&](book::Book& book) { book.listen(&listener); }), live::Asked::done);
  for (int day = 15; day < 40 && listener.orders == 0; ++day)
    ASSERT_EQ(small.post(day, day + 1).outcome, live::Outcome::accepted);
  ASSERT_GT(listener.orders, 0u);
  operator_thread.join();
  const live::BookSnapshot held = small.settled();
  EXPECT_EQ(held.state, live::BookState::halted);
  EXPECT_EQ(held.open_orders, 0u) << "they are canceled: none has left";
  EXPECT_TRUE(small.host().portfolio("main").body.at("positions").as_array().empty());
  ASSERT_EQ(runner.with_book([&](book::Book& book) { book.stop_listening(&listener); }), live::Asked::done);
  small.close();
  ASSERT_TRUE(small.opens());
  const live::BookSnapshot again = small.settled();
  EXPECT_EQ(again.state, live::BookState::halted);
  EXPECT_EQ(again.open_orders, 0u);
  EXPECT_EQ(again.order_hash, held.order_hash);
  ASSERT_EQ(small.post(45, 46).outcome, live::Outcome::accepted);
  EXPECT_TRUE(small.host().portfolio("main").body.at("positions").as_array().empty())
      << "nothing is filled later";
}

TEST(HaltFile, that_was_lost_is_said_and_the_journal_holds) {
  SmallHost small;
  ASSERT_TRUE(small.opens());
  ASSERT_EQ(small.host().halt({"anna", "lunch"}, "", false, false).outcome, live::Outcome::done);
  small.close();
  std::filesystem::remove(small.state() / "halts");
  EXPECT_EQ(small.open()[0].code, "STATE_FILE_LOST");
  std::filesystem::remove(small.state() / "halts.seal");  // by somebody who goes on without it
  ASSERT_TRUE(small.opens());
  ASSERT_EQ(small.live().warnings().size(), 1u);
  EXPECT_EQ(small.live().warnings()[0].code, "HALTS_BEHIND");
  EXPECT_EQ(small.settled().state, live::BookState::halted);
  ASSERT_EQ(small.host().resume({"anna", "back"}, "").outcome, live::Outcome::done);
  EXPECT_NE(small.settled().state, live::BookState::halted) << "later numbers are greater";
}

TEST(HaltFile, that_is_damaged_lets_no_host_start) {
  SmallHost small;
  ASSERT_TRUE(small.opens());
  ASSERT_EQ(small.host().halt({"anna", "lunch"}, "", false, false).outcome, live::Outcome::done);
  small.close();
  std::fstream(small.state() / "halts") << "{\"number\":9";
  const base::Problems problems = small.open();
  ASSERT_TRUE(problems.has_errors());
  EXPECT_EQ(problems[0].code, "STATE_LINE_DAMAGED");
  EXPECT_NE(problems[0].next_step, "");
}

}  // namespace
}  // namespace cadre::control

#include "host/live/halt_file.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "host/base/temporary_folder.hpp"

namespace cadre::live {
namespace {

HaltOrder order(bool halts, std::vector<std::string> books) {
  HaltOrder made;
  made.state = halts ? execution::TradingState::halted : execution::TradingState::active;
  made.books = std::move(books);
  made.actor = "anna";
  made.reason = "lunch";
  return made;
}

class Halts : public testing::Test {
 protected:
  std::filesystem::path path() const { return folder_.path() / "halts"; }
  std::unique_ptr<HaltFile> open() const { return HaltFile::open(path()).take(); }

  base::TemporaryFolder folder_;
};

TEST_F(Halts, are_numbered_over_all_books_and_found_again_by_book) {
  {
    const auto halts = open();
    HaltOrder first = order(true, {"a", "b"}), second = order(false, {"b"}), third = order(true, {"a"});
    third.flatten = true;
    for (HaltOrder* each : {&first, &second, &third})
      EXPECT_FALSE(halts->write(*each).has_errors());
    EXPECT_EQ(third.number, 3u);
  }
  const auto halts = open();
  EXPECT_EQ(halts->last(), 3u);
  EXPECT_TRUE(halts->is_halted("a"));
  EXPECT_FALSE(halts->is_halted("b"));
  EXPECT_FALSE(halts->is_halted("c"));
  const auto of_a = halts->of_book("a", 1);
  ASSERT_EQ(of_a.size(), 1u);
  EXPECT_EQ(of_a[0].number, 3u);
  EXPECT_TRUE(of_a[0].flatten);
  EXPECT_EQ(of_a[0].actor, "anna");
  EXPECT_EQ(halts->of_book("b", 0).size(), 2u);
  EXPECT_TRUE(halts->of_book("b", 2).empty());
}

TEST_F(Halts, lead_each_scope_into_a_state_of_its_own_and_are_found_again) {
  using execution::TradingState;
  {
    const auto halts = open();
    HaltOrder killed = order(true, {"a"}), instrument = order(true, {"a"}), agent = order(true, {"a"});
    killed.state = TradingState::killed;
    instrument.scope.instrument = "AA";
    agent.scope.agent = "some.agent";
    agent.state = TradingState::reducing;
    agent.every_book = true;
    HaltOrder resume = order(false, {"a"});
    for (HaltOrder* each : {&killed, &instrument, &agent, &resume})
      EXPECT_FALSE(halts->write(*each).has_errors());
  }
  const auto halts = open();
  EXPECT_EQ(halts->state_of("a"), TradingState::killed) << "a resume does not arm it again";
  EXPECT_EQ(halts->state_of("a", {"AA", {}}), TradingState::halted);
  EXPECT_EQ(halts->state_of("b", {{}, "some.agent"}), TradingState::reducing) << "a book that comes later";
  EXPECT_FALSE(halts->is_halted("b"));
  HaltOrder rearm = order(false, {"a"});
  rearm.rearms = true;
  EXPECT_FALSE(halts->write(rearm).has_errors());
  EXPECT_EQ(halts->state_of("a"), TradingState::active);
}

TEST_F(Halts, are_never_numbered_below_what_a_journal_has_heard) {
  const auto halts = open();
  halts->number_above(7);
  HaltOrder next = order(true, {"a"});
  EXPECT_FALSE(halts->write(next).has_errors());
  EXPECT_EQ(next.number, 8u);
}

TEST_F(Halts, count_though_they_cannot_be_written_and_resumes_do_not) {
  const auto halts = open();
  std::filesystem::remove(path());
  HaltOrder halt = order(true, {"a"}), resume = order(false, {"a"});
  EXPECT_TRUE(halts->write(halt).has_errors());
  EXPECT_TRUE(halts->is_halted("a"));
  EXPECT_TRUE(halts->write(resume).has_errors());
  EXPECT_TRUE(halts->is_halted("a"));
}

TEST_F(Halts, say_in_a_journal_what_was_asked_for) {
  HaltOrder halt = order(true, {"a"});
  halt.number = 4;
  halt.cancel_orders = true;
  const journal::CommandRecord command = halt.command(20240102);
  EXPECT_EQ(command.kind, "halt");
  EXPECT_EQ(command.date, 20240102);
  EXPECT_EQ(command.text, R"({"number":4,"cancel_orders":true,"flatten":false})");
}

}  // namespace
}  // namespace cadre::live

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <future>

#include "host/base/invariant.hpp"
#include "host/journal/journal.hpp"
#include "tests/unit/control/small_host.hpp"

namespace cadre::control {
namespace {

TEST(Book, answers_429_with_the_number_it_took_when_its_queue_is_full) {
  SmallHost small(8);
  ASSERT_TRUE(small.opens());
  std::promise<void> begun, go_on;
  small.book().post_work([&](book::Book&) {
    begun.set_value();
    go_on.get_future().wait();
  });
  begun.get_future().wait();
  auto answer = std::async(std::launch::async, [&] { return small.post(0, 20); });
  while (small.book().snapshot().queue_depth < 8)
    std::this_thread::yield();
  go_on.set_value();
  const live::Answer full = answer.get();
  EXPECT_EQ(full.outcome, live::Outcome::full);
  EXPECT_EQ(full.body.at("accepted"), 8);
  EXPECT_EQ(full.problems[0].code, "QUEUE_FULL");
  // What was taken is durable, and the rest can follow.
  EXPECT_EQ(small.settled().date, 20000108);
  EXPECT_EQ(small.post(8, 12).body.at("accepted"), 4);
}

TEST(Book, answers_a_duplicate_only_when_the_first_one_is_durable) {
  SmallHost small;
  ASSERT_TRUE(small.opens());
  std::promise<void> begun, go_on;
  small.book().post_work([&](book::Book&) {
    begun.set_value();
    go_on.get_future().wait();
  });
  begun.get_future().wait();
  auto first = std::async(std::launch::async, [&] { return small.post(0, 1); });
  while (small.book().snapshot().queue_depth < 1)
    std::this_thread::yield();
  auto again = std::async(std::launch::async, [&] { return small.post(0, 1); });
  EXPECT_EQ(again.wait_for(std::chrono::milliseconds(20)), std::future_status::timeout);
  go_on.set_value();
  EXPECT_EQ(first.get().body.at("accepted"), 1);
  EXPECT_EQ(again.get().body.at("duplicates"), 1);
}

TEST(Book, stops_with_its_reason_on_a_full_disk_and_goes_on_once_there_is_room) {
  SmallHost small;
  ASSERT_TRUE(small.opens());
  ASSERT_EQ(small.post(0, 30).outcome, live::Outcome::accepted);
  const live::BookSnapshot before = small.settled();
  signal(SIGXFSZ, SIG_IGN);
  rlimit unlimited{};
  getrlimit(RLIMIT_FSIZE, &unlimited);
  const rlimit limit{before.journal_bytes + 300, unlimited.rlim_max};
  setrlimit(RLIMIT_FSIZE, &limit);
  const live::Answer lost = small.post(30, 31);
  setrlimit(RLIMIT_FSIZE, &unlimited);
  EXPECT_EQ(lost.outcome, live::Outcome::stopping);
  EXPECT_EQ(lost.problems[0].code, "BOOK_STOPPED");
  EXPECT_NE(lost.problems[0].message.find("writing failed"), std::string::npos) << lost.problems[0].message;
  EXPECT_EQ(small.post(30, 31).problems[0].code, "BOOK_STOPPED");
  EXPECT_EQ(small.book().snapshot().state, live::BookState::stopped);
  EXPECT_TRUE(small.host().portfolio("main").problems.empty());
  EXPECT_TRUE(small.live().stop().has_errors());
  ASSERT_TRUE(small.opens());
  EXPECT_EQ(small.settled().order_hash, before.order_hash);
  EXPECT_EQ(small.post(30, 40).body.at("accepted"), 10);
}

TEST(Book, refuses_a_bar_it_cannot_count_and_takes_the_right_one) {
  SmallHost small;
  ASSERT_TRUE(small.opens());
  ASSERT_EQ(small.post(0, 30).outcome, live::Outcome::accepted);
  const live::BookSnapshot before = small.settled();
  // Prices that can be written, of what the book holds, but whose value no longer fits.
  const std::vector<std::string> bars = {
      R"({"date": "2000-02-03", "bars": {"AA": 9.2e9, "GE": 9.2e9, "IBM": 9.2e9, "KO": 9.2e9}})",
      SmallHost::bar(31)};
  const live::Answer refused = small.host().post_bars("main", bars);
  EXPECT_EQ(refused.outcome, live::Outcome::invalid);
  EXPECT_EQ(refused.body.at("accepted"), 0);
  ASSERT_EQ(refused.problems.size(), 1u);
  EXPECT_EQ(refused.problems[0].code, "BAR_OVERFLOW");
  EXPECT_NE(refused.problems[0].message.find("no longer fits"), std::string::npos);
  EXPECT_EQ(small.settled().order_hash, before.order_hash);
  EXPECT_EQ(small.settled().sequence, before.sequence);
  EXPECT_EQ(small.post(30, 31).body.at("accepted"), 1);
}

TEST(Book, hands_what_is_thrown_to_whoever_asked_and_goes_on) {
  SmallHost small;
  ASSERT_TRUE(small.opens());
  EXPECT_THROW(small.book().with_book([](book::Book&) { throw std::bad_alloc(); }), std::bad_alloc);
  EXPECT_EQ(small.post(0, 5).body.at("accepted"), 5);
}

TEST(Book, that_failed_has_stopped_and_takes_nobody_with_it) {
  SmallHost small;
  ASSERT_TRUE(small.opens());
  ASSERT_EQ(small.post(0, 5).outcome, live::Outcome::accepted);
  small.book().post_work([](book::Book&) { throw std::bad_alloc(); });
  const live::Answer lost = small.post(5, 6);
  EXPECT_EQ(lost.outcome, live::Outcome::stopping);
  EXPECT_EQ(small.book().snapshot().state, live::BookState::stopped);
  EXPECT_EQ(small.host().status().outcome, live::Outcome::done);
  EXPECT_TRUE(small.live().stop().has_errors());
  ASSERT_TRUE(small.opens());
  EXPECT_EQ(small.post(5, 6).body.at("accepted"), 1);
}

/// The notes of a journal, as "kind: text".
std::vector<std::string> notes_of(const std::filesystem::path& journal) {
  std::vector<std::string> notes;
  auto reader = journal::JournalReader::open(journal);
  EXPECT_TRUE(reader);
  while (const auto record = reader->next()) {
    journal::NoteRecord note;
    base::Decoder from(record->payload);
    if (record->type == journal::RecordType::note && decode(from, note, record->format))
      notes.push_back(note.kind + ": " + note.text);
  }
  EXPECT_TRUE(reader->problems().empty());
  return notes;
}

TEST(Book, that_breaks_an_invariant_stops_alone_and_its_journal_says_why) {
  struct Breaker final : book::BookListener {
    void on_bar(std::uint64_t, const model::Bar&) override {
      CADRE_INVARIANT(false, "test.broken", "nothing holds");
    }
  } breaker;
  const std::string why = "the invariant test.broken is broken: nothing holds (book main, event ";
  SmallHost small;
  ASSERT_TRUE(small.opens());
  ASSERT_EQ(small.post(0, 5).outcome, live::Outcome::accepted);
  const live::BookSnapshot before = small.settled();
  small.book().with_book([&](book::Book& book) { book.listen(&breaker); });
  const live::Answer lost = small.post(5, 6);
  EXPECT_EQ(lost.outcome, live::Outcome::stopping);
  ASSERT_FALSE(lost.problems.empty());
  EXPECT_NE(lost.problems[0].message.find(why), std::string::npos) << lost.problems[0].message;
  EXPECT_EQ(small.book().snapshot().state, live::BookState::stopped);
  EXPECT_EQ(small.host().status().outcome, live::Outcome::done);
  EXPECT_TRUE(small.live().stop().has_errors());
  const std::vector<std::string> notes = notes_of(small.journal());
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_EQ(notes[0].rfind("stopped: " + why, 0), 0u) << notes[0];
  ASSERT_TRUE(small.opens());
  EXPECT_EQ(small.settled().sequence, before.sequence);
  EXPECT_EQ(small.post(5, 6).body.at("accepted"), 1);
}

TEST(Book, that_has_ended_takes_nothing) {
  SmallHost small;
  ASSERT_TRUE(small.opens());
  ASSERT_FALSE(small.live().stop().has_errors());
  const live::Answer answer = small.post(0, 1);
  EXPECT_EQ(answer.outcome, live::Outcome::stopping);
  EXPECT_EQ(answer.problems[0].code, "INPUT_LOST");
  EXPECT_EQ(small.host().post_bars("other", SmallHost::bars(0, 1)).outcome, live::Outcome::unknown);
}

}  // namespace
}  // namespace cadre::control

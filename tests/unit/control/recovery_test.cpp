#include "host/book/journal_fold.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <random>

#include "tests/unit/control/small_host.hpp"

namespace cadre::control {
namespace {

std::string content(const std::filesystem::path& file) {
  return *base::read_file(file);
}

void put(const std::filesystem::path& file, std::string_view bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

/// As if nothing but the journal had reached the disk, and nobody had been told of anything in it.
void forget_acknowledged(const SmallHost& small) {
  const std::filesystem::path book = small.journal().parent_path();
  std::filesystem::remove(book / "watermark");
  std::filesystem::remove(book.parent_path().parent_path() / "acknowledged");
  std::filesystem::remove(book.parent_path().parent_path() / "incarnations.seal");
  std::filesystem::remove_all(book / "checkpoints");
  const std::filesystem::path lives = book.parent_path().parent_path() / "incarnations";
  const std::string lines = content(lives);
  put(lives, lines.substr(0, lines.find('\n') + 1));  // the name of the host alone
}

TEST(Recovery, of_a_journal_cut_anywhere_gives_a_prefix_of_the_truth) {
  constexpr int days = 40;
  const unsigned seed = 20'250'101;
  SCOPED_TRACE("seed " + std::to_string(seed));
  SmallHost small;
  std::map<std::int32_t, live::BookSnapshot> truth;  // by date
  ASSERT_TRUE(small.opens());
  truth[0] = small.settled();
  for (int day = 0; day < days; ++day) {
    ASSERT_EQ(small.post(day, day + 1).outcome, live::Outcome::accepted);
    const live::BookSnapshot now = small.settled();
    truth[now.date] = now;
  }
  ASSERT_GT(small.settled().fills, 10u);
  small.close();
  const std::string whole = content(small.journal());

  std::mt19937 random(seed);
  std::vector<std::size_t> cuts = {0, 1, 15, 16, 17, whole.size()};
  while (cuts.size() < 120)
    cuts.push_back(random() % whole.size());
  std::int32_t latest = 0;
  for (const std::size_t cut : cuts) {
    SCOPED_TRACE("cut at " + std::to_string(cut) + " of " + std::to_string(whole.size()));
    put(small.journal(), whole.substr(0, cut));
    forget_acknowledged(small);
    ASSERT_TRUE(small.opens());
    const live::BookSnapshot now = small.settled();
    ASSERT_TRUE(truth.contains(now.date));
    const live::BookSnapshot& then = truth[now.date];
    EXPECT_EQ(now.order_hash, then.order_hash);
    EXPECT_EQ(now.equity, then.equity);
    EXPECT_EQ(now.cash, then.cash);
    EXPECT_EQ(now.sequence, then.sequence);
    EXPECT_EQ(now.fills, then.fills);
    latest = std::max(latest, now.date);
    // It goes on from there as if nothing had been.
    const int next = static_cast<int>(std::distance(truth.begin(), truth.find(now.date)));
    if (next < days) {
      ASSERT_EQ(small.post(next, days).outcome, live::Outcome::accepted);
      EXPECT_EQ(small.settled().order_hash, truth.rbegin()->second.order_hash);
    }
    small.close();
  }
  EXPECT_EQ(latest, truth.rbegin()->first);
}

TEST(Recovery, of_a_journal_damaged_in_its_middle_is_refused_and_changes_nothing) {
  const unsigned seed = 7;
  SmallHost small;
  ASSERT_TRUE(small.opens());
  ASSERT_EQ(small.post(0, 30).outcome, live::Outcome::accepted);
  small.close();
  const std::string whole = content(small.journal());
  std::mt19937 random(seed);
  for (int i = 0; i < 60; ++i) {
    std::string damaged = whole;
    const std::size_t at = 16 + random() % (whole.size() - 500);
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << random() % 8));
    SCOPED_TRACE("seed 7, byte " + std::to_string(at));
    put(small.journal(), damaged);
    // A start that has a checkpoint reads nothing of what was before it.
    std::filesystem::remove_all(small.journal().parent_path() / "checkpoints");
    const base::Problems problems = small.open();
    ASSERT_TRUE(problems.has_errors());
    EXPECT_EQ(problems[0].code, "JOURNAL_DAMAGED");
    EXPECT_EQ(problems[0].place.file, small.journal().string());
    EXPECT_NE(problems[0].message.find("whole record"), std::string::npos) << problems[0].message;
    EXPECT_EQ(content(small.journal()), damaged);
  }
}

TEST(Recovery, of_a_file_longer_than_what_was_written_keeps_what_was_written) {
  SmallHost small;
  ASSERT_TRUE(small.opens());
  ASSERT_EQ(small.post(0, 30).outcome, live::Outcome::accepted);
  const live::BookSnapshot before = small.settled();
  small.close();
  put(small.journal(), content(small.journal()) + std::string(4096, '\0'));
  ASSERT_TRUE(small.opens());
  EXPECT_EQ(small.settled().order_hash, before.order_hash);
}

TEST(Recovery, of_what_is_no_journal_is_refused) {
  SmallHost small;
  ASSERT_TRUE(small.opens());
  small.close();
  put(small.journal(), "something else that is long enough");
  const base::Problems problems = small.open();
  ASSERT_TRUE(problems.has_errors());
  EXPECT_EQ(problems[0].code, "JOURNAL_NOT_A_JOURNAL");
  EXPECT_EQ(content(small.journal()), "something else that is long enough");
}

TEST(Recovery, knows_what_was_taken_and_takes_the_same_again_as_a_duplicate) {
  SmallHost small;
  ASSERT_TRUE(small.opens());
  ASSERT_EQ(small.post(0, 30).outcome, live::Outcome::accepted);
  ASSERT_TRUE(small.opens());
  const live::Answer again = small.post(25, 33);
  ASSERT_EQ(again.outcome, live::Outcome::accepted);
  EXPECT_EQ(again.body.at("accepted"), 3);
  EXPECT_EQ(again.body.at("duplicates"), 5);
  EXPECT_EQ(small.host()
                .post_bars("main",
                           std::vector<std::string>{
                               R"({"date": "2000-01-01", "bars": {"AA": 1, "GE": 2, "IBM": 3, "KO": 4}})"})
                .outcome,
            live::Outcome::invalid);
}

}  // namespace
}  // namespace cadre::control

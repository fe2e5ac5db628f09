#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include "host/backtest/prepared_run.hpp"
#include "host/base/temporary_folder.hpp"
#include "host/book/journal_fold.hpp"
#include "host/live/journal_keeper.hpp"
#include "host/model/bar.hpp"

namespace cadre::live {
namespace {

const BookPulse pulse{};  // of a book that is never stuck

/// No file grows beyond this while it lives: a disk that is full.
class FullDisk {
 public:
  explicit FullDisk(std::uint64_t bytes_max) {
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes_max, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

class Keeper : public testing::Test {
 protected:
  Keeper() : keeper_(journal::JournalWriter::create(path()).take()) {}
  std::filesystem::path path() const { return folder_.path() / "journal"; }
  void take(const std::shared_ptr<Ticket>& ticket, std::uint64_t sequence) {
    model::Bar bar;
    bar.close_e9.assign(100, 1);
    bar.valid.assign(100, 1);
    keeper_.on_bar(sequence, bar);
    keeper_.took(ticket, sequence);
  }

  base::TemporaryFolder folder_;
  JournalKeeper keeper_;
};

TEST_F(Keeper, tells_those_who_wait_when_it_is_durable) {
  const auto ticket = std::make_shared<Ticket>(2);
  take(ticket, 1);
  take(ticket, 2);
  EXPECT_TRUE(keeper_.pending());
  EXPECT_TRUE(keeper_.commit());
  EXPECT_TRUE(ticket->wait(pulse));
  EXPECT_EQ(ticket->last_sequence(), 2u);
  EXPECT_FALSE(keeper_.pending());
}

TEST_F(Keeper, lets_no_order_leave_and_tells_nobody_that_it_is_durable_on_a_full_disk) {
  ASSERT_TRUE(keeper_.commit());
  const auto first = std::make_shared<Ticket>(1), second = std::make_shared<Ticket>(1);
  {
    const FullDisk full(keeper_.size_bytes() + 10);
    take(first, 1);
    EXPECT_FALSE(keeper_.on_sending(1));
    EXPECT_EQ(keeper_.problems()[0].code, "JOURNAL_NOT_WRITABLE");
  }
  // What was lost is lost, though there is room again.
  take(second, 2);
  EXPECT_FALSE(keeper_.commit());
  keeper_.abandon();
  EXPECT_FALSE(first->wait(pulse));
  EXPECT_FALSE(second->wait(pulse));
  EXPECT_TRUE(keeper_.close().has_errors());
}

TEST_F(Keeper, gives_up_what_is_not_committed) {
  const auto kept = std::make_shared<Ticket>(1), given_up = std::make_shared<Ticket>(1);
  take(kept, 1);
  ASSERT_TRUE(keeper_.commit());
  const std::uint64_t kept_bytes = keeper_.size_bytes();
  take(given_up, 2);
  keeper_.abandon();
  EXPECT_TRUE(kept->wait(pulse));
  EXPECT_FALSE(given_up->wait(pulse));
  EXPECT_FALSE(keeper_.commit());
  EXPECT_FALSE(keeper_.close().has_errors());
  EXPECT_EQ(book::survey_journal(
                path(), [](std::uint64_t revision) { return revision == 1; }, 0)
                ->keep_bytes,
            kept_bytes);
}

TEST_F(Keeper, finds_out_that_its_file_was_deleted) {
  ASSERT_TRUE(keeper_.commit());
  std::filesystem::remove(path());
  take(nullptr, 1);
  EXPECT_FALSE(keeper_.commit());
  EXPECT_EQ(keeper_.problems()[0].code, "JOURNAL_DELETED");
}

}  // namespace
}  // namespace cadre::live

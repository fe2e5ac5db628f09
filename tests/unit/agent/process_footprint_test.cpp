#include "host/agent/process_footprint.hpp"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cadre::agent {
namespace {

constexpr std::uint32_t memory_mb = 16;

ProcessFootprint usual() {
  return {.threads = 2, .caught = 0, .ignored = 0, .blocked = 0, .data_kb = 10'000};
}

TEST(ProcessFootprint, of_a_process_that_changed_nothing_says_nothing) {
  EXPECT_EQ(left_behind(usual(), usual(), memory_mb), "");
  ProcessFootprint less = usual();
  less.data_kb -= 1000;
  EXPECT_EQ(left_behind(usual(), less, memory_mb), "");
}

TEST(ProcessFootprint, names_the_signal_that_was_changed) {
  ProcessFootprint after = usual();
  after.caught = 1u << (SIGUSR1 - 1);
  EXPECT_EQ(left_behind(usual(), after, memory_mb), "it left the handler of signal 10 changed");
  EXPECT_EQ(left_behind(after, usual(), memory_mb), "it left the handler of signal 10 changed");
  after = usual();
  after.ignored = 1u << (SIGPIPE - 1);
  EXPECT_EQ(left_behind(usual(), after, memory_mb), "it left signal 13 ignored");
  EXPECT_EQ(left_behind(after, usual(), memory_mb), "it left signal 13 no longer ignored");
  after = usual();
  after.blocked = 1u << (SIGTERM - 1);
  EXPECT_EQ(left_behind(usual(), after, memory_mb), "it left signal 15 blocked");
}

TEST(ProcessFootprint, counts_threads_in_both_directions) {
  ProcessFootprint after = usual();
  after.threads = 3;
  EXPECT_EQ(left_behind(usual(), after, memory_mb), "it left a thread running");
  EXPECT_EQ(left_behind(after, usual(), memory_mb), "it ended a thread that is not its own");
}

TEST(ProcessFootprint, lets_memory_be_taken_up_to_the_limit_and_no_further) {
  ProcessFootprint after = usual();
  after.data_kb += 16 * 1024;
  EXPECT_EQ(left_behind(usual(), after, memory_mb), "");
  after.data_kb += 1;
  EXPECT_EQ(left_behind(usual(), after, memory_mb),
            "it took more than the 16 MiB that it may have (memory_mb)");
}

TEST(ProcessFootprint, is_that_of_the_process_and_of_none_that_has_ended) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGUSR2, [](int) {});
    signal(SIGHUP, SIG_IGN);
    (void)!write(ends[1], "x", 1);
    for (;;)
      pause();
  }
  char byte = 0;
  ASSERT_EQ(read(ends[0], &byte, 1), 1);
  const auto found = footprint_of(child);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->threads, 1u);
  EXPECT_NE(found->caught & (1u << (SIGUSR2 - 1)), 0u);
  EXPECT_NE(found->ignored & (1u << (SIGHUP - 1)), 0u);
  EXPECT_GT(found->data_kb, 0u);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_FALSE(footprint_of(child));
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace cadre::agent

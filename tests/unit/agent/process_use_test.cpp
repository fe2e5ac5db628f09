#include "host/agent/process_use.hpp"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>

namespace cadre::agent {
namespace {

std::optional<ProcessUse> use_of(pid_t process) {
  for (const ProcessUse& use : process_uses()) {
    if (use.process == process) return use;
  }
  return std::nullopt;
}

TEST(ProcessUse, is_told_of_processes_that_are_there_and_of_no_other) {
  const pid_t child = fork();
  if (child == 0) {
    for (;;)
      pause();
  }
  EXPECT_FALSE(use_of(child));
  list_process(child, "main", {"risk", "sizer"});
  const auto use = use_of(child);
  ASSERT_TRUE(use);
  EXPECT_EQ(use->book, "main");
  EXPECT_THAT(use->agents, testing::ElementsAre("risk", "sizer"));
  EXPECT_GT(use->resident_bytes, 0u);
  EXPECT_LT(use->processor_seconds, 1);
  forget_process(child);
  EXPECT_FALSE(use_of(child));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

TEST(ProcessUse, grows_with_what_a_process_uses) {
  list_process(getpid(), "main", {"this"});
  const auto before = use_of(getpid());
  std::vector<char> memory(std::size_t{64} << 20, 1);  // written, so that it is there
  double seconds = before->processor_seconds;
  while (seconds < before->processor_seconds + 0.05)
    seconds = use_of(getpid())->processor_seconds;
  EXPECT_GT(use_of(getpid())->resident_bytes, before->resident_bytes + memory.size() / 2);
  forget_process(getpid());
}

TEST(ProcessUse, of_a_process_that_has_gone_is_nothing) {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  waitpid(child, nullptr, 0);
  list_process(child, "main", {"risk"});
  const auto use = use_of(child);
  forget_process(child);
  ASSERT_TRUE(use);
  EXPECT_EQ(use->resident_bytes, 0u);
  EXPECT_EQ(use->processor_seconds, 0);
}

}  // namespace
}  // namespace cadre::agent

#include "host/model/output_buffer.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cadre::model {
namespace {

/// The signal that a write at this element ends a process with; 0: it lives.
int signal_of_write(const OutputBuffer<double>& room, std::size_t at) {
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGSEGV, SIG_DFL);
    static_cast<volatile double*>(room.data())[at] = 1;
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

TEST(OutputBuffer, finds_a_write_right_behind_its_end) {
  for (const Guard guard : {Guard::strip, Guard::tight}) {
    OutputBuffer<double> room(5, guard);
    room[4] = 1;
    EXPECT_TRUE(room.intact());
    room[5] = 1;
    EXPECT_FALSE(room.intact());
    EXPECT_TRUE(room.intact()) << "what was found is wiped out";
  }
}

TEST(OutputBuffer, that_is_tight_has_the_page_where_the_other_one_has_a_strip) {
  const OutputBuffer<double> tight(8, Guard::tight), usual(8, Guard::strip);
  EXPECT_EQ(signal_of_write(tight, 7), 0);
  EXPECT_EQ(signal_of_write(tight, 8), SIGSEGV);
  EXPECT_EQ(signal_of_write(usual, 8), 0);
  EXPECT_EQ(signal_of_write(usual, 8 + GuardedPages::strip_bytes / sizeof(double)), SIGSEGV);
}

TEST(OutputBuffer, without_elements_has_the_page_too) {
  const OutputBuffer<double> none(0, Guard::tight);
  EXPECT_EQ(signal_of_write(none, 0), SIGSEGV);
}

}  // namespace
}  // namespace cadre::model

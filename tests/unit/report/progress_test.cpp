#include "host/report/progress.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "host/report/table.hpp"

namespace {

using namespace cadre::report;

TEST(Progress, shows_share_rate_and_time_left) {
  EXPECT_EQ(progress_line("decisions", 500, 2000, 1.0, 80),
            "decisions [##########..............................] 25 %  500/s  3 s left");
  EXPECT_EQ(progress_line("decisions", 2000, 2000, 4.0, 80),
            "decisions [########################################] 100 %  500/s");
}

TEST(Progress, never_is_wider_than_the_terminal) {
  for (std::size_t width = 45; width < 120; ++width)
    EXPECT_LE(display_width(progress_line("decisions", 7, 3600, 100.0, width)), width);
}

TEST(Progress, does_without_a_bar_when_there_is_no_room) {
  EXPECT_EQ(progress_line("decisions", 500, 2000, 1.0, 20), "decisions 25 %  500/s  3 s left");
}

TEST(Progress, nothing_to_do_is_all_done) {
  EXPECT_EQ(progress_line("x", 0, 0, 0.0, 15), "x [#####] 100 %");
}

TEST(Progress, writes_nothing_to_what_is_no_terminal) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
  {
    Progress progress("decisions", 10, ends[1]);
    progress.update(5);
  }
  char byte;
  EXPECT_EQ(::read(ends[0], &byte, 1), -1);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(Progress, erases_itself_on_a_terminal) {
  const int controller = ::posix_openpt(O_RDWR | O_NOCTTY);
  ASSERT_GE(controller, 0);
  ASSERT_TRUE(::grantpt(controller) == 0 && ::unlockpt(controller) == 0);
  const int terminal = ::open(::ptsname(controller), O_RDWR | O_NOCTTY);
  ASSERT_GE(terminal, 0);
  {
    Progress progress("decisions", 10, terminal);
    progress.update(5);
    progress.update(6);  // too soon to be drawn
  }
  // What was written arrives in pieces and later; once the terminal is closed, reading ends behind the last.
  ::close(terminal);
  std::string all;
  char some[512];
  for (ssize_t got = 0; (got = ::read(controller, some, sizeof some)) > 0;)
    all.append(some, static_cast<std::size_t>(got));
  EXPECT_NE(all.find("50 %"), std::string::npos);
  EXPECT_EQ(all.find("60 %"), std::string::npos);
  EXPECT_TRUE(all.ends_with("\r\x1b[K")) << all;
  ::close(controller);
}

}  // namespace

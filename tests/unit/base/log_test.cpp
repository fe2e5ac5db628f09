// Where the log goes is one for the whole process: each of these says it anew, and none relies on another.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <thread>

#include "host/base/json.hpp"
#include "host/base/log.hpp"
#include "host/base/log_output.hpp"
#include "host/base/temporary_folder.hpp"

namespace cadre::base {

namespace {

using namespace std::chrono_literals;

class LogOutputTest : public ::testing::Test {
 protected:
  void SetUp() override {
    set_log_level(LogLevel::info);
    set_log_style(LogStyle::json);
  }
  void TearDown() override { set_log_level(LogLevel::warn); }

  base::Problems open_file(std::size_t bytes_max = 1u << 20) {
    return open_log(
        {.kind = LogOutput::Kind::file, .file = file_, .file_bytes_max = bytes_max, .files_max = 2});
  }
  std::vector<std::string> lines() const {
    std::ifstream file(file_);
    std::vector<std::string> all;
    for (std::string line; std::getline(file, line);)
      all.push_back(line);
    return all;
  }

  TemporaryFolder folder_;
  const std::filesystem::path file_ = folder_.path() / "host.log";
};

TEST_F(LogOutputTest, a_file_has_lines_of_json_whatever_a_value_is) {
  ASSERT_TRUE(open_file().empty());
  log_event(LogLevel::info, "revision", {{"reason", std::string("a\0b\x1b\xff\"\u202e", 9)}, {"book", ""}});
  log_event(LogLevel::info, "revision", {{"reason", std::string(20'000, 'x')}});
  close_log(10s);
  const auto found = lines();
  ASSERT_EQ(found.size(), 2u);
  for (const std::string& line : found)
    EXPECT_TRUE(JsonDocument::parse("line", line)) << line;
  EXPECT_THAT(found[0], ::testing::HasSubstr("\"part\":\"revision\",\"event\":\"revision\""));
  EXPECT_EQ(found[0].find('\x1b'), std::string::npos);
  EXPECT_THAT(found[1], ::testing::HasSubstr("... (20000 bytes)"));
  EXPECT_LT(found[1].size(), 9'000u);
}

TEST_F(LogOutputTest, a_line_of_text_in_a_file_begins_with_its_time_to_the_millisecond) {
  set_log_style(LogStyle::text);
  ASSERT_TRUE(open_file().empty());
  log_event(LogLevel::warn, "suspect_move", {{"book", "main"}, {"moves", "IBM 30 %"}});
  close_log(10s);
  const auto found = lines();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0],
              ::testing::MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"
                                      "\\.[0-9]{3}Z warning: suspect_move: book main, moves IBM 30 %"));
}

TEST_F(LogOutputTest, a_file_is_put_aside_and_only_so_many_are_kept) {
  ASSERT_TRUE(open_file(10'000).empty());
  for (int i = 0; i < 100; ++i)
    log_event(LogLevel::info, "revision", {{"reason", std::string(1'000, 'x')}});
  close_log(10s);
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    ++files;
    EXPECT_LE(entry.file_size(), 11'000u);
  }
  EXPECT_EQ(files, 3u) << "the one that is written and two old ones";
}

TEST_F(LogOutputTest, a_folder_that_is_not_there_or_no_journald_is_refused) {
  const auto file = open_log({.kind = LogOutput::Kind::file, .file = "/proc/no/host.log"});
  ASSERT_EQ(file.size(), 1u);
  EXPECT_EQ(file[0].code, "LOG_NOT_POSSIBLE");
  const auto journal =
      open_log({.kind = LogOutput::Kind::journal, .journal_socket = folder_.path() / "nothing"});
  ASSERT_EQ(journal.size(), 1u);
  EXPECT_EQ(journal[0].code, "LOG_NOT_POSSIBLE");
}

TEST_F(LogOutputTest, a_pipe_that_nobody_reads_makes_nobody_wait_and_what_is_dropped_is_counted) {
  int pipe_ends[2];
  ASSERT_EQ(::pipe2(pipe_ends, O_CLOEXEC), 0);
  const int standard_output = ::dup(STDOUT_FILENO);
  std::fflush(stdout);
  ASSERT_GE(::dup2(pipe_ends[1], STDOUT_FILENO), 0);
  const Problems problems = open_log({.kind = LogOutput::Kind::standard_output});
  const std::uint64_t before = log_dropped();
  const auto begun = std::chrono::steady_clock::now();
  constexpr std::size_t lines_logged = 3 * log_lines_max;
  for (std::size_t i = 0; i < lines_logged; ++i)
    log_event(LogLevel::info, "revision", {{"reason", "nobody reads this"}});
  close_log(100ms);
  const auto lasted = std::chrono::steady_clock::now() - begun;
  const std::uint64_t dropped = log_dropped() - before;
  ASSERT_GE(::dup2(standard_output, STDOUT_FILENO), 0);
  EXPECT_TRUE(problems.empty());
  EXPECT_LT(lasted, 10s);
  EXPECT_GE(dropped, log_lines_max);
  EXPECT_LE(dropped, lines_logged);
  ::close(pipe_ends[0]);
  ::close(pipe_ends[1]);
  ::close(standard_output);
}

TEST_F(LogOutputTest, each_part_has_a_level_of_its_own) {
  ASSERT_TRUE(open_file().empty());
  set_log_level(LogPart::agent, LogLevel::off);
  set_log_level(LogPart::book, LogLevel::error);
  log_event(LogLevel::error, "agent_failed", {});
  log_event(LogLevel::warn, "queue_high", {});
  log_event(LogLevel::error, "book_stopped", {});
  log_event(LogLevel::info, "host_started", {});
  close_log(10s);
  const auto found = lines();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_THAT(found[0], ::testing::HasSubstr("book_stopped"));
  EXPECT_THAT(found[1], ::testing::HasSubstr("host_started"));
}

TEST(LogEvents, are_sorted_and_named_once) {
  const auto all = log_events();
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end(),
                             [](const LogEvent& a, const LogEvent& b) { return a.name <= b.name; }));
}

TEST(LogWords, are_read_and_nothing_else_is) {
  for (std::size_t part = 0; part < log_parts; ++part)
    EXPECT_EQ(log_part_named(log_part_name(static_cast<LogPart>(part))), static_cast<LogPart>(part));
  EXPECT_EQ(log_level_named("warn"), LogLevel::warn);
  EXPECT_FALSE(log_level_named("warning"));
  EXPECT_FALSE(log_part_named("hosts"));
}

}  // namespace

}  // namespace cadre::base

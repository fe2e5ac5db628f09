#include "host/agent/process_output.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>

#include <string>
#include <string_view>

namespace cadre::agent {
namespace {

/// What is written into the pipe of a process, which this test is too.
class Output : public testing::Test {
 protected:
  static ProcessOutput made(OutputStyle style) {
    set_output_style(style);
    return ProcessOutput("main", {"momentum", "sizer"});
  }
  /// Opens it, writes as a process would, and ends as one does.
  std::string lines_of(ProcessOutput& output, std::string_view text) {
    testing::internal::CaptureStderr();
    EXPECT_TRUE(output.open());
    const int process = dup(output.for_process());
    output.start();
    while (!text.empty()) {
      const ssize_t written = write(process, text.data(), text.size());
      EXPECT_GT(written, 0);
      text.remove_prefix(static_cast<std::size_t>(written));
    }
    close(process);
    output.finish();
    return testing::internal::GetCapturedStderr();
  }
};

TEST_F(Output, shows_every_line_behind_the_names_of_the_agents) {
  ProcessOutput output = made(OutputStyle::plain);
  EXPECT_EQ(lines_of(output, "one\n\ntwo\nno end"),
            "momentum, sizer: one\nmomentum, sizer: \nmomentum, sizer: two\nmomentum, sizer: no end\n");
  EXPECT_EQ(output.counts()->lines, 4u);
  EXPECT_EQ(output.counts()->left_out, 0u);
}

TEST_F(Output, leaves_no_line_out_where_a_run_ends_by_itself) {
  ProcessOutput output = made(OutputStyle::plain);
  std::string text;
  for (int line = 0; line < 5000; ++line)
    text += "line\n";
  const std::string shown = lines_of(output, text);
  EXPECT_EQ(std::count(shown.begin(), shown.end(), '\n'), 5000);
}

TEST_F(Output, is_on_one_line_of_the_log_and_steers_no_terminal) {
  ProcessOutput output = made(OutputStyle::logged);
  const std::string shown = lines_of(output, "\x1b[31mred\x1b[0m\rover \xff\n");
  EXPECT_THAT(shown,
              testing::HasSubstr(R"("event":"agent_output","book":"main","agents":"momentum, sizer")"));
  EXPECT_THAT(shown, testing::HasSubstr(R"("line":"\\x1b[31mred\\x1b[0m\\x0dover \\xff"})"));
}

TEST_F(Output, says_how_many_lines_it_left_out_of_those_that_flood_the_log) {
  ProcessOutput output = made(OutputStyle::logged);
  std::string text;
  for (std::uint64_t line = 0; line < 50 * ProcessOutput::lines_a_second; ++line)
    text += "again\n";
  const std::string shown = lines_of(output, text);
  const std::uint64_t left_out = output.counts()->left_out;
  EXPECT_EQ(output.counts()->lines, 50 * ProcessOutput::lines_a_second);
  EXPECT_GT(left_out, 40 * ProcessOutput::lines_a_second) << "it took more than nine seconds to read them";
  EXPECT_THAT(shown, testing::HasSubstr("agent_output_left_out"));
  std::uint64_t lines = 0;
  for (std::size_t at = 0; (at = shown.find("\"agent_output\"", at)) != std::string::npos; ++at)
    ++lines;
  EXPECT_EQ(lines + left_out, output.counts()->lines);
}

TEST_F(Output, cuts_a_line_that_has_no_end_and_says_by_how_much) {
  ProcessOutput output = made(OutputStyle::plain);
  const std::string shown =
      lines_of(output, std::string(ProcessOutput::line_bytes_most + 100'000, 'x') + "\nnext\n");
  EXPECT_THAT(shown, testing::HasSubstr("x ... (100000 bytes more)\nmomentum, sizer: next\n"));
}

TEST_F(Output, shows_no_secret) {
  ProcessOutput output = made(OutputStyle::plain);
  output.hide({{"/password", "hunter2"}});
  output.hide({{"/key", "-----BEGIN KEY-----\nMIIEowIBAAKCAQEA\n-----END KEY-----"}});
  EXPECT_EQ(lines_of(output, "password=hunter2;\nMIIEowIBAAKCAQEA\n"),
            "momentum, sizer: password=(a secret);\nmomentum, sizer: (a secret)\n");
}

TEST_F(Output, its_last_lines_are_short_and_quoted) {
  ProcessOutput output = made(OutputStyle::logged);
  lines_of(output, "zero\none\ntwo\nthree\n");
  EXPECT_EQ(output.last_words(), "\"one | two | three\"");
  ProcessOutput silent = made(OutputStyle::logged);
  lines_of(silent, "");
  EXPECT_EQ(silent.last_words(), "");
  ProcessOutput endless = made(OutputStyle::logged);
  lines_of(endless, std::string(3000, 'x'));
  EXPECT_LT(endless.last_words().size(), 320u);
  EXPECT_THAT(endless.last_words(), testing::HasSubstr("bytes more"));
}

TEST_F(Output, ends_though_somebody_still_holds_the_pipe) {
  ProcessOutput output = made(OutputStyle::plain);
  ASSERT_TRUE(output.open());
  const int held = dup(output.for_process());
  output.start();
  testing::internal::CaptureStderr();
  ASSERT_EQ(write(held, "last\n", 5), 5);
  output.finish();
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "momentum, sizer: last\n");
  close(held);
}

}  // namespace
}  // namespace cadre::agent

#include "host/base/file.hpp"

#include <sys/stat.h>

#include <gtest/gtest.h>

#include <fstream>

#include "host/base/hash.hpp"
#include "host/base/log.hpp"

using namespace cadre::base;
namespace fs = std::filesystem;

namespace {

class File : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) / ("cadre_file_" + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  fs::path folder_;
};

using Hash = File;

}  // namespace

TEST_F(File, reads_back_what_was_written) {
  const std::string bytes("a\0b\n", 4);
  EXPECT_TRUE(write_file_atomically(folder_ / "x", bytes).empty());
  EXPECT_EQ(*read_file(folder_ / "x"), bytes);
  EXPECT_TRUE(write_file_atomically(folder_ / "x", "").empty());
  EXPECT_EQ(*read_file(folder_ / "x"), "");
}

TEST_F(File, leaves_no_temporary_file_behind) {
  EXPECT_TRUE(write_file_atomically(folder_ / "x", "1").empty());
  EXPECT_TRUE(write_file_atomically(folder_ / "x", "2").empty());
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

TEST_F(File, reads_files_that_do_not_know_their_size) {
  EXPECT_FALSE(read_file("/proc/self/status")->empty());
}

TEST_F(File, refuses_missing_files_and_folders) {
  EXPECT_EQ(read_file(folder_ / "none").problems()[0].code, "FILE_NOT_FOUND");
  EXPECT_EQ(read_file(folder_).problems()[0].code, "FILE_IS_DIRECTORY");
  EXPECT_EQ(read_file(folder_ / "no" / "x").problems()[0].next_step,
            "the folder " + (folder_ / "no").string() + " does not exist either");
}

TEST_F(File, refuses_pipes_and_devices_without_waiting_for_them) {
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(read_file(folder_ / "pipe").problems()[0].code, "FILE_NOT_REGULAR");
  EXPECT_EQ(read_file("/dev/zero").problems()[0].code, "FILE_NOT_REGULAR");
  EXPECT_EQ(check_readable(folder_ / "pipe")[0].next_step, "name a file");
}

TEST_F(File, refuses_more_than_the_limit_before_it_reads) {
  EXPECT_TRUE(write_file_atomically(folder_ / "x", "four").empty());
  EXPECT_EQ(*read_file(folder_ / "x", 4), "four");
  EXPECT_EQ(read_file(folder_ / "x", 3).problems()[0].message,
            "the file has 4 bytes, at most 3 bytes are read");
  fs::resize_file(folder_ / "x", 40ULL << 30);
  EXPECT_EQ(read_file(folder_ / "x").problems()[0].code, "FILE_TOO_LARGE");
}

TEST_F(File, refuses_what_grows_beyond_the_limit_while_it_is_read) {
  EXPECT_EQ(read_file("/proc/self/status", 10).problems()[0].code, "FILE_TOO_LARGE");
}

TEST_F(File, refuses_to_write_where_it_cannot) {
  EXPECT_EQ(write_file_atomically(folder_ / "no" / "x", "1")[0].code, "FILE_NOT_WRITABLE");
  EXPECT_EQ(write_file_atomically(folder_, "1")[0].code, "FILE_NOT_WRITABLE");
}

TEST_F(Hash, of_abc_is_the_published_one) {
  const std::string abc =
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";  // FIPS 180-2, B.1
  EXPECT_EQ(sha256_hex("abc"), abc);
  Sha256 hash;
  hash.update("a");
  hash.update("bc");
  EXPECT_EQ(hash.hex(), abc);
  ASSERT_TRUE(write_file_atomically(folder_ / "x", "abc").empty());
  EXPECT_EQ(*sha256_file(folder_ / "x", file_bytes_most), abc);
}

TEST_F(Hash, of_a_large_file_is_that_of_its_bytes) {
  const std::string bytes(200'000, 'z');
  ASSERT_TRUE(write_file_atomically(folder_ / "x", bytes).empty());
  EXPECT_EQ(*sha256_file(folder_ / "x", file_bytes_most), sha256_hex(bytes));
  EXPECT_NE(checksum64(bytes.data(), 199'999), checksum64(bytes.data(), 200'000));
}

TEST_F(Hash, of_a_missing_file_is_refused) {
  EXPECT_EQ(sha256_file(folder_ / "none", file_bytes_most).problems()[0].code, "FILE_NOT_FOUND");
  EXPECT_TRUE(write_file_atomically(folder_ / "x", "four").empty());
  EXPECT_EQ(sha256_file(folder_ / "x", 3).problems()[0].code, "FILE_TOO_LARGE");
}

TEST(Log, writes_one_escaped_json_line) {
  testing::internal::CaptureStderr();
  set_log_level(LogLevel::info);
  log_event(LogLevel::info, "stage_added", {{"name", "a \"b\"\n{}"}});
  set_log_level(LogLevel::warn);
  const std::string line = testing::internal::GetCapturedStderr();
  EXPECT_NE(line.find(R"("level":"info","part":"host","event":"stage_added","name":"a \"b\"\n{}"})"),
            std::string::npos)
      << line;
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
}

TEST(Log, writes_one_line_for_people_whatever_somebody_gave_as_a_reason) {
  testing::internal::CaptureStderr();
  set_log_style(LogStyle::text);
  log_event(LogLevel::warn, "halted", {{"reason", "lunch\nerror: book_stopped\x1b[31m"}});
  set_log_style(LogStyle::json);
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "warning: halted: reason lunch\\x0aerror: book_stopped\\x1b[31m\n");
}

TEST(Log, drops_what_is_below_the_level) {
  testing::internal::CaptureStderr();
  log_event(LogLevel::info, "quiet", {});
  log_event(LogLevel::off, "never", {});
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

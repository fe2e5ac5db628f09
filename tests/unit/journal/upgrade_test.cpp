#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "host/base/file.hpp"
#include "host/journal/journal.hpp"
#include "host/journal/journal_upgrade.hpp"
#include "sample_records.hpp"

namespace {

using namespace cadre;
using journal::JournalReader;
using journal::JournalWriter;
using journal::RecordType;

class JournalUpgrade : public testing::Test {
 protected:
  JournalUpgrade() {
    static int count = 0;
    folder_ = std::filesystem::path(testing::TempDir()) /
              ("cadre_upgrade_" + std::to_string(::getpid()) + "_" + std::to_string(count++));
    std::filesystem::create_directories(folder_);
  }
  ~JournalUpgrade() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path path() const { return folder_ / "journal"; }
  std::string content() const { return *base::read_file(path()); }
  void put_content(std::string_view bytes) {
    ASSERT_TRUE(base::write_file_atomically(path(), bytes).empty());
  }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder_), {}));
  }

  /// A head and an order that failed two checks, in format 1.
  void write_format_1() {
    auto writer = JournalWriter::create(path());
    ASSERT_TRUE(writer);
    base::Encoder head;
    head.put_text(sample::head().text);
    (*writer)->append(RecordType::head, 1, head.bytes());
    base::Encoder order;
    order.put_struct(sample::order().order);
    order.put(std::uint32_t{9});
    order.put_texts(sample::order().failed_checks);
    (*writer)->append(RecordType::order, 2, order.bytes());
    ASSERT_TRUE((*writer)->close().empty());
    std::string bytes = content();
    bytes[12] = 1;
    put_content(bytes);
  }

  std::filesystem::path folder_;
};

TEST_F(JournalUpgrade, writes_the_same_records_in_the_format_of_today) {
  write_format_1();
  ASSERT_TRUE(journal::upgrade_journal(path()).empty());
  auto reader = JournalReader::open(path());
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->format(), journal::format_version);
  const auto head = reader->next(), order = reader->next();
  ASSERT_TRUE(head && order);
  EXPECT_EQ(head->sequence, 1u);
  EXPECT_EQ(order->sequence, 2u);
  journal::OrderRecord written = sample::order();
  written.reason = {};  // came later
  const auto expected = sample::payload_of(written);
  EXPECT_TRUE(std::equal(order->payload.begin(), order->payload.end(), expected.begin(), expected.end()));
  EXPECT_FALSE(reader->next());
  EXPECT_TRUE(reader->problems().empty());
  EXPECT_EQ(files(), 1u);
}

TEST_F(JournalUpgrade, leaves_a_journal_of_today_and_a_head_that_is_not_whole_alone) {
  write_format_1();
  ASSERT_TRUE(journal::upgrade_journal(path()).empty());
  const std::string today = content();
  const auto before = std::filesystem::last_write_time(path());
  EXPECT_TRUE(journal::upgrade_journal(path()).empty());
  EXPECT_EQ(content(), today);
  EXPECT_EQ(std::filesystem::last_write_time(path()), before);
  put_content("CADREJO");
  EXPECT_TRUE(journal::upgrade_journal(path()).empty());
  EXPECT_EQ(content(), "CADREJO");
}

TEST_F(JournalUpgrade, leaves_a_journal_alone_whose_next_segment_has_the_format_of_today) {
  write_format_1();
  std::string bytes = content();
  bytes[12] = journal::first_format_with_segments;
  put_content(bytes);
  EXPECT_TRUE(journal::upgrade_journal(path()).empty());
  EXPECT_EQ(content(), bytes);
}

TEST_F(JournalUpgrade, cuts_a_stop_within_a_write_off) {
  write_format_1();
  const std::string bytes = content();
  put_content(bytes.substr(0, bytes.size() - 5));
  EXPECT_FALSE(journal::upgrade_journal(path()).has_errors());
  auto reader = JournalReader::open(path());
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->next()->type, RecordType::head);
  EXPECT_FALSE(reader->next());
  EXPECT_TRUE(reader->problems().empty());
}

TEST_F(JournalUpgrade, does_not_touch_a_journal_that_is_damaged_unknown_or_unreadable) {
  write_format_1();
  std::string bytes = content();
  bytes[40] = static_cast<char>(bytes[40] ^ 1);
  put_content(bytes);
  EXPECT_EQ(journal::upgrade_journal(path())[0].code, "JOURNAL_DAMAGED");
  EXPECT_EQ(content(), bytes);
  bytes[12] = journal::format_version + 1;
  put_content(bytes);
  EXPECT_EQ(journal::upgrade_journal(path())[0].code, "JOURNAL_VERSION_UNKNOWN");
  EXPECT_EQ(content(), bytes);
  EXPECT_EQ(files(), 1u);
}

TEST_F(JournalUpgrade, begins_anew_after_a_host_that_ended_within_it) {
  write_format_1();
  ASSERT_TRUE(base::write_file_atomically(path().string() + ".upgrade", "half").empty());
  EXPECT_TRUE(journal::upgrade_journal(path()).empty());
  EXPECT_EQ(JournalReader::open(path())->format(), journal::format_version);
  EXPECT_EQ(files(), 1u);
}

}  // namespace

#include "host/journal/journal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>

#include "host/base/file.hpp"
#include "host/base/hash.hpp"
#include "host/base/invariant.hpp"

namespace {

using namespace cadre;
using journal::JournalReader;
using journal::JournalWriter;
using journal::RecordType;
using testing::HasSubstr;

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::string text_of(const journal::Record& record) {
  return std::string(reinterpret_cast<const char*>(record.payload.data()), record.payload.size());
}

class Journal : public testing::Test {
 protected:
  Journal() {
    static int count = 0;
    folder_ = std::filesystem::path(testing::TempDir()) /
              ("cadre_journal_" + std::to_string(::getpid()) + "_" + std::to_string(count++));
    std::filesystem::create_directories(folder_);
  }
  ~Journal() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path path() const { return folder_ / "journal"; }

  // Three records: "first", "" and "third".
  void write_three() {
    auto writer = JournalWriter::create(path());
    ASSERT_TRUE(writer);
    (*writer)->append(RecordType::head, 1, bytes_of("first"));
    (*writer)->append(RecordType::note, 2, {});
    (*writer)->append(RecordType::end, 3, bytes_of("third"));
    ASSERT_TRUE((*writer)->close().empty());
  }

  std::string content() const { return *base::read_file(path()); }
  void put_content(std::string_view bytes) {
    ASSERT_TRUE(base::write_file_atomically(path(), bytes).empty());
  }

  // All records as "TYPE SEQUENCE PAYLOAD|", then the problems.
  std::string read_all() {
    auto reader = JournalReader::open(path());
    if (!reader) return "not opened: " + std::string(reader.problems()[0].code);
    std::string all;
    while (const auto record = reader->next())
      all += std::string(record_type_name(record->type)) + " " + std::to_string(record->sequence) + " " +
             text_of(*record) + "|";
    for (const base::Problem& problem : reader->problems())
      all += (problem.severity == base::Severity::error ? "error " : "warning ") + problem.code + ": " +
             problem.message;
    return all;
  }

  std::filesystem::path folder_;
};

TEST_F(Journal, gives_back_its_records_in_order) {
  write_three();
  EXPECT_EQ(read_all(), "head 1 first|note 2 |end 3 third|");
}

TEST_F(Journal, has_the_layout_the_header_promises) {
  write_three();
  const std::string bytes = content();
  ASSERT_EQ(bytes.size(), 16u + 3 * 24 + 5 + 5);
  EXPECT_EQ(bytes.substr(0, 16), std::string("CADREJOURNAL\x08\0\0\0", 16));
  EXPECT_EQ(bytes.substr(16, 21), std::string("\x05\0\0\0\x01\0\0\0\x01\0\0\0\0\0\0\0first", 21));
}

TEST_F(Journal, never_overwrites_a_file) {
  put_content("precious");
  const auto writer = JournalWriter::create(path());
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.problems()[0].code, "JOURNAL_EXISTS");
  EXPECT_EQ(content(), "precious");
}

TEST_F(Journal, says_when_its_folder_is_missing) {
  const auto writer = JournalWriter::create(folder_ / "no" / "journal");
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.problems()[0].code, "JOURNAL_NOT_WRITABLE");
}

TEST_F(Journal, is_readable_up_to_the_flush_while_it_is_written) {
  auto writer = JournalWriter::create(path());
  ASSERT_TRUE(writer);
  (*writer)->append(RecordType::note, 1, bytes_of("a"));
  ASSERT_TRUE((*writer)->flush().empty());
  (*writer)->append(RecordType::note, 2, bytes_of("b"));
  EXPECT_EQ(read_all(), "note 1 a|");
}

TEST_F(Journal, takes_a_record_larger_than_its_buffer) {
  const std::string large(3u << 20, 'x');
  auto writer = JournalWriter::create(path());
  ASSERT_TRUE(writer);
  (*writer)->append(RecordType::note, 1, bytes_of("before"));
  (*writer)->append(RecordType::note, 2, bytes_of(large));
  (*writer)->append(RecordType::note, 3, bytes_of("after"));
  ASSERT_TRUE((*writer)->close().empty());
  EXPECT_EQ(read_all(), "note 1 before|note 2 " + large + "|note 3 after|");
  EXPECT_EQ((*writer)->size_bytes(), content().size());
}

TEST_F(Journal, a_failed_write_is_remembered) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP();
  auto writer = JournalWriter::create(path());
  ASSERT_TRUE(writer);
  // The journal's file becomes a full device: find its descriptor by its name.
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    if (std::filesystem::read_symlink(entry.path(), gone) != path()) continue;
    const int descriptor = std::stoi(entry.path().filename().string());
    FILE* const full = std::fopen("/dev/full", "w");
    ASSERT_GE(::dup2(::fileno(full), descriptor), 0);
    std::fclose(full);
  }
  (*writer)->append(RecordType::note, 1, bytes_of("lost"));
  const base::Problems first = (*writer)->flush();
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].code, "JOURNAL_NOT_WRITABLE");
  EXPECT_THAT(first[0].message, HasSubstr("No space left"));
  (*writer)->append(RecordType::note, 2, bytes_of("dropped"));
  EXPECT_TRUE((*writer)->close().has_errors());
}

TEST_F(Journal, refuses_a_file_that_is_no_journal) {
  put_content("date,aa,ge\n1991-01-02,1,2\n");
  EXPECT_EQ(read_all(), "not opened: JOURNAL_NOT_A_JOURNAL");
  put_content("CADRE");
  EXPECT_EQ(read_all(), "not opened: JOURNAL_NOT_A_JOURNAL");
}

TEST_F(Journal, refuses_an_unknown_format_with_one_sentence) {
  write_three();
  std::string bytes = content();
  for (const int format : {0, 9}) {
    bytes[12] = static_cast<char>(format);
    put_content(bytes);
    const auto reader = JournalReader::open(path());
    ASSERT_FALSE(reader);
    ASSERT_EQ(reader.problems().size(), 1u);
    EXPECT_EQ(reader.problems()[0].code, "JOURNAL_VERSION_UNKNOWN");
    EXPECT_EQ(reader.problems()[0].message,
              "the journal has format " + std::to_string(format) + ", this host reads formats 1 to 8");
  }
}

TEST_F(Journal, of_another_format_is_not_continued_and_keeps_its_bytes) {
  write_three();
  std::string bytes = content();
  bytes[12] = 1;
  put_content(bytes);
  const auto writer = JournalWriter::reopen(path(), journal::head_bytes);
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.problems()[0].code, "JOURNAL_VERSION_UNKNOWN");
  EXPECT_EQ(content(), bytes);
}

TEST_F(Journal, of_a_format_with_segments_is_only_ended) {
  write_three();
  std::string bytes = content();
  bytes[12] = 4;
  put_content(bytes);
  const auto writer = JournalWriter::reopen(path(), bytes.size());
  ASSERT_TRUE(writer);
  EXPECT_EQ((*writer)->format(), 4u);
  EXPECT_EQ((*writer)->checksum(), base::checksum64(bytes.data(), bytes.size()));
  EXPECT_THROW((*writer)->append(RecordType::note, 4, {}), base::InvariantBroken);
  EXPECT_TRUE((*writer)->close().empty());
  EXPECT_EQ(content(), bytes);
}

TEST_F(Journal, says_of_every_record_which_format_it_has) {
  write_three();
  std::string bytes = content();
  bytes[12] = 1;
  put_content(bytes);
  auto reader = JournalReader::open(path());
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->format(), 1u);
  EXPECT_EQ(reader->next()->format, 1u);
}

TEST_F(Journal, is_read_from_and_to_the_end_of_any_record) {
  write_three();
  std::vector<std::uint64_t> ends{journal::head_bytes};
  auto whole = JournalReader::open(path());
  ASSERT_TRUE(whole);
  std::vector<std::uint64_t> sequences;
  while (const auto record = whole->next()) {
    sequences.push_back(record->sequence);
    ends.push_back(whole->offset());
  }
  ASSERT_EQ(sequences.size(), 3u);
  for (std::size_t from = 0; from < ends.size(); ++from) {
    for (std::size_t to = from; to < ends.size(); ++to) {
      auto part = JournalReader::open_part(path(), ends[from], ends[to]);
      ASSERT_TRUE(part);
      for (std::size_t k = from; k < to; ++k) {
        const auto record = part->next();
        ASSERT_TRUE(record);
        EXPECT_EQ(record->sequence, sequences[k]);
        EXPECT_EQ(part->offset(), ends[k + 1]);
      }
      EXPECT_FALSE(part->next());
      EXPECT_TRUE(part->problems().empty());
    }
  }
  EXPECT_EQ(JournalReader::open_part(path(), ends[1] + 1, ends[2])->next(), std::nullopt);
}

TEST_F(Journal, cut_anywhere_keeps_every_whole_record_before_the_cut) {
  write_three();
  const std::string bytes = content();
  const std::size_t ends[] = {16, 16 + 29, 16 + 29 + 24, bytes.size()};
  for (std::size_t cut = 16; cut < bytes.size(); ++cut) {
    put_content(bytes.substr(0, cut));
    std::string expected;
    if (cut >= ends[1]) expected += "head 1 first|";
    if (cut >= ends[2]) expected += "note 2 |";
    const bool between = cut == ends[0] || cut == ends[1] || cut == ends[2];
    const std::string all = read_all();
    EXPECT_EQ(all.substr(0, expected.size()), expected) << cut;
    EXPECT_EQ(all.size() == expected.size(), between) << all;
    if (!between) {
      EXPECT_THAT(all, HasSubstr("warning JOURNAL_TAIL_TRUNCATED")) << cut;
    }
  }
}

// The group of a note of 2,000 bytes and its commit, which begins at byte 40.
std::string damaged_at(std::string bytes, std::size_t from, std::size_t count, char what) {
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(from), count, what);
  return bytes;
}

TEST_F(Journal, a_hole_in_the_last_group_was_acknowledged_to_nobody_and_any_other_damage_may_have_been) {
  auto writer = JournalWriter::create(path());
  ASSERT_TRUE(writer);
  (*writer)->append(RecordType::commit, 0, {});
  (*writer)->append(RecordType::note, 2, bytes_of(std::string(2000, 'x')));
  (*writer)->append(RecordType::commit, 0, {});
  ASSERT_TRUE((*writer)->flush().empty());
  const std::string one_group = content();
  (*writer)->append(RecordType::commit, 0, {});
  ASSERT_TRUE((*writer)->close().empty());
  const std::string another_behind = content();
  const auto is_acknowledged = [&](const std::string& bytes) {
    put_content(bytes);
    auto reader = JournalReader::open(path());
    while (reader->next()) {
    }
    EXPECT_TRUE(reader->problems().has_errors());
    return reader->is_acknowledged_behind();
  };
  EXPECT_FALSE(is_acknowledged(damaged_at(one_group, 512, 512, '\0'))) << "a sector that never came";
  EXPECT_FALSE(is_acknowledged(damaged_at(one_group, 40, 472, '\0'))) << "the rest of the first";
  EXPECT_TRUE(is_acknowledged(damaged_at(one_group, 512, 511, '\0'))) << "less than a sector";
  EXPECT_TRUE(is_acknowledged(damaged_at(one_group, 512, 512, 'y'))) << "other bytes";
  EXPECT_TRUE(is_acknowledged(damaged_at(another_behind, 512, 512, '\0'))) << "with another group behind it";
}

TEST_F(Journal, a_truncated_tail_names_its_byte_and_the_last_whole_record) {
  write_three();
  put_content(content().substr(0, 75));
  EXPECT_EQ(
      read_all(),
      "head 1 first|note 2 |warning JOURNAL_TAIL_TRUNCATED: the last record, at byte 69, is not whole; the "
      "last whole record is number 2, note of sequence 2");
}

TEST_F(Journal, one_changed_byte_anywhere_before_the_last_record_is_an_error) {
  write_three();
  const std::string bytes = content();
  for (std::size_t at = 16; at < 69; ++at) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 0x40);
    put_content(changed);
    const std::string all = read_all();
    EXPECT_THAT(all, HasSubstr("error JOURNAL_DAMAGED")) << at;
    EXPECT_THAT(all, HasSubstr("at byte " + std::to_string(at < 45 ? 16 : 45))) << at;
  }
}

TEST_F(Journal, a_record_of_unknown_type_is_not_handed_out) {
  auto writer = JournalWriter::create(path());
  ASSERT_TRUE(writer);
  (*writer)->append(static_cast<RecordType>(99), 1, bytes_of("a"));
  ASSERT_TRUE((*writer)->close().empty());
  EXPECT_THAT(read_all(),
              HasSubstr("a record of unknown type at byte 16; there is no whole record before it"));
}

}  // namespace

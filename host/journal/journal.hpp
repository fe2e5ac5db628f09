#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/result.hpp"

/// The only truth of a run: an append-only file. 16 bytes of head, then frames:
///
///   file head   "CADREJOURNAL" u32 version
///   frame       u32 payload length | u32 type | u64 sequence | payload | u64 XXH3 of all of the frame before
///
/// little-endian, no padding. What a payload holds is in records.hpp.
namespace cadre::journal {

/// What is written. Format 1 had in an order's record a row number of the table of checks.
inline constexpr uint32_t format_version = 3;
inline constexpr uint32_t oldest_format_read = 1;
inline constexpr std::size_t head_bytes = 16;
inline constexpr std::size_t frame_head_bytes = 16;
inline constexpr std::size_t frame_tail_bytes = 8;
/// Far above every real record: 10,000 instruments through 30 stages are 8 MB.
inline constexpr std::size_t payload_bytes_max = std::size_t{1} << 28;

/// Values are written to files: never change or reuse one.
enum class RecordType : uint32_t {
  head = 1,
  bar = 2,
  signal = 3,
  universe = 4,
  revision = 5,
  decision = 6,
  order = 7,
  report = 8,
  account = 9,
  note = 10,
  end = 11,
  command = 12,
  checkpoint = 13,
  commit = 14,
  timer = 15,
  view = 16,
  outcome = 17
};

/// "head", "bar" ...; empty for an unknown type.
std::string_view record_type_name(RecordType type);

/// Writes one journal. One thread at a time. A failure is remembered: what is appended after it is dropped,
/// and every flush and close says so.
class JournalWriter {
 public:
  /// A new file; the folder must exist. Errors: JOURNAL_EXISTS (nothing is ever overwritten),
  /// JOURNAL_NOT_WRITABLE.
  static base::Result<std::unique_ptr<JournalWriter>> create(const std::filesystem::path& path);
  /// Goes on with a journal of today's format whose first `keep_bytes` are good: what is behind them is cut
  /// off. Errors: JOURNAL_NOT_WRITABLE; JOURNAL_VERSION_UNKNOWN: upgrade_journal() comes first.
  static base::Result<std::unique_ptr<JournalWriter>> reopen(const std::filesystem::path& path,
                                                             uint64_t keep_bytes);
  /// Writes out what is buffered, without syncing and without anyone to tell about a failure: call close().
  ~JournalWriter();
  JournalWriter(const JournalWriter&) = delete;
  JournalWriter& operator=(const JournalWriter&) = delete;

  /// Into the buffer of 1 MiB, which is written out when full. Allocates only for a record larger than the
  /// buffer. A payload above payload_bytes_max is a failure (JOURNAL_RECORD_TOO_LARGE).
  void append(RecordType type, uint64_t sequence, std::span<const std::byte> payload);

  /// Everything appended so far is on the disk afterwards, also after a power cut. Errors:
  /// JOURNAL_NOT_WRITABLE, JOURNAL_RECORD_TOO_LARGE; JOURNAL_DELETED: nobody will ever read it.
  base::Problems flush();
  /// flush, then closes the file; nothing may be appended afterwards. A second call does nothing.
  base::Problems close();

  /// Takes back what was appended behind the first `keep_bytes`. Errors: JOURNAL_NOT_WRITABLE.
  base::Problems cut(uint64_t keep_bytes);

  /// Bytes appended so far, the file's head included.
  uint64_t size_bytes() const { return size_bytes_; }

 private:
  JournalWriter(std::filesystem::path path, int descriptor, uint64_t size_bytes);
  void write_out();
  void remember(const char* code, const char* what, int error_number);
  base::Problems outcome() const;

  std::filesystem::path path_;
  int descriptor_ = -1;
  std::vector<std::byte> buffer_;
  std::size_t filled_ = 0;
  uint64_t size_bytes_ = 0;
  const char* failure_code_ = nullptr;
  const char* failure_ = nullptr;
  int failure_number_ = 0;  ///< errno, or 0
};

struct Record {
  RecordType type = RecordType::note;
  uint64_t sequence = 0;
  uint32_t format = format_version;      ///< of its journal
  std::span<const std::byte> payload{};  ///< valid as long as the reader
};

/// Reads a whole journal, or a part of it, into memory and hands out its records in order.
class JournalReader {
 public:
  /// Errors: those of reading the file, JOURNAL_NOT_A_JOURNAL, JOURNAL_VERSION_UNKNOWN.
  static base::Result<JournalReader> open(const std::filesystem::path& path);
  /// The records from byte `from` to byte `to`, which begin and end records. Errors: as above.
  static base::Result<JournalReader> open_part(const std::filesystem::path& path, uint64_t from, uint64_t to);

  /// The next whole record, or nothing at the end and at the first damage; problems() tells them apart.
  std::optional<Record> next();

  /// oldest_format_read to format_version.
  uint32_t format() const { return format_; }

  /// What reading found so far. JOURNAL_TAIL_TRUNCATED is a warning: the run stopped within a write, and all
  /// records before it are good. JOURNAL_DAMAGED is an error: bytes were changed afterwards.
  const base::Problems& problems() const { return problems_; }
  /// Where the last record that next() gave ends.
  uint64_t offset() const { return begins_at_ + offset_; }

 private:
  JournalReader(std::filesystem::path path, std::string bytes, uint32_t format)
      : path_(std::move(path)), bytes_(std::move(bytes)), format_(format) {}
  static base::Result<uint32_t> format_of(const std::filesystem::path& path, std::string_view head);
  bool is_frame_at(std::size_t offset) const;
  std::optional<Record> stop_at_damage(const std::string& what);
  std::optional<Record> stop_at_truncation();
  std::string last_whole_record() const;

  std::filesystem::path path_;
  std::string bytes_;
  uint32_t format_;
  uint64_t begins_at_ = 0;  ///< where in the file bytes_ do
  std::size_t offset_ = head_bytes;
  uint64_t records_ = 0;
  Record last_{};
  bool stopped_ = false;
  base::Problems problems_;
};

}  // namespace cadre::journal

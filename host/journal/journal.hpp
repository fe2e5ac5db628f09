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

#include "host/base/hash.hpp"
#include "host/base/result.hpp"
#include "host/journal/segments.hpp"

/// The only truth of a run: append-only segments, one behind the other, the newest a file named "journal" and
/// the older ones beside it in "segments" (segments.hpp); a backtest writes one alone. A segment is 16 bytes
/// of head, then frames:
///
///   file head   "CADREJOURNAL" u32 version
///   frame       u32 payload length | u32 type | u64 sequence | payload | u64 XXH3 of all of the frame before
///
/// little-endian, no padding. What a payload holds is in records.hpp. Places are bytes of the stream, which
/// is what all segments are one behind the other, heads included.
namespace cadre::journal {

/// What is written.
inline constexpr uint32_t format_version = 8;
inline constexpr uint32_t oldest_format_read = 1;
/// Journals of earlier formats were one file, which is written anew; from this one on the next segment has
/// today's.
inline constexpr uint32_t first_format_with_segments = 4;
/// In the place of a byte of the stream where something ends.
inline constexpr uint64_t to_the_end = ~uint64_t{0};
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
  outcome = 17,
  order_request = 18,
  parent_order = 19
};

/// "head", "bar" ...; empty for an unknown type.
std::string_view record_type_name(RecordType type);
/// Whether it is the name of a type.
bool is_record_type_name(std::string_view name);

/// Writes one journal. One thread at a time. A failure is remembered: what is appended after it is dropped,
/// and every flush and close says so.
class JournalWriter {
 public:
  /// A new file, a segment that begins at byte `begins_at` of its stream; the folder must exist. Errors:
  /// JOURNAL_EXISTS (nothing is ever overwritten), JOURNAL_NOT_WRITABLE.
  static base::Result<std::unique_ptr<JournalWriter>> create(const std::filesystem::path& path,
                                                             uint64_t begins_at = 0);
  /// Goes on with a segment that begins at byte `begins_at` of its stream and is good up to byte `keep_bytes`
  /// of it: what is behind that is cut off. Nothing is appended to one of an earlier format(). Errors: those
  /// of reading it, JOURNAL_NOT_WRITABLE; JOURNAL_VERSION_UNKNOWN: upgrade_journal() comes first.
  static base::Result<std::unique_ptr<JournalWriter>> reopen(const std::filesystem::path& path,
                                                             uint64_t keep_bytes, uint64_t begins_at = 0);
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

  /// Gives the file its name, in the place of one that has it; it is durable there. Errors:
  /// JOURNAL_NOT_WRITABLE.
  base::Problems rename_to(const std::filesystem::path& path);

  /// Takes back what was appended behind byte `keep_bytes` of the stream. Errors: JOURNAL_NOT_WRITABLE.
  base::Problems cut(uint64_t keep_bytes);

  /// Bytes of the stream so far, the head of the file included.
  uint64_t size_bytes() const { return begins_at_ + size_bytes_; }
  uint64_t begins_at() const { return begins_at_; }
  /// Of the file.
  uint32_t format() const { return format_; }
  /// The highest that a record was appended with.
  uint64_t sequence() const { return sequence_; }
  /// XXH3 of the whole file so far: what the head of the segment behind it says. Ends with a cut.
  uint64_t checksum();

 private:
  bool is_in_place() const;
  void check_size();
  JournalWriter(std::filesystem::path path, int descriptor, uint64_t size_bytes, uint64_t begins_at);
  void write_out();
  void remember(const char* code, const char* what, int error_number);
  base::Problems outcome() const;

  std::filesystem::path path_;
  std::string name_;  ///< in its folder
  int descriptor_ = -1;
  int folder_ = -1;  ///< where the file was made or opened, wherever that is now
  std::vector<std::byte> buffer_;
  std::size_t filled_ = 0;
  uint64_t size_bytes_ = 0;  ///< of this file
  uint64_t begins_at_ = 0;
  uint32_t format_ = format_version;
  uint64_t sequence_ = 0;
  base::Checksum checksum_;
  const char* failure_code_ = nullptr;
  const char* failure_ = nullptr;
  int failure_number_ = 0;  ///< errno, or 0
};

struct Record {
  RecordType type = RecordType::note;
  uint64_t sequence = 0;
  uint32_t format = format_version;      ///< of its segment
  std::span<const std::byte> payload{};  ///< valid until the next one is asked for
};

/// Hands out the records of a journal in order, through all its segments: in memory is one of them.
class JournalReader {
 public:
  /// `path`: the newest segment. Errors: those of reading the file, JOURNAL_NOT_A_JOURNAL,
  /// JOURNAL_VERSION_UNKNOWN.
  static base::Result<JournalReader> open(const std::filesystem::path& path);
  /// The records from byte `from` of the stream to byte `to`, which begin and end records. Errors: as above;
  /// JOURNAL_PRUNED: the segment that holds `from` is there no more.
  static base::Result<JournalReader> open_part(const std::filesystem::path& path, uint64_t from, uint64_t to);

  /// The next whole record, or nothing at the end and at the first damage; problems() tells them apart. The
  /// heads of later segments are no records of the stream: the first record is a head.
  std::optional<Record> next();

  /// oldest_format_read to format_version: of the segment at hand.
  uint32_t format() const { return format_; }

  /// What reading found so far. JOURNAL_TAIL_TRUNCATED is a warning: the run stopped within a write, and all
  /// records before it are good. JOURNAL_DAMAGED is an error: bytes were changed afterwards.
  const base::Problems& problems() const { return problems_; }
  /// Byte of the stream where the last record that next() gave ends.
  uint64_t offset() const { return begins_at_ + offset_; }
  /// Byte of the stream where the oldest segment that is there begins; above 0, older ones were pruned.
  uint64_t stream_begins_at() const { return segments_.front().head.begins_at; }
  const Segment& newest() const { return segments_.back(); }
  /// After next() ended at damage: whether somebody may have been told of what is damaged. Nobody was when no
  /// whole commit stands behind it, or one alone, behind a part that never came to the disk.
  bool is_acknowledged_behind() const;
  /// Where what is there ends, damaged or not.
  uint64_t file_ends_at() const { return begins_at_ + bytes_.size(); }

 private:
  explicit JournalReader(std::vector<Segment> segments) : segments_(std::move(segments)) {}
  static base::Result<JournalReader> open_from(std::vector<Segment> segments, std::size_t first,
                                               uint64_t from, uint64_t to);
  base::Problems load(std::size_t which, uint64_t from, uint64_t to);
  bool enter_next();
  std::optional<Record> frame();
  bool is_frame_at(std::size_t offset) const;
  bool has_hole(std::size_t from, std::size_t to) const;
  std::optional<Record> stop_at_damage(const std::string& what);
  std::optional<Record> stop_at_truncation();
  std::string last_whole_record() const;

  std::vector<Segment> segments_;  ///< oldest first
  std::size_t at_ = 0;             ///< the one in memory
  uint64_t to_ = 0;                ///< where reading ends
  std::string bytes_;
  uint32_t format_ = format_version;
  uint64_t begins_at_ = 0;  ///< byte of the stream where bytes_ do
  std::size_t offset_ = 0;
  uint64_t records_ = 0;
  Record last_{};
  bool stopped_ = false;
  base::Problems problems_;
};

}  // namespace cadre::journal

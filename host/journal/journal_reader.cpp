#include <cstring>

#include "host/base/file.hpp"
#include "host/base/hash.hpp"
#include "host/journal/journal.hpp"

namespace cadre::journal {
namespace {

template <class Number>
Number number_at(std::string_view bytes, std::size_t offset) {
  Number value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

}  // namespace

base::Result<uint32_t> JournalReader::format_of(const std::filesystem::path& path, std::string_view head) {
  base::Problems problems;
  const base::Place place{.file = path.string()};
  if (head.size() < head_bytes || !head.starts_with("CADREJOURNAL")) {
    problems.error("JOURNAL_NOT_A_JOURNAL", place,
                   "this is not a journal: it does not begin with CADREJOURNAL",
                   "name the journal file of a run folder");
    return problems;
  }
  const auto format = number_at<uint32_t>(head, 12);
  if (format >= oldest_format_read && format <= format_version) return format;
  problems.error("JOURNAL_VERSION_UNKNOWN", place,
                 "the journal has format " + std::to_string(format) + ", this host reads formats " +
                     std::to_string(oldest_format_read) + " to " + std::to_string(format_version),
                 "read it with the host that wrote it");
  return problems;
}

base::Result<JournalReader> JournalReader::open(const std::filesystem::path& path) {
  base::Result<std::string> bytes = base::read_file(path);
  if (!bytes) return bytes.problems();
  const auto format = format_of(path, *bytes);
  if (!format) return format.problems();
  return JournalReader(path, std::move(bytes).take(), *format);
}

base::Result<JournalReader> JournalReader::open_part(const std::filesystem::path& path, uint64_t from,
                                                     uint64_t to) {
  const auto head = base::read_part(path, 0, head_bytes);
  if (!head) return head.problems();
  const auto format = format_of(path, *head);
  if (!format) return format.problems();
  auto bytes = base::read_part(path, from, to > from ? to - from : 0);
  if (!bytes) return bytes.problems();
  JournalReader reader(path, std::move(bytes).take(), *format);
  reader.begins_at_ = from;
  reader.offset_ = 0;
  return reader;
}

std::optional<Record> JournalReader::next() {
  if (stopped_ || offset_ == bytes_.size()) return std::nullopt;
  const std::size_t left = bytes_.size() - offset_;
  if (left < frame_head_bytes + frame_tail_bytes) return stop_at_truncation();
  // A power cut may leave the file longer than what was written into it.
  if (bytes_.find_first_not_of('\0', offset_) == std::string::npos) return stop_at_truncation();
  const auto length = number_at<uint32_t>(bytes_, offset_);
  if (length > payload_bytes_max) return stop_at_damage("a record of impossible length");
  if (length > left - frame_head_bytes - frame_tail_bytes) return stop_at_truncation();

  if (!is_frame_at(offset_)) return stop_at_damage("a record whose checksum is wrong");
  Record record;
  record.type = static_cast<RecordType>(number_at<uint32_t>(bytes_, offset_ + 4));
  record.sequence = number_at<uint64_t>(bytes_, offset_ + 8);
  record.format = format_;
  record.payload = {reinterpret_cast<const std::byte*>(bytes_.data()) + offset_ + frame_head_bytes, length};
  if (record_type_name(record.type).empty()) return stop_at_damage("a record of unknown type");
  offset_ += frame_head_bytes + length + frame_tail_bytes;
  ++records_;
  last_ = record;
  return record;
}

// Whether a whole frame with the right checksum starts here.
bool JournalReader::is_frame_at(std::size_t offset) const {
  const std::size_t left = bytes_.size() - offset;
  if (left < frame_head_bytes + frame_tail_bytes) return false;
  const std::size_t length = number_at<uint32_t>(bytes_, offset);
  if (length > left - frame_head_bytes - frame_tail_bytes) return false;
  const std::size_t covered = frame_head_bytes + length;
  return base::checksum64(bytes_.data() + offset, covered) == number_at<uint64_t>(bytes_, offset + covered);
}

std::optional<Record> JournalReader::stop_at_damage(const std::string& what) {
  stopped_ = true;
  problems_.error("JOURNAL_DAMAGED", {.file = path_.string()},
                  what + " at byte " + std::to_string(offset()) + "; " + last_whole_record(),
                  "the file was changed after it was written: restore it from a copy");
  return std::nullopt;
}

// A damaged length looks like a record that goes on after the end. It is damage, and not the harmless stop
// within a write, when a whole record follows somewhere.
std::optional<Record> JournalReader::stop_at_truncation() {
  const std::size_t shortest = frame_head_bytes + frame_tail_bytes;
  for (std::size_t at = offset_ + 1; at + shortest <= bytes_.size(); ++at) {
    const auto type = static_cast<RecordType>(number_at<uint32_t>(bytes_, at + 4));
    if (!record_type_name(type).empty() && is_frame_at(at)) return stop_at_damage("a record of wrong length");
  }
  stopped_ = true;
  problems_.warning(
      "JOURNAL_TAIL_TRUNCATED", {.file = path_.string()},
      "the last record, at byte " + std::to_string(offset()) + ", is not whole; " + last_whole_record(),
      "everything before it is good");
  return std::nullopt;
}

std::string JournalReader::last_whole_record() const {
  if (records_ == 0) return "there is no whole record before it";
  return "the last whole record is number " + std::to_string(records_) + ", " +
         std::string(record_type_name(last_.type)) + " of sequence " + std::to_string(last_.sequence);
}

}  // namespace cadre::journal

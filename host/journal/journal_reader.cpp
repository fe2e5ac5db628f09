#include <algorithm>
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

base::Result<JournalReader> JournalReader::open(const std::filesystem::path& path) {
  auto segments = segments_of(path);
  if (!segments) return segments.problems();
  const uint64_t from = segments->front().head.begins_at + head_bytes;
  return open_from(std::move(segments).take(), 0, from, to_the_end);
}

base::Result<JournalReader> JournalReader::open_part(const std::filesystem::path& path, uint64_t from,
                                                     uint64_t to) {
  auto segments = segments_of(path);
  if (!segments) return segments.problems();
  if (from < segments->front().head.begins_at) {
    return begins_too_late(path, *segments,
                           "it begins at byte " + std::to_string(segments->front().head.begins_at) +
                               ", and what is asked for at byte " + std::to_string(from) +
                               ": the segment is there no more");
  }
  std::size_t first = segments->size() - 1;
  while (first > 0 && (*segments)[first].head.begins_at > from)
    --first;
  return open_from(std::move(segments).take(), first, from, to);
}

base::Result<JournalReader> JournalReader::open_from(std::vector<Segment> segments, std::size_t first,
                                                     uint64_t from, uint64_t to) {
  JournalReader reader(std::move(segments));
  reader.to_ = to;
  if (base::Problems problems = reader.load(first, from, to); problems.has_errors()) return problems;
  return reader;
}

/// Of a segment what lies between two bytes of the stream.
base::Problems JournalReader::load(std::size_t which, uint64_t from, uint64_t to) {
  const Segment& segment = segments_[which];
  at_ = which;
  format_ = segment.format;
  begins_at_ = segment.head.begins_at;
  offset_ = from - begins_at_;
  const bool is_all = which + 1 < segments_.size() || to == to_the_end;
  if (segment.is_compressed() || (is_all && offset_ <= head_bytes)) {
    auto bytes = read_segment(segment);
    if (!bytes) return bytes.problems();
    bytes_ = std::move(bytes).take();
    if (to < begins_at_ + bytes_.size()) bytes_.resize(to > begins_at_ ? to - begins_at_ : 0);
  } else {
    const uint64_t end = is_all ? from + segment_bytes_most : to;
    auto bytes = base::read_part(segment.path, offset_, end > from ? end - from : 0);
    if (!bytes) return bytes.problems();
    bytes_ = std::move(bytes).take();
    begins_at_ = from;
    offset_ = 0;
  }
  return {};
}

/// Goes on behind the head of the next segment. False: there is none, or it does not go on there.
bool JournalReader::enter_next() {
  if (at_ + 1 == segments_.size() || offset() >= to_) return false;
  const Segment& next = segments_[at_ + 1];
  if (next.head.begins_at != offset()) {
    (void)stop_at_damage("segment " + std::to_string(next.head.segment) + " begins at byte " +
                         std::to_string(next.head.begins_at) + ", and the one before it ends");
    return false;
  }
  problems_.append(load(at_ + 1, next.head.begins_at + head_bytes, to_));
  if (problems_.has_errors() || !frame()) return false;  // its head is no record of the stream
  return true;
}

std::optional<Record> JournalReader::next() {
  while (!stopped_ && offset_ >= bytes_.size()) {
    if (enter_next()) continue;
    stopped_ = true;
  }
  return frame();
}

bool JournalReader::is_acknowledged_behind() const {
  if (at_ + 1 < segments_.size()) return true;
  const std::size_t shortest = frame_head_bytes + frame_tail_bytes;
  std::size_t commits = 0, first = 0;
  for (std::size_t at = offset_ + 1; at + shortest <= bytes_.size() && commits < 2; ++at) {
    if (number_at<uint32_t>(bytes_, at + 4) != static_cast<uint32_t>(RecordType::commit) || !is_frame_at(at))
      continue;
    if (++commits == 1) first = at;
  }
  // Each is durable before anything behind it is written. The last one may be on the disk without all that
  // it covers, when the power was cut: where nothing came to the disk there are zeros.
  return commits == 2 || (commits == 1 && !has_hole(offset_, first));
}

/// Whether a sector of the disk, as far as it lies between two places in memory, is nothing but zeros.
bool JournalReader::has_hole(std::size_t from, std::size_t to) const {
  constexpr std::size_t sector = 512, fewest = 8;  // fewer zeros are in many a record
  const std::size_t in_file = begins_at_ - segments_[at_].head.begins_at;
  while (from < to) {
    const std::size_t end = std::min(to, from + sector - (in_file + from) % sector);
    const auto is_zero = [](char byte) { return byte == '\0'; };
    if (end - from >= fewest && std::all_of(bytes_.begin() + static_cast<std::ptrdiff_t>(from),
                                            bytes_.begin() + static_cast<std::ptrdiff_t>(end), is_zero))
      return true;
    from = end;
  }
  return false;
}

std::optional<Record> JournalReader::frame() {
  if (stopped_ || offset_ >= bytes_.size()) return std::nullopt;
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
  problems_.error("JOURNAL_DAMAGED", {.file = segments_[at_].path.string()},
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
  if (at_ + 1 < segments_.size()) return stop_at_damage("a record that is not whole");
  stopped_ = true;
  problems_.warning(
      "JOURNAL_TAIL_TRUNCATED", {.file = segments_[at_].path.string()},
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

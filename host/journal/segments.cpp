#include "host/journal/segments.hpp"

#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>

#include "host/base/codec.hpp"
#include "host/base/file.hpp"
#include "host/journal/journal.hpp"
#include "host/journal/records.hpp"

namespace cadre::journal {
namespace {

namespace fs = std::filesystem;

/// The head record of a segment has its configuration in it: far above every real one.
constexpr std::size_t head_record_bytes_most = std::size_t{64} << 20;

struct Closer {
  void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
};

base::Problems damaged(const fs::path& path, const std::string& what) {
  base::Problems problems;
  problems.error("JOURNAL_DAMAGED", {.file = path.string()}, what,
                 "the file was changed after it was written: restore it from a copy");
  return problems;
}

/// The first bytes of a compressed file, or all of them.
base::Result<std::string> decompress(const fs::path& path, std::uint64_t bytes_most, bool whole) {
  auto packed = base::read_file(path, segment_bytes_most);
  if (!packed) return packed.problems();
  const std::unique_ptr<ZSTD_DStream, Closer> stream(ZSTD_createDStream());
  ZSTD_inBuffer in{packed->data(), packed->size(), 0};
  std::string bytes;
  std::size_t left = 1;
  while (left != 0 && in.pos < in.size && bytes.size() < bytes_most) {
    const std::size_t had = bytes.size();
    bytes.resize(std::min<std::uint64_t>(bytes_most, std::max<std::uint64_t>(had * 2, 1 << 20)));
    ZSTD_outBuffer out{bytes.data(), bytes.size(), had};
    left = ZSTD_decompressStream(stream.get(), &out, &in);
    bytes.resize(out.pos);
    if (ZSTD_isError(left) != 0)
      return damaged(path, std::string("it cannot be decompressed (") + ZSTD_getErrorName(left) + ")");
  }
  if (whole && (left != 0 || in.pos < in.size))
    return damaged(path, "it ends before its end, or goes on behind it");
  return bytes;
}

base::Result<std::string> first_bytes(const fs::path& path, std::size_t bytes) {
  if (path.extension() == ".zst") return decompress(path, bytes, false);
  return base::read_part(path, 0, bytes);
}

base::Result<std::uint32_t> format_of(const fs::path& path, std::string_view head) {
  base::Problems problems;
  const base::Place place{.file = path.string()};
  if (head.size() < head_bytes || !head.starts_with("CADREJOURNAL")) {
    problems.error("JOURNAL_NOT_A_JOURNAL", place,
                   "this is not a journal: it does not begin with CADREJOURNAL",
                   "name the journal file of a run folder");
    return problems;
  }
  std::uint32_t format = 0;
  std::memcpy(&format, head.data() + 12, sizeof format);
  if (format >= oldest_format_read && format <= format_version) return format;
  problems.error("JOURNAL_VERSION_UNKNOWN", place,
                 "the journal has format " + std::to_string(format) + ", this host reads formats " +
                     std::to_string(oldest_format_read) + " to " + std::to_string(format_version),
                 "read it with the host that wrote it");
  return problems;
}

/// What the head record of a segment says; one without a name where there is none that is whole.
StreamHead stream_head_of(const fs::path& path, std::uint32_t format) {
  const auto begin = first_bytes(path, head_bytes + frame_head_bytes);
  if (!begin || begin->size() < head_bytes + frame_head_bytes) return {};
  std::uint32_t length = 0, type = 0;
  std::memcpy(&length, begin->data() + head_bytes, sizeof length);
  std::memcpy(&type, begin->data() + head_bytes + 4, sizeof type);
  if (type != static_cast<std::uint32_t>(RecordType::head) || length > head_record_bytes_most) return {};
  const auto bytes = first_bytes(path, head_bytes + frame_head_bytes + length);
  if (!bytes || bytes->size() < head_bytes + frame_head_bytes + length) return {};
  base::Decoder from(
      {reinterpret_cast<const std::byte*>(bytes->data()) + head_bytes + frame_head_bytes, length});
  HeadRecord head;
  return decode(from, head, format) ? read_stream_head(head.text) : StreamHead{};
}

base::Result<Segment> segment_at(const fs::path& path) {
  const auto head = first_bytes(path, head_bytes);
  if (!head) return head.problems();
  const auto format = format_of(path, *head);
  if (!format) return format.problems();
  return Segment{path, stream_head_of(path, *format), *format};
}

/// Where older segments lie, by number; of one that is there in both forms, as it was written.
std::map<std::uint64_t, fs::path> older_segments(const fs::path& journal) {
  std::map<std::uint64_t, fs::path> found;
  std::error_code error;
  for (fs::directory_iterator at(segment_path(journal, 1).parent_path(), error), end; !error && at != end;
       at.increment(error)) {
    const std::string name = at->path().filename().string();
    std::uint64_t number = 0;
    const auto [rest, failure] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (failure != std::errc()) continue;
    if (std::strcmp(rest, ".journal") == 0)
      found[number] = at->path();
    else if (std::strcmp(rest, ".journal.zst") == 0)
      found.try_emplace(number, at->path());
  }
  return found;
}

base::Problems compress_segment(const fs::path& path) {
  const auto bytes = base::read_file(path, segment_bytes_most);
  if (!bytes) return bytes.problems();
  std::string packed(ZSTD_compressBound(bytes->size()), '\0');
  constexpr int level = 6;
  const std::size_t size = ZSTD_compress(packed.data(), packed.size(), bytes->data(), bytes->size(), level);
  base::Problems problems;
  if (ZSTD_isError(size) != 0) {
    problems.error("JOURNAL_NOT_WRITABLE", {.file = path.string()},
                   std::string("it cannot be compressed (") + ZSTD_getErrorName(size) + ")");
    return problems;
  }
  packed.resize(size);
  fs::path compressed = path;
  compressed += ".zst";
  problems = base::write_file_atomically(compressed, packed);
  std::error_code error;
  if (!problems.has_errors()) fs::remove(path, error);
  return problems;
}

}  // namespace

fs::path segment_path(const fs::path& journal, std::uint64_t number) {
  char name[32];
  std::snprintf(name, sizeof name, "%08llu.journal", static_cast<unsigned long long>(number));
  return journal.parent_path() / "segments" / name;
}

base::Result<std::vector<Segment>> segments_of(const fs::path& path) {
  auto newest = segment_at(path);
  if (!newest) return newest.problems();
  std::vector<Segment> segments{std::move(newest).take()};
  if (segments[0].head.segment <= 1) return segments;
  const auto older = older_segments(path);
  for (std::uint64_t number = segments[0].head.segment - 1; number > 0; --number) {
    const auto found = older.find(number);
    if (found == older.end()) break;
    auto segment = segment_at(found->second);
    if (!segment) return segment.problems();
    segments.push_back(std::move(segment).take());
  }
  std::reverse(segments.begin(), segments.end());
  return segments;
}

base::Problems check_no_gap(const fs::path& journal, const std::vector<Segment>& segments) {
  base::Problems problems;
  const std::uint64_t first = segments.front().head.segment;
  const auto older = older_segments(journal);
  if (first <= 1 || older.empty() || older.begin()->first >= first) return problems;
  problems.error("JOURNAL_SEGMENT_MISSING", base::Place::of(segment_path(journal, first - 1)),
                 "segment " + std::to_string(first - 1) + " is not there, and segment " +
                     std::to_string(older.begin()->first) + " before it is",
                 "put it back from a backup: `cadre journal restore`");
  return problems;
}

base::Problems begins_too_late(const fs::path& journal, const std::vector<Segment>& segments,
                               const std::string& sentence) {
  base::Problems problems = check_no_gap(journal, segments);
  if (!problems.has_errors())
    problems.error("JOURNAL_PRUNED", base::Place::of(journal), sentence,
                   "put it back from a backup: `cadre journal restore`");
  return problems;
}

base::Result<std::string> read_segment(const Segment& segment) {
  if (segment.is_compressed()) return decompress(segment.path, segment_bytes_most, true);
  return base::read_file(segment.path, segment_bytes_most);
}

base::Problems compress_segments(const fs::path& journal) {
  base::Problems problems;
  for (const auto& [number, path] : older_segments(journal)) {
    if (path.extension() != ".zst") problems.append(compress_segment(path));
  }
  return problems;
}

base::Problems prune_segments(const fs::path& journal, std::uint64_t keep, std::uint64_t needed_from) {
  if (keep == 0) return {};
  const auto segments = segments_of(journal);
  if (!segments) return segments.problems();
  base::Problems problems;
  for (std::size_t k = 0; k + 1 < segments->size() && segments->size() - 1 - k > keep; ++k) {
    if ((*segments)[k + 1].head.begins_at > needed_from) break;
    std::error_code error;
    fs::remove((*segments)[k].path, error);
    // One after the other on the disk too: a power cut in between leaves no gap.
    if (!error && !base::sync_folder_of((*segments)[k].path)) error.assign(errno, std::generic_category());
    if (error)
      problems.error("JOURNAL_NOT_WRITABLE", {.file = (*segments)[k].path.string()},
                     "the segment cannot be removed (" + error.message() + ")");
  }
  return problems;
}

}  // namespace cadre::journal

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "host/base/result.hpp"
#include "host/journal/stream_head.hpp"

/// Where the segments of a journal lie: the newest is a file "journal"; older ones are beside it in the
/// folder "segments" under their numbers, as they were written or compressed.
namespace cadre::journal {

inline constexpr std::size_t head_bytes = 16;
/// More is in no segment: what is decompressed has a bound.
inline constexpr std::uint64_t segment_bytes_most = std::uint64_t{1} << 32;

struct Segment {
  std::filesystem::path path;
  StreamHead head;
  std::uint32_t format = 0;

  bool is_compressed() const { return path.extension() == ".zst"; }
};

/// All segments of a journal that are there without a gap, oldest first; the last is `path`. Errors: those of
/// reading a file, JOURNAL_NOT_A_JOURNAL, JOURNAL_VERSION_UNKNOWN.
base::Result<std::vector<Segment>> segments_of(const std::filesystem::path& path);

/// Why a journal cannot be read from where it is asked for: JOURNAL_SEGMENT_MISSING where older segments are
/// there and the one behind them is not; else JOURNAL_PRUNED, with this sentence.
base::Problems begins_too_late(const std::filesystem::path& journal, const std::vector<Segment>& segments,
                               const std::string& sentence);

/// JOURNAL_SEGMENT_MISSING, or nothing: pruning removes the oldest segments, and leaves no gap.
base::Problems check_no_gap(const std::filesystem::path& journal, const std::vector<Segment>& segments);

/// Where the segment with this number lies once another is the newest one.
std::filesystem::path segment_path(const std::filesystem::path& journal, std::uint64_t number);

/// All bytes of a segment, uncompressed. Errors: those of reading a file, JOURNAL_DAMAGED.
base::Result<std::string> read_segment(const Segment& segment);

/// Replaces the older segments that are not compressed yet (zstd); a power cut leaves one of both. Errors:
/// those of reading them, JOURNAL_NOT_WRITABLE.
base::Problems compress_segments(const std::filesystem::path& journal);

/// Removes older segments, the oldest first, until so many are left; 0: all stay. Those that hold byte
/// `needed_from` of the stream, or what comes behind it, stay in any case. Errors: JOURNAL_NOT_WRITABLE.
base::Problems prune_segments(const std::filesystem::path& journal, std::uint64_t keep,
                              std::uint64_t needed_from);

}  // namespace cadre::journal

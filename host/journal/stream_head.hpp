#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace cadre::journal {

/// Whose journal a segment belongs to, and where it has its place in it: in the text of its head, under
/// "stream". The stream is what all segments are one behind the other, heads included, uncompressed.
struct StreamHead {
  std::string host{};             ///< Empty: it is none of a running host's, or of format 3 and before
  std::string book{};             ///< its id
  std::uint64_t beginning = 0;    ///< how often the book was begun again before this journal
  std::uint64_t incarnation = 0;  ///< of the book when the segment was begun
  std::uint64_t segment = 1;      ///< its number, from 1 on
  std::uint64_t begins_at = 0;    ///< byte of the stream
  std::uint64_t before = 0;       ///< XXH3 of the segment before, its head included; 0 in the first

  bool is_named() const { return !host.empty(); }
};

boost::json::object to_json(const StreamHead& head);
/// Out of the text of a head record; one without a name where that says nothing.
StreamHead read_stream_head(std::string_view text);

}  // namespace cadre::journal

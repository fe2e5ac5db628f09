#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/base/result.hpp"

namespace cadre::base {

/// A JSON document is read up to this size: configuration, manifests, revisions and reports, never data.
inline constexpr std::uint64_t json_bytes_most = 64ULL << 20;

/// A JSON document that knows where each of its values was written. Stricter than JSON: no duplicate keys, at
/// most 64 levels, numbers that a double (or 64 bits, for integers) can hold. Doubles are the nearest to
/// their text.
class JsonDocument {
 public:
  /// `file` is only the name that problems show.
  static Result<JsonDocument> parse(std::string file, std::string text);
  /// Reads the file, if it has no more than that many bytes. Errors: those of read_file and of parse.
  static Result<JsonDocument> load(const std::filesystem::path& path,
                                   std::uint64_t bytes_most = json_bytes_most);

  /// A value that nobody wrote into a file: places in it have a pointer alone.
  static JsonDocument of(std::string name, boost::json::value root);

  const std::string& file() const { return file_; }
  const boost::json::value& root() const { return root_; }

  /// Says where the value at a pointer was written: in a text that is no JSON, such as a table.
  void note_place(std::string pointer, uint32_t line, uint32_t column);

  /// Where the value at the pointer stands, else its nearest parent that exists; `pointer` as asked, or,
  /// inside of an embedded document, as it is in that document's own file.
  Place place(std::string_view json_pointer) const;

  /// Replaces a value, or adds it, with the objects around it that are not there yet. Text that is not JSON
  /// is taken as a string. Afterwards places in it name `origin`. Errors: JSON_POINTER_INVALID,
  /// JSON_POINTER_UNKNOWN, or those of the text.
  Problems set(std::string_view pointer, std::string_view json_text, const std::string& origin);

  /// Replaces the existing value at the pointer by the other document; places in it name the other's file.
  void embed(std::string_view pointer, const JsonDocument& other);
  /// Takes a root with more members than were written, defaults for instance. Places stay those of what was
  /// written.
  void fill(boost::json::value root) { root_ = std::move(root); }

 private:
  struct Position {
    std::string file;
    uint32_t line = 0;
    uint32_t column = 0;
  };
  friend class JsonScanner;

  void replace_positions(std::string_view pointer, const JsonDocument& other);

  std::string file_;
  boost::json::value root_;
  std::map<std::string, Position, std::less<>> positions_;
  std::vector<std::pair<std::string, std::string>> embedded_;  // pointer and file of each embedded document
};

/// One text for equal values: keys sorted bytewise, no blanks, doubles in their shortest form, 3.0 as 3.
std::string canonical(const boost::json::value& value);

/// For people: two blanks a level, keys in their order.
std::string pretty(const boost::json::value& value);

/// The text as a JSON string with its quotation marks; bytes that are not UTF-8 become U+FFFD.
std::string quote(std::string_view text);

/// One reference token of a JSON pointer: ~ and / escaped.
std::string pointer_token(std::string_view key);

/// The value at the pointer, or null when there is none.
const boost::json::value* find(const boost::json::value& root, std::string_view pointer);

}  // namespace cadre::base

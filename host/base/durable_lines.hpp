#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "host/base/result.hpp"

namespace cadre::base {

/// A small file that only grows: one JSON object a line, each with its checksum behind it. What was appended
/// is durable, and a seal beside it (seal.hpp) says how far that is. One thread at a time.
class DurableLines {
 public:
  /// Reads what is there, or makes an empty file; the folder must exist. A last line that was cut off within
  /// its write is removed, since nobody was told of it (warning: STATE_LINE_CUT). `otherwise`: what somebody
  /// has to look at who goes on without the file. Errors: STATE_LINE_DAMAGED with the line, STATE_FILE_LOST,
  /// STATE_FILE_CHANGED, FILE_NOT_READABLE, FILE_NOT_WRITABLE.
  static Result<DurableLines> open(const std::filesystem::path& file,
                                   const std::string& otherwise = "what it said is forgotten");
  DurableLines(DurableLines&& other) noexcept;
  DurableLines& operator=(DurableLines&& other) noexcept;
  ~DurableLines();

  /// What it held when it was opened, oldest first.
  const std::vector<boost::json::object>& found() const { return found_; }

  /// On the disk when this returns. Errors: FILE_NOT_WRITABLE, and then the file is as it was.
  Problems append(const boost::json::object& line);

 private:
  explicit DurableLines(std::filesystem::path file) : file_(std::move(file)) {}
  Problems read(std::string_view bytes);
  Problems open_for_appending();
  std::string why_lost() const;

  std::filesystem::path file_;
  int descriptor_ = -1;
  std::string text_;  ///< the whole lines
  std::vector<boost::json::object> found_;
};

}  // namespace cadre::base

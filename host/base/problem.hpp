#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace cadre::base {

enum class Severity { error, warning };

/// Where in the user's input something stands. Lines and columns count from 1, columns in characters; 0 is
/// unknown.
struct Place {
  std::string file{};
  uint32_t line = 0;
  uint32_t column = 0;
  std::string pointer{};  ///< RFC 6901, empty for the whole document

  /// A file as a whole, or whatever else the input came in by, such as "--set".
  static Place of(const std::filesystem::path& file) { return {file.string(), 0, 0, {}}; }
};

struct Problem {
  Severity severity = Severity::error;
  std::string code{};  ///< CATEGORY_CONDITION, stable: programs match on it; one of problem_codes()
  Place place{};
  std::string message{};    ///< one plain sentence without a full stop
  std::string next_step{};  ///< what to do about it, may be empty
};

/// `FILE:LINE:COLUMN POINTER: MESSAGE; NEXT STEP [CODE]`, leaving out what is missing.
std::string to_line(const Problem& problem);

/// Problems in the order in which they were found. Warnings do not make an outcome fail.
class Problems {
 public:
  void error(std::string code, Place place, std::string message, std::string next_step = {});
  void warning(std::string code, Place place, std::string message, std::string next_step = {});
  void add(Problem problem);
  void append(const Problems& others);

  bool has_errors() const;
  bool empty() const { return problems_.empty(); }
  size_t size() const { return problems_.size(); }
  const Problem& operator[](size_t i) const { return problems_[i]; }
  auto begin() const { return problems_.begin(); }
  auto end() const { return problems_.end(); }

 private:
  std::vector<Problem> problems_;
};

/// The problems of reading a file, where a file that is not there (FILE_...) is placed where it was asked
/// for.
Problems asked_for_at(const Problems& problems, const Place& place);

}  // namespace cadre::base

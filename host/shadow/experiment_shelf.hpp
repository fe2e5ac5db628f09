#pragma once

#include <boost/json/object.hpp>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/problem.hpp"

namespace cadre::shadow {

/// One line of the list of experiments, of all that one says of itself.
boost::json::object summary_of(const boost::json::object& body);

/// What is known of shadow experiments after the host that ran them: one file for each, with what its results
/// said last, and with what the next host needs to go on with it.
class ExperimentShelf {
 public:
  /// Reads what earlier hosts left in the folder, which is made. One of a version that could not go on with
  /// them is over, and says so; one that failed stays failed until somebody has seen it. Only the newest 64
  /// stay. Warnings: EXPERIMENT_FILE_DAMAGED.
  base::Problems open(std::filesystem::path folder);

  /// Writes what an experiment says of itself, in the place of what it said before. Before open() it does
  /// nothing. A file that cannot be written is told in the log. [any-thread]
  void keep(const boost::json::object& body) const;

  /// What earlier hosts left, as the folder was when it was opened, with what end() did: all of one; a line
  /// of each. [any-thread]
  std::optional<boost::json::object> find(std::string_view name) const;
  std::vector<boost::json::object> summaries() const;
  /// Those that ran when their host ended.
  std::vector<std::string> unfinished() const;
  /// Of one of these, the book that it was beside.
  std::string book_of(const std::string& name) const;
  /// Somebody has seen that one failed, in this host or an earlier one: it is ended, for this reason.
  void settle(const std::string& name, const std::string& reason);
  /// One of these does not go on. `state`: "ended" or "failed".
  void end(const std::string& name, const char* state, const std::string& reason);

 private:
  std::filesystem::path file_of(const std::string& name) const;

  std::filesystem::path folder_;
  mutable std::mutex mutex_;
  std::map<std::string, boost::json::object, std::less<>> earlier_;
};

}  // namespace cadre::shadow

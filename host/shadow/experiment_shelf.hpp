#pragma once

#include <boost/json/object.hpp>
#include <filesystem>
#include <map>
#include <string>

#include "host/base/problem.hpp"

namespace cadre::shadow {

/// What is known of shadow experiments after the host that ran them: one file for each, with what its results
/// said last. Their arms live in a process and go with it.
class ExperimentShelf {
 public:
  /// Reads what earlier hosts left in the folder, which is made. One that ran when its host ended is over
  /// from here on, and says so. Only the newest 64 stay. Warnings: EXPERIMENT_FILE_DAMAGED.
  base::Problems open(std::filesystem::path folder);

  /// Writes what an experiment says of itself, in the place of what it said before. Before open() it does
  /// nothing. A file that cannot be written is told in the log. [any-thread]
  void keep(const boost::json::object& body) const;

  /// By name, as they were when the folder was opened.
  const std::map<std::string, boost::json::object, std::less<>>& earlier() const { return earlier_; }

 private:
  std::filesystem::path file_of(const std::string& name) const;

  std::filesystem::path folder_;
  std::map<std::string, boost::json::object, std::less<>> earlier_;
};

}  // namespace cadre::shadow

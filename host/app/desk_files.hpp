#pragma once

#include <string>
#include <utility>
#include <vector>

namespace cadre::app {

/// What a new desk is made of.
struct DeskPlan {
  std::string name;  ///< of the host and its book
  /// Empty: the demo with its prices. Else a desk for these, which decides by signals that it is sent.
  std::vector<std::string> instruments;
};

/// The files of a desk of one's own: path below its folder, and text. A host file, its one book's scenario
/// and chain, prices, and the schemas that editors check the files with.
std::vector<std::pair<std::string, std::string>> desk_files(const DeskPlan& plan);

}  // namespace cadre::app

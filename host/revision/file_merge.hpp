#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <vector>

#include "host/agent/catalog.hpp"
#include "host/revision/revision.hpp"

namespace cadre::revision {

/// One thing that files say otherwise than when they were last taken, while what runs says otherwise too. The
/// texts are canonical JSON, or plugins as in a PluginChange; nothing or empty where there is none.
struct FileConflict {
  std::string pointer;  ///< of the value; "plugin ID" for a plugin
  std::optional<std::string> taken, file, running;
};

/// What an edit of files comes to, when what runs is not what was last taken from them.
struct FileMerge {
  boost::json::value config;  ///< what runs, with what the edit changed
  std::vector<FileConflict> conflicts;
};

/// Lets what an edit changed take effect in what runs, and in nothing else: what was applied or rolled back
/// by other means stays, and where the edit says otherwise it is a conflict. An array that has become longer
/// or shorter counts as one value; books are matched by their ids. `taken`, `file` and `running` are complete
/// documents. Pure.
FileMerge merge_files(const boost::json::value& taken, const boost::json::value& file,
                      const boost::json::value& running);

/// The same of plugins: which of `installed` a book may have. A plugin that the edit left as it was is the
/// one that runs, from `pinned`; the others are those that are installed. Conflicts are added to `conflicts`.
agent::Catalog merged_catalog(const std::string& book, const Revision& taken, const Revision& file,
                              const Revision& running, const agent::Catalog& installed,
                              const agent::Catalog& pinned, std::vector<FileConflict>& conflicts);

}  // namespace cadre::revision

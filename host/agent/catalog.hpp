#pragma once

#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

#include "host/agent/manifest.hpp"

namespace cadre::agent {

/// One agent of one plugin version.
struct CatalogEntry {
  std::shared_ptr<const Manifest> manifest;
  const AgentDeclaration* agent = nullptr;  ///< inside *manifest
};

/// What becomes of two manifests with the same id and version.
enum class Twins {
  refused,     ///< both are left out, with a problem
  first_wins,  ///< the one in the earlier folder counts
};

/// All agents that the manifests in some folders describe. No library is opened.
class Catalog {
 public:
  /// Reads every *.json below the folders, in sorted order. A manifest with problems is left out, its
  /// problems are in problems().
  static Catalog discover(const std::vector<std::filesystem::path>& folders, Twins twins = Twins::refused);
  /// The same, after manifests that have been read: these come first.
  static Catalog discover(std::vector<std::shared_ptr<const Manifest>> known,
                          const std::vector<std::filesystem::path>& folders, Twins twins);

  /// The newest version of the agent in the range. Errors name what was looked for, what there is, and a near
  /// name.
  base::Result<CatalogEntry> find(std::string_view agent_id, const VersionRange& range,
                                  const base::Place& asked_at) const;

  const std::vector<CatalogEntry>& entries() const { return entries_; }  ///< by agent id, then version
  const base::Problems& problems() const { return problems_; }
  const std::vector<std::filesystem::path>& folders() const { return folders_; }
  /// Every manifest once.
  std::vector<std::shared_ptr<const Manifest>> manifests() const;
  /// What stood in the way of a manifest that should be here. Before the catalog is used.
  void add_problems(const base::Problems& problems) { problems_.append(problems); }

 private:
  std::vector<CatalogEntry> entries_;
  base::Problems problems_;
  std::vector<std::filesystem::path> folders_;
};

}  // namespace cadre::agent

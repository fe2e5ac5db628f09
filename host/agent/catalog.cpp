#include "host/agent/catalog.hpp"

#include <algorithm>
#include <set>

#include "host/base/json.hpp"
#include "host/base/text.hpp"

namespace cadre::agent {

namespace fs = std::filesystem;

namespace {

std::vector<fs::path> manifests_below(const fs::path& folder, base::Problems& problems) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->is_regular_file(error) && it->path().extension() == ".json") files.push_back(it->path());
  }
  if (error) {
    problems.error("CATALOG_FOLDER_UNREADABLE", base::Place::of(folder),
                   "cannot read this folder of agents: " + error.message(),
                   "name an existing folder with --agents");
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

Catalog Catalog::discover(const std::vector<fs::path>& folders, Twins twins) {
  return discover({}, folders, twins);
}

Catalog Catalog::discover(std::vector<std::shared_ptr<const Manifest>> manifests,
                          const std::vector<fs::path>& folders, Twins twins) {
  Catalog catalog;
  catalog.folders_ = folders;
  std::set<fs::path> seen;
  for (const fs::path& folder : folders) {
    for (const fs::path& file : manifests_below(folder, catalog.problems_)) {
      std::error_code error;
      const fs::path canonical = fs::canonical(file, error);
      if (!error && !seen.insert(canonical).second) continue;
      auto manifest = read_manifest(file);
      catalog.problems_.append(manifest.problems());
      if (!manifest) continue;
      const bool known = std::any_of(manifests.begin(), manifests.end(), [&](const auto& other) {
        return other->id == manifest->id && other->version == manifest->version;
      });
      if (known && twins == Twins::first_wins) continue;
      manifests.push_back(std::make_shared<const Manifest>(std::move(manifest).take()));
    }
  }
  for (const auto& manifest : manifests) {
    const auto twin = std::find_if(manifests.begin(), manifests.end(), [&](const auto& other) {
      return other != manifest && other->id == manifest->id && other->version == manifest->version;
    });
    if (twin != manifests.end()) {
      catalog.problems_.error("CATALOG_VERSION_TWICE", manifest->version_place,
                              manifest->id + " " + manifest->version.to_string() + " is also described by " +
                                  (*twin)->file.string(),
                              "remove one of the two manifests or raise a version");
      continue;
    }
    for (const AgentDeclaration& agent : manifest->agents)
      catalog.entries_.push_back({manifest, &agent});
  }
  std::stable_sort(catalog.entries_.begin(), catalog.entries_.end(),
                   [](const CatalogEntry& a, const CatalogEntry& b) {
                     if (a.agent->id != b.agent->id) return a.agent->id < b.agent->id;
                     return a.manifest->version < b.manifest->version;
                   });
  return catalog;
}

std::vector<std::shared_ptr<const Manifest>> Catalog::manifests() const {
  std::vector<std::shared_ptr<const Manifest>> all;
  for (const CatalogEntry& entry : entries_) {
    if (std::find(all.begin(), all.end(), entry.manifest) == all.end()) all.push_back(entry.manifest);
  }
  return all;
}

base::Result<CatalogEntry> Catalog::find(std::string_view agent_id, const VersionRange& range,
                                         const base::Place& asked_at) const {
  const CatalogEntry* newest = nullptr;
  std::vector<std::string> versions;
  std::vector<std::string> ids;
  for (const CatalogEntry& entry : entries_) {
    ids.push_back(entry.agent->id);
    if (entry.agent->id != agent_id) continue;
    versions.push_back(entry.manifest->version.to_string());
    if (range.contains(entry.manifest->version)) newest = &entry;
  }
  if (newest != nullptr) return *newest;
  base::Problems problems;
  if (!versions.empty()) {
    problems.error("AGENT_VERSION_UNKNOWN", asked_at,
                   "no version of " + std::string(agent_id) + " is in the range " +
                       base::quote(range.text()) + "; there is " + base::join(versions, ", "),
                   "change the range or add the version's manifest");
    return problems;
  }
  std::vector<std::string> folders;
  for (const fs::path& folder : folders_)
    folders.push_back(folder.string());
  const std::string near = base::nearest(agent_id, ids);
  problems.error(
      "AGENT_UNKNOWN", asked_at, "no manifest describes an agent " + base::quote(agent_id),
      (near.empty() ? std::string() : "did you mean " + base::quote(near) + "? ") + "looked " +
          (folders.empty() ? "among the plugins that the host keeps" : "in " + base::join(folders, ", ")) +
          "; `cadre agent list` shows what there is");
  return problems;
}

}  // namespace cadre::agent

#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cadre/plugin.h"
#include "host/agent/flight_recorder.hpp"
#include "host/agent/manifest.hpp"

namespace cadre::agent {

/// One loaded plugin library, from the store's private copy. The only place that opens and closes libraries.
/// Shared by all instances made from it; the last one to go unloads it.
class Library {
 public:
  /// Opens it with everything bound, compares its descriptor with the manifest, field by field, and checks
  /// that the entry point lies in this very file. Errors: LIBRARY_LOAD, LIBRARY_STALE, ABI_MISMATCH,
  /// MANIFEST_MISMATCH, LIBRARY_CHANGES_FLOATING_POINT.
  static base::Result<std::shared_ptr<Library>> load(const std::filesystem::path& copy,
                                                     std::shared_ptr<const Manifest> manifest);
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  /// A copy in this host's form, as those of its agents.
  const cadre_plugin_descriptor& descriptor() const { return descriptor_; }
  const Manifest& manifest() const { return *manifest_; }
  const std::shared_ptr<const Manifest>& shared_manifest() const { return manifest_; }
  const std::filesystem::path& path() const { return path_; }
  /// The descriptor of one of its agents, or nullptr.
  const cadre_agent_descriptor* agent(std::string_view id) const;

 private:
  struct Handle;
  Library() = default;

  FlightCardHolder flight_;
  std::unique_ptr<Handle> handle_;
  std::filesystem::path path_;
  std::shared_ptr<const Manifest> manifest_;
  cadre_plugin_descriptor descriptor_{};
  std::vector<cadre_agent_descriptor> agents_;
};

/// A library that should be gone and is not.
struct RetainedLibrary {
  std::filesystem::path path;
  std::string reason;
};
/// Those that are still mapped now, oldest first. [any-thread]
std::vector<RetainedLibrary> retained_libraries();

/// Whether a library with this path is mapped into the process: the proof of an unload.
bool is_mapped(const std::filesystem::path& path);

}  // namespace cadre::agent

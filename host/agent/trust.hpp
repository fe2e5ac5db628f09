#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "host/agent/manifest.hpp"

namespace cadre::agent {

/// Why a library may run in the process of a host without being asked for. Never what a manifest says of
/// itself.
enum class TrustedBy {
  nobody,         ///< it gets a process of its own, unless the configuration says otherwise
  build,          ///< built with this host: its SHA-256 lies beside the program
  configuration,  ///< its SHA-256 is in the host's configuration, /trust/sha256
  folder          ///< it lies, or lay when it was taken over, where only root can write
};

/// "build", for status and documents.
const char* trusted_by_name(TrustedBy by);

/// Whom a host trusts. Immutable; [any-thread].
class Trust {
 public:
  /// `digests`: lower-case SHA-256 sums of the configuration. `store`: the host's own copies, where a mark
  /// says which of them came out of a folder of root.
  Trust(std::vector<std::string> digests, std::filesystem::path store);

  TrustedBy trusted_by(const Manifest& manifest) const;

 private:
  std::set<std::string> digests_;
  std::filesystem::path store_;
};

/// The sums of what was built with this program: one in each file of the folder trusted_agents that
/// comes with it (base::beside_program).
/// Whoever can write there can replace the program too.
const std::set<std::string>& built_digests();

/// Whether a file and all folders above it belong to root, and nobody else may put anything in their place.
bool is_roots_own(const std::filesystem::path& file);

/// Whether a library is a copy in a store, however both are written.
bool is_below(const std::filesystem::path& store, const std::filesystem::path& library);

/// What lies beside a copy in the store that came out of a folder of root.
inline constexpr const char* roots_own_mark = "from_a_folder_of_root";

}  // namespace cadre::agent

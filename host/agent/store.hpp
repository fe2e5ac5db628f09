#pragma once

#include <filesystem>

#include "host/agent/allowed_imports.hpp"
#include "host/agent/manifest.hpp"
#include "host/agent/quarantine.hpp"

namespace cadre::agent {

/// The host's private, content-addressed copies of plugin bytes: <root>/<sha256>/<file name>. Only from here
/// is anything loaded: an operator's path may be overwritten while it is mapped, and the same path would give
/// the old code.
class Store {
 public:
  explicit Store(std::filesystem::path root) : root_(std::move(root)) {}

  /// Copies the manifest's library, checks the copy's SHA-256 against the manifest, audits the copied bytes
  /// by the list of imports for where the agent will run: the wider one is for a process of its own. A copy
  /// out of a folder of root is marked (agent/trust.hpp). Returns its path. Errors: LIBRARY_MISSING,
  /// LIBRARY_HASH, FILE_TOO_LARGE, FILE_NOT_REGULAR, AUDIT_*; a refused library leaves nothing in the store.
  base::Result<std::filesystem::path> adopt(const Manifest& manifest, ImportList list) const;

  const std::filesystem::path& root() const { return root_; }

  /// What nobody may make an instance from; it has to outlive the store. Before anything is built.
  void keep_out(const Quarantine& quarantine) { quarantine_ = &quarantine; }
  /// Null: nothing is kept out.
  const Quarantine* quarantine() const { return quarantine_; }

 private:
  const Quarantine* quarantine_ = nullptr;
  std::filesystem::path root_;
};

}  // namespace cadre::agent

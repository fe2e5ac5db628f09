#pragma once

#include <filesystem>

#include "host/agent/allowed_imports.hpp"
#include "host/agent/manifest.hpp"
#include "host/agent/quarantine.hpp"
#include "host/agent/secrets.hpp"

namespace cadre::agent {

/// The host's private, content-addressed copies of plugin bytes: <root>/<sha256>/<file name>. Only from here
/// is anything loaded: an operator's path may be overwritten while it is mapped, and the same path would give
/// the old code. Beside each library the bytes of every manifest that it ran under:
/// <root>/<sha256>/<sha256 of the manifest>.manifest.
class Store {
 public:
  explicit Store(std::filesystem::path root) : root_(std::move(root)) {}

  /// Copies the manifest's library, checks the copy's SHA-256 against the manifest, audits the copied bytes
  /// by the list of imports for where the agent will run: the wider one is for a process of its own. A copy
  /// out of a folder of root is marked (agent/trust.hpp). Returns its path. Errors: LIBRARY_MISSING,
  /// LIBRARY_HASH, FILE_TOO_LARGE, FILE_NOT_REGULAR, AUDIT_*; a refused library leaves nothing in the store.
  base::Result<std::filesystem::path> adopt(const Manifest& manifest, ImportList list) const;

  /// Keeps the bytes of the manifest, so that read_kept finds them. Errors: MANIFEST_CHANGED when the file
  /// has other bytes by now; STORE_NOT_WRITABLE, FILE_NOT_WRITABLE.
  base::Problems keep_manifest(const Manifest& manifest) const;
  /// A manifest that was kept, with the library of this digest. Errors: those of read_manifest;
  /// MANIFEST_DAMAGED.
  base::Result<Manifest> read_kept(const std::string& sha256, const std::string& manifest_sha256) const;

  const std::filesystem::path& root() const { return root_; }

  /// What nobody may make an instance from; it has to outlive the store. Before anything is built.
  void keep_out(const Quarantine& quarantine) { quarantine_ = &quarantine; }
  /// Null: nothing is kept out.
  const Quarantine* quarantine() const { return quarantine_; }

  /// What agents that are made are given; it has to outlive the store. Before anything is built.
  void give(const Secrets& secrets) { secrets_ = &secrets; }
  /// Null: there are none.
  const Secrets* secrets() const { return secrets_; }

 private:
  std::filesystem::path kept_at(const std::string& sha256, const std::string& manifest_sha256) const;

  const Quarantine* quarantine_ = nullptr;
  const Secrets* secrets_ = nullptr;
  std::filesystem::path root_;
};

}  // namespace cadre::agent

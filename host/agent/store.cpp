#include "host/agent/store.hpp"

#include "host/agent/audit.hpp"
#include "host/agent/elf_image.hpp"
#include "host/agent/trust.hpp"
#include "host/base/durable_folder.hpp"
#include "host/base/file.hpp"
#include "host/base/hash.hpp"
#include "host/base/json.hpp"

namespace cadre::agent {

namespace fs = std::filesystem;

base::Result<fs::path> Store::adopt(const Manifest& manifest, ImportList list) const {
  base::Problems problems;
  const base::Place& at = manifest.library_place;
  auto bytes = base::read_file(manifest.library, library_bytes_most);
  if (!bytes) {
    const base::Problem& why = bytes.problems()[0];
    const bool is_no_library = why.code == "FILE_TOO_LARGE" || why.code == "FILE_NOT_REGULAR";
    problems.error(is_no_library ? why.code : "LIBRARY_MISSING", at,
                   "cannot read the library " + manifest.library.string() +
                       (is_no_library ? ": " + why.message : std::string()),
                   "build the plugin, or correct /library/path");
    return problems;
  }
  const std::string digest = base::sha256_hex(*bytes);
  if (digest != manifest.sha256) {
    // What the bytes are says more than that they are others than expected: a truncated file is named as
    // such.
    problems.error("LIBRARY_HASH", at,
                   manifest.library.string() + " has SHA-256 " + digest.substr(0, 12) +
                       "..., the manifest says " + manifest.sha256.substr(0, 12) + "...",
                   "write the manifest again after building the library");
    problems.append(audit_library(*bytes, manifest.library.string(), list));
    return problems;
  }
  problems.append(audit_library(*bytes, manifest.library.string(), list));
  if (problems.has_errors()) return problems;

  const fs::path folder = root_ / digest;
  const fs::path copy = folder / manifest.library.filename();
  const fs::path beside = fs::path(copy).replace_extension(".json");
  std::error_code error;
  const bool is_marked = fs::exists(folder / roots_own_mark, error);
  const bool is_of_root = is_marked || (!is_below(root_, manifest.library) &&
                                        is_roots_own(manifest.library) && is_roots_own(manifest.file));
  if (const auto there = base::sha256_file(copy, library_bytes_most);
      there && *there == digest && fs::exists(beside, error) && is_marked == is_of_root)
    return fs::absolute(copy);
  error = base::make_durable_folder(folder);
  if (error) {
    problems.error("STORE_NOT_WRITABLE", base::Place::of(folder),
                   "cannot make this folder: " + error.message(), "");
    return problems;
  }
  problems.append(base::write_file_atomically(copy, *bytes));
  // With its manifest beside it, the store is a folder of agents by itself: a run can be replayed from it.
  auto document = base::JsonDocument::load(manifest.file, manifest_bytes_most);
  if (document) {
    document->set("/library/path", base::quote(copy.filename().string()), "");
    problems.append(base::write_file_atomically(beside, base::pretty(document->root()) + "\n"));
  }
  if (is_of_root) problems.append(base::write_file_atomically(folder / roots_own_mark, ""));
  if (problems.has_errors()) return problems;
  return fs::absolute(copy);
}

fs::path Store::kept_at(const std::string& sha256, const std::string& manifest_sha256) const {
  return root_ / sha256 / (manifest_sha256 + ".manifest");
}

base::Problems Store::keep_manifest(const Manifest& manifest) const {
  base::Problems problems;
  const fs::path kept = kept_at(manifest.sha256, manifest.text_sha256);
  if (const auto there = base::sha256_file(kept, manifest_bytes_most);
      there && *there == manifest.text_sha256)
    return problems;
  const auto bytes = base::read_file(manifest.file, manifest_bytes_most);
  if (!bytes) return bytes.problems();
  if (base::sha256_hex(*bytes) != manifest.text_sha256) {
    problems.error("MANIFEST_CHANGED", base::Place::of(manifest.file),
                   "it was changed while it was looked at", "try again when it is not being written");
    return problems;
  }
  if (const std::error_code error = base::make_durable_folder(kept.parent_path())) {
    problems.error("STORE_NOT_WRITABLE", base::Place::of(kept.parent_path()),
                   "cannot make this folder: " + error.message(), "");
    return problems;
  }
  return base::write_file_atomically(kept, *bytes);
}

base::Result<Manifest> Store::read_kept(const std::string& sha256, const std::string& manifest_sha256) const {
  const fs::path kept = kept_at(sha256, manifest_sha256);
  auto manifest = read_manifest(kept, kept.parent_path());
  if (!manifest || (manifest->text_sha256 == manifest_sha256 && manifest->sha256 == sha256)) return manifest;
  base::Problems problems;
  problems.error("MANIFEST_DAMAGED", base::Place::of(kept),
                 "the kept manifest has other bytes than its name says",
                 "restore it from a copy of the state folder, or boot another revision");
  return problems;
}

}  // namespace cadre::agent

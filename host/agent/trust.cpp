#include "host/agent/trust.hpp"

#include <sys/stat.h>

#include "host/base/file.hpp"
#include "host/base/program_files.hpp"

namespace cadre::agent {

namespace fs = std::filesystem;

namespace {

/// A folder with the sticky bit lets nobody replace what root has put there.
bool only_root_replaces(const fs::path& path, bool is_folder_above) {
  struct stat what {};
  if (::lstat(path.c_str(), &what) != 0 || what.st_uid != 0) return false;
  if ((what.st_mode & (S_IWGRP | S_IWOTH)) == 0) return true;
  return is_folder_above && (what.st_mode & S_ISVTX) != 0;
}

}  // namespace

const char* trusted_by_name(TrustedBy by) {
  switch (by) {
    case TrustedBy::build:
      return "build";
    case TrustedBy::configuration:
      return "configuration";
    case TrustedBy::folder:
      return "folder";
    default:
      return "nobody";
  }
}

Trust::Trust(std::vector<std::string> digests, fs::path store)
    : digests_(std::make_move_iterator(digests.begin()), std::make_move_iterator(digests.end())),
      store_(std::move(store)) {}

TrustedBy Trust::trusted_by(const Manifest& manifest) const {
  if (built_digests().count(manifest.sha256) != 0) return TrustedBy::build;
  if (digests_.count(manifest.sha256) != 0) return TrustedBy::configuration;
  // The mark counts in the store alone: anyone can write one beside a library of their own. It is about
  // bytes, so it counts for the same ones elsewhere too: where an agent runs does not depend on who brings a
  // change.
  std::error_code error;
  if (fs::exists(store_ / manifest.sha256 / roots_own_mark, error)) return TrustedBy::folder;
  if (is_below(store_, manifest.library)) return TrustedBy::nobody;
  return is_roots_own(manifest.library) && is_roots_own(manifest.file) ? TrustedBy::folder
                                                                       : TrustedBy::nobody;
}

const std::set<std::string>& built_digests() {
  static const std::set<std::string> digests = [] {
    std::set<std::string> found;
    std::error_code error;
    const fs::path folder = base::beside_program("trusted_agents");
    constexpr std::uint64_t digest_characters = 64;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
      if (auto digest = base::read_file(it->path(), digest_characters))
        found.insert(std::move(digest).take());
    }
    return found;
  }();
  return digests;
}

bool is_below(const fs::path& store, const fs::path& library) {
  std::error_code error;
  const fs::path folder = fs::weakly_canonical(library.parent_path(), error).parent_path();
  return !error && folder == fs::weakly_canonical(store, error) && !error;
}

bool is_roots_own(const fs::path& file) {
  std::error_code error;
  const fs::path real = fs::canonical(file, error);
  if (error || !only_root_replaces(real, false)) return false;
  for (fs::path folder = real.parent_path(); folder != folder.parent_path(); folder = folder.parent_path()) {
    if (!only_root_replaces(folder, folder != real.parent_path())) return false;
  }
  return true;
}

}  // namespace cadre::agent

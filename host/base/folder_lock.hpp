#pragma once

#include <filesystem>
#include <string>

#include "host/base/result.hpp"

namespace cadre::base {

/// A folder that one process alone works in: the lock is on the folder itself, so that there is no file that
/// somebody could remove to get around it, and on its path, so that another folder in its place is locked
/// too. Gone with the process, however that ends. One thread at a time.
class FolderLock {
 public:
  FolderLock() = default;
  FolderLock(FolderLock&& other) noexcept;
  FolderLock& operator=(FolderLock&& other) noexcept;
  ~FolderLock();

  /// Waits up to a second: a child that a killed process was about to start has its lock until it becomes
  /// another program. Errors: `in_use` with `who` when another process has it; FOLDER_NOT_LOCKED when the
  /// folder cannot be opened.
  static Result<FolderLock> take(const std::filesystem::path& folder, const char* in_use,
                                 const std::string& who, const std::string& next_step);

  /// Whether the folder still has this path: nobody has put another one in its place.
  bool is_at(const std::filesystem::path& folder) const;

 private:
  explicit FolderLock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_ = -1;
  int path_descriptor_ = -1;  ///< a socket whose name in the kernel is made of the path; -1: none
};

}  // namespace cadre::base

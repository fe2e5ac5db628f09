#include "host/base/folder_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

namespace cadre::base {

namespace {

bool locks_soon(int descriptor) {
  constexpr int tries = 50;
  for (int n = 0; flock(descriptor, LOCK_EX | LOCK_NB) != 0; ++n) {
    if (n == tries) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

}  // namespace

FolderLock::FolderLock(FolderLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FolderLock& FolderLock::operator=(FolderLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

FolderLock::~FolderLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<FolderLock> FolderLock::take(const std::filesystem::path& folder, const char* in_use,
                                    const std::string& who, const std::string& next_step) {
  Problems problems;
  FolderLock lock(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (lock.descriptor_ < 0) {
    problems.error("FOLDER_NOT_LOCKED", Place::of(folder),
                   "the folder cannot be opened (" + std::string(std::strerror(errno)) + ")",
                   "check its permissions");
  } else if (!locks_soon(lock.descriptor_)) {
    problems.error(in_use, Place::of(folder), who, next_step);
  } else {
    return lock;
  }
  return problems;
}

}  // namespace cadre::base

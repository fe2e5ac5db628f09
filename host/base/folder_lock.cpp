#include "host/base/folder_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <thread>
#include <utility>

#include "host/base/hash.hpp"

namespace cadre::base {

namespace {

/// Until it holds, or for a second.
template <class Holds>
bool soon(const Holds& holds) {
  constexpr int tries = 50;
  for (int n = 0; !holds(); ++n) {
    if (n == tries) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

/// A name of no file (unix(7), abstract), the same for every way to write the path.
sockaddr_un name_of(const std::filesystem::path& folder, socklen_t& bytes) {
  std::error_code error;
  const std::filesystem::path whole = std::filesystem::canonical(folder, error);
  const std::string name = "cadre-folder-" + sha256_hex(error ? folder.string() : whole.string());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path + 1, name.data(), name.size());
  bytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  return address;
}

/// Whether a process of this user, or of root, has the name. Another user's is nobody's lock: it must not
/// keep a host from starting.
bool is_held_by_us(const sockaddr_un& address, socklen_t bytes) {
  const int asking = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  ucred peer{};
  socklen_t size = sizeof peer;
  const bool answers = asking >= 0 &&
                       ::connect(asking, reinterpret_cast<const sockaddr*>(&address), bytes) == 0 &&
                       ::getsockopt(asking, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0;
  const bool is_full = asking >= 0 && !answers && errno == EAGAIN;  // of many who asked
  if (asking >= 0) ::close(asking);
  return is_full || (answers && (peer.uid == ::geteuid() || peer.uid == 0));
}

/// Takes the name of the path. False: another process of ours has it.
bool takes_path(const std::filesystem::path& folder, int& descriptor) {
  socklen_t bytes = 0;
  const sockaddr_un address = name_of(folder, bytes);
  descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto is_taken = [&] {
    return ::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), bytes) == 0 &&
           ::listen(descriptor, 1) == 0;
  };
  if (descriptor < 0 || soon(is_taken)) return true;
  ::close(std::exchange(descriptor, -1));
  return !is_held_by_us(address, bytes);
}

}  // namespace

FolderLock::FolderLock(FolderLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      path_descriptor_(std::exchange(other.path_descriptor_, -1)) {}

FolderLock& FolderLock::operator=(FolderLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(path_descriptor_, other.path_descriptor_);
  return *this;
}

FolderLock::~FolderLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (path_descriptor_ >= 0) ::close(path_descriptor_);
}

Result<FolderLock> FolderLock::take(const std::filesystem::path& folder, const char* in_use,
                                    const std::string& who, const std::string& next_step) {
  Problems problems;
  FolderLock lock(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (lock.descriptor_ < 0) {
    problems.error("FOLDER_NOT_LOCKED", Place::of(folder),
                   "the folder cannot be opened (" + std::string(std::strerror(errno)) + ")",
                   "check its permissions");
  } else if (!soon([&] { return flock(lock.descriptor_, LOCK_EX | LOCK_NB) == 0; }) ||
             !takes_path(folder, lock.path_descriptor_)) {
    problems.error(in_use, Place::of(folder), who, next_step);
  } else {
    return lock;
  }
  return problems;
}

bool FolderLock::is_at(const std::filesystem::path& folder) const {
  struct stat own {
  }, there{};
  return ::fstat(descriptor_, &own) == 0 && ::stat(folder.c_str(), &there) == 0 &&
         own.st_dev == there.st_dev && own.st_ino == there.st_ino;
}

}  // namespace cadre::base

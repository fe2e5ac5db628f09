// Preloaded into a host (LD_PRELOAD), it writes down in their order everything that is done to the files of
// one folder (POWER_CUT_ROOT) into a file outside of it (POWER_CUT_LOG): what was written where, names that
// were made, changed and removed, and what was synced. power_cut.py beside it makes of that what a disk may
// hold after a power cut at any moment.
//
// A call and its line in the log are one step: no other call comes between. A sync is written down when it is
// over; a host that is killed in between has told nobody.

#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <mutex>
#include <string>

namespace {

/// What stands in the log, as numbers of power_cut.py.
enum class Step : std::uint32_t {
  create = 1,
  write,
  truncate,
  sync,
  sync_folder,
  rename,
  link,
  unlink,
  mkdir,
  rmdir,
  symlink
};

struct LogHead {
  std::uint32_t step, path_bytes, other_bytes, unused;
  std::uint64_t inode, offset, data_bytes;
};

constexpr int descriptors_most = 4096;

struct Recorder {
  std::recursive_mutex mutex;
  std::string root;
  int log = -1;
  std::array<bool, descriptors_most> is_ours{};

  Recorder() {
    const char* folder = ::getenv("POWER_CUT_ROOT");
    const char* file = ::getenv("POWER_CUT_LOG");
    if (folder == nullptr || file == nullptr) return;
    root = folder;
    auto* real = reinterpret_cast<int (*)(const char*, int, ...)>(::dlsym(RTLD_NEXT, "open"));
    log = real(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  }
};

Recorder& recorder() {
  static auto* const one = new Recorder;  // never taken away: threads may outlive main
  return *one;
}

template <class Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}
#define REAL(name)                                            \
  (*[] {                                                      \
    static auto* const found = real<decltype(::name)>(#name); \
    return found;                                             \
  }())

std::string absolute(int folder, const char* path) {
  if (path[0] == '/') return path;
  char at[PATH_MAX] = {};
  if (folder == AT_FDCWD) {
    if (::getcwd(at, sizeof at) == nullptr) return path;
  } else {
    const std::string link = "/proc/self/fd/" + std::to_string(folder);
    if (::readlink(link.c_str(), at, sizeof at - 1) < 0) return path;
  }
  return std::string(at) + "/" + path;
}

bool is_inside(const std::string& path) {
  const Recorder& all = recorder();
  return all.log >= 0 && path.size() > all.root.size() && path.compare(0, all.root.size(), all.root) == 0 &&
         path[all.root.size()] == '/';
}

bool is_ours(int descriptor) {
  return descriptor >= 0 && descriptor < descriptors_most &&
         recorder().is_ours[static_cast<std::size_t>(descriptor)];
}

void tell(Step step, const std::string& path, const std::string& other, std::uint64_t inode,
          std::uint64_t offset, const void* data, std::size_t bytes) {
  const LogHead head{static_cast<std::uint32_t>(step),
                     static_cast<std::uint32_t>(path.size()),
                     static_cast<std::uint32_t>(other.size()),
                     0,
                     inode,
                     offset,
                     bytes};
  std::string line(reinterpret_cast<const char*>(&head), sizeof head);
  line += path + other;
  if (bytes != 0) line.append(static_cast<const char*>(data), bytes);
  if (REAL(write)(recorder().log, line.data(), line.size()) != static_cast<ssize_t>(line.size())) ::abort();
}

std::uint64_t inode_of(int descriptor) {
  struct stat about {};
  return ::fstat(descriptor, &about) == 0 ? about.st_ino : 0;
}

void tell_of(Step step, int descriptor, std::uint64_t offset, const void* data, std::size_t bytes) {
  tell(step, "", "", inode_of(descriptor), offset, data, bytes);
}

/// What was written at the end of a descriptor's place.
void tell_written(int descriptor, const void* data, ssize_t bytes) {
  if (bytes <= 0) return;
  const off_t end = ::lseek(descriptor, 0, SEEK_CUR);
  tell_of(Step::write, descriptor, static_cast<std::uint64_t>(end - bytes), data,
          static_cast<std::size_t>(bytes));
}

void opened(int descriptor, const std::string& path, bool is_new, int flags) {
  if (descriptor < 0 || descriptor >= descriptors_most) return;
  recorder().is_ours[static_cast<std::size_t>(descriptor)] = true;
  if (is_new)
    tell(Step::create, path, "", inode_of(descriptor), 0, nullptr, 0);
  else if ((flags & O_TRUNC) != 0)
    tell_of(Step::truncate, descriptor, 0, nullptr, 0);
}

template <class Open>
int open_with(const std::string& path, int flags, const Open& open) {
  if (!is_inside(path) && path != recorder().root) {
    const int descriptor = open();
    if (descriptor >= 0 && descriptor < descriptors_most)
      recorder().is_ours[static_cast<std::size_t>(descriptor)] = false;
    return descriptor;
  }
  const std::lock_guard hold(recorder().mutex);
  const bool is_new = (flags & O_CREAT) != 0 && ::access(path.c_str(), F_OK) != 0;
  const int descriptor = open();
  const int error = errno;
  opened(descriptor, path, is_new, flags);
  errno = error;
  return descriptor;
}

/// A change of names: told when it succeeded.
template <class Change>
int change(Step step, const std::string& path, const std::string& other, const Change& make) {
  if (!is_inside(path) && !is_inside(other)) return make();
  const std::lock_guard hold(recorder().mutex);
  struct stat about {};
  const bool is_there = ::lstat(path.c_str(), &about) == 0;
  const bool is_folder = is_there && S_ISDIR(about.st_mode);
  const int result = make();
  const int error = errno;
  if (result == 0) {
    const Step told = step == Step::unlink && is_folder ? Step::rmdir : step;
    tell(told, path, other, about.st_ino, 0, nullptr, 0);
  }
  errno = error;
  return result;
}

/// A call on a descriptor: told when it succeeded.
template <class Call, class Tell>
auto on(int descriptor, const Call& call, const Tell& told) {
  if (!is_ours(descriptor)) return call();
  const std::lock_guard hold(recorder().mutex);
  const auto result = call();
  const int error = errno;
  if (result >= 0) told(result);
  errno = error;
  return result;
}

mode_t mode_of(int flags, va_list& more) {
  return (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : 0;
}

}  // namespace

#define CADRE_OPEN(name)                                                                              \
  int name(const char* path, int flags, ...) {                                                        \
    va_list more;                                                                                     \
    va_start(more, flags);                                                                            \
    const mode_t mode = mode_of(flags, more);                                                         \
    va_end(more);                                                                                     \
    return open_with(absolute(AT_FDCWD, path), flags, [&] { return REAL(name)(path, flags, mode); }); \
  }
#define CADRE_OPENAT(name)                                                                                  \
  int name(int folder, const char* path, int flags, ...) {                                                  \
    va_list more;                                                                                           \
    va_start(more, flags);                                                                                  \
    const mode_t mode = mode_of(flags, more);                                                               \
    va_end(more);                                                                                           \
    return open_with(absolute(folder, path), flags, [&] { return REAL(name)(folder, path, flags, mode); }); \
  }

extern "C" {

CADRE_OPEN(open)
CADRE_OPEN(open64)
CADRE_OPENAT(openat)
CADRE_OPENAT(openat64)

int mkostemp(char* path, int flags) {
  if (!is_inside(absolute(AT_FDCWD, path))) return REAL(mkostemp)(path, flags);
  const std::lock_guard hold(recorder().mutex);
  const int descriptor = REAL(mkostemp)(path, flags);
  const int error = errno;
  opened(descriptor, absolute(AT_FDCWD, path), true, flags);
  errno = error;
  return descriptor;
}

int close(int descriptor) {
  if (descriptor >= 0 && descriptor < descriptors_most)
    recorder().is_ours[static_cast<std::size_t>(descriptor)] = false;
  return REAL(close)(descriptor);
}

ssize_t write(int descriptor, const void* data, size_t bytes) {
  return on(
      descriptor, [&] { return REAL(write)(descriptor, data, bytes); },
      [&](ssize_t written) { tell_written(descriptor, data, written); });
}

ssize_t writev(int descriptor, const iovec* parts, int count) {
  return on(
      descriptor, [&] { return REAL(writev)(descriptor, parts, count); },
      [&](ssize_t written) {
        std::string all;
        for (int i = 0; i < count; ++i)
          all.append(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len);
        tell_written(descriptor, all.data(), written);
      });
}

ssize_t pwrite(int descriptor, const void* data, size_t bytes, off_t offset) {
  return on(
      descriptor, [&] { return REAL(pwrite)(descriptor, data, bytes, offset); },
      [&](ssize_t written) {
        tell_of(Step::write, descriptor, static_cast<std::uint64_t>(offset), data,
                static_cast<std::size_t>(written));
      });
}
ssize_t pwrite64(int descriptor, const void* data, size_t bytes, off64_t offset) {
  return pwrite(descriptor, data, bytes, offset);
}

int ftruncate(int descriptor, off_t length) noexcept {
  return on(
      descriptor, [&] { return REAL(ftruncate)(descriptor, length); },
      [&](int) { tell_of(Step::truncate, descriptor, static_cast<std::uint64_t>(length), nullptr, 0); });
}
int ftruncate64(int descriptor, off64_t length) noexcept {
  return ftruncate(descriptor, length);
}

int fsync(int descriptor) {
  return on(
      descriptor, [&] { return REAL(fsync)(descriptor); },
      [&](int) {
        struct stat about {};
        char at[PATH_MAX] = {};
        const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
        if (::fstat(descriptor, &about) != 0) return;
        if (!S_ISDIR(about.st_mode)) return tell(Step::sync, "", "", about.st_ino, 0, nullptr, 0);
        if (::readlink(link.c_str(), at, sizeof at - 1) > 0)
          tell(Step::sync_folder, at, "", about.st_ino, 0, nullptr, 0);
      });
}
int fdatasync(int descriptor) {
  return on(
      descriptor, [&] { return REAL(fdatasync)(descriptor); },
      [&](int) { tell_of(Step::sync, descriptor, 0, nullptr, 0); });
}

int rename(const char* from, const char* to) noexcept {
  return change(Step::rename, absolute(AT_FDCWD, from), absolute(AT_FDCWD, to),
                [&] { return REAL(rename)(from, to); });
}
int link(const char* from, const char* to) noexcept {
  return change(Step::link, absolute(AT_FDCWD, from), absolute(AT_FDCWD, to),
                [&] { return REAL(link)(from, to); });
}
int symlink(const char* content, const char* path) noexcept {
  return change(Step::symlink, absolute(AT_FDCWD, path), content,
                [&] { return REAL(symlink)(content, path); });
}
int unlink(const char* path) noexcept {
  return change(Step::unlink, absolute(AT_FDCWD, path), "", [&] { return REAL(unlink)(path); });
}
int unlinkat(int folder, const char* path, int flags) noexcept {
  return change(Step::unlink, absolute(folder, path), "",
                [&] { return REAL(unlinkat)(folder, path, flags); });
}
int remove(const char* path) noexcept {
  return change(Step::unlink, absolute(AT_FDCWD, path), "", [&] { return REAL(remove)(path); });
}
int rmdir(const char* path) noexcept {
  return change(Step::rmdir, absolute(AT_FDCWD, path), "", [&] { return REAL(rmdir)(path); });
}
int mkdir(const char* path, mode_t mode) noexcept {
  return change(Step::mkdir, absolute(AT_FDCWD, path), "", [&] { return REAL(mkdir)(path, mode); });
}

// Copies within the kernel: what came out of them is read again.
ssize_t copy_file_range(int from, off64_t* from_offset, int to, off64_t* to_offset, size_t bytes,
                        unsigned flags) {
  (void)from, (void)from_offset, (void)to, (void)to_offset, (void)bytes, (void)flags;
  errno = ENOSYS;  // whoever asks reads and writes instead
  return -1;
}
ssize_t sendfile(int to, int from, off_t* offset, size_t bytes) {
  if (is_ours(to)) {
    errno = ENOSYS;
    return -1;
  }
  return real<ssize_t(int, int, off_t*, size_t)>("sendfile")(to, from, offset, bytes);
}

}  // extern "C"

#include "host/base/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace cadre::base {
namespace {

namespace fs = std::filesystem;

// Closes on every way out.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() { close_now(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int number() const { return number_; }
  bool close_now() {
    const bool fine = number_ < 0 || ::close(number_) == 0;
    number_ = -1;
    return fine;
  }

 private:
  int number_;
};

std::string reason(int error) {
  return std::string(std::strerror(error));
}

Problems one_error(std::string code, const fs::path& path, std::string message, std::string next_step = {}) {
  Problems problems;
  problems.error(std::move(code), {.file = path.string()}, std::move(message), std::move(next_step));
  return problems;
}

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

Problems too_large(const fs::path& path, std::uint64_t bytes, std::uint64_t bytes_most) {
  const auto size = [](std::uint64_t count) {
    return count >= 10 << 20 ? std::to_string(count >> 20) + " MB" : std::to_string(count) + " bytes";
  };
  return one_error("FILE_TOO_LARGE", path,
                   "the file has " + size(bytes) + ", at most " + size(bytes_most) + " are read",
                   "is it the right file?");
}

Problems not_regular(const fs::path& path) {
  return one_error("FILE_NOT_REGULAR", path, "this is a pipe, a socket or a device, expected a regular file",
                   "name a file");
}

// The path by its nearest existing folder: tells a wrong folder from a wrong name.
std::string not_found_next_step(const fs::path& path) {
  std::error_code ignored;
  const fs::path folder = path.parent_path();
  if (folder.empty() || fs::exists(folder, ignored)) return "check the name";
  return "the folder " + folder.string() + " does not exist either";
}

}  // namespace

Problems check_readable(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) {
      return one_error("FILE_NOT_FOUND", path, "no such file", not_found_next_step(path));
    }
    return one_error("FILE_NOT_READABLE", path, "the file cannot be read (" + reason(errno) + ")");
  }
  if (S_ISDIR(status.st_mode))
    return one_error("FILE_IS_DIRECTORY", path, "this is a folder, expected a file");
  if (!S_ISREG(status.st_mode)) return not_regular(path);
  if (::access(path.c_str(), R_OK) != 0) {
    return one_error("FILE_NOT_READABLE", path, "the file cannot be read (" + reason(errno) + ")",
                     "check its permissions");
  }
  return {};
}

Result<std::string> read_file(const fs::path& path, std::uint64_t bytes_most) {
  if (Problems problems = check_readable(path); problems.has_errors()) return problems;
  // What was a file a moment ago may be a pipe now: opening never waits, and what is open is looked at again.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  std::string bytes;
  struct stat status {};
  if (file.number() >= 0 && ::fstat(file.number(), &status) == 0) {
    if (!S_ISREG(status.st_mode)) return not_regular(path);
    if (static_cast<std::uint64_t>(status.st_size) > bytes_most)
      return too_large(path, static_cast<std::uint64_t>(status.st_size), bytes_most);
    // One byte more than its size, so that a file of unchanged size ends with the first short read. Files
    // under /proc say size 0 and grow while they are read.
    size_t filled = 0;
    bytes.resize(static_cast<size_t>(status.st_size) + 1);
    while (true) {
      const ssize_t got = ::read(file.number(), bytes.data() + filled, bytes.size() - filled);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) break;
      filled += static_cast<size_t>(got);
      if (filled > bytes_most) return too_large(path, filled, bytes_most);
      if (got == 0) {
        bytes.resize(filled);
        return bytes;
      }
      if (filled == bytes.size()) bytes.resize(bytes.size() * 2 + 4096);
    }
  }
  return one_error("FILE_NOT_READABLE", path, "the file cannot be read (" + reason(errno) + ")");
}

Result<std::string> read_part(const fs::path& path, std::uint64_t from, std::size_t bytes) {
  if (Problems problems = check_readable(path); problems.has_errors()) return problems;
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat about {};
  if (file.number() >= 0 && ::fstat(file.number(), &about) == 0) {
    const auto size = static_cast<std::uint64_t>(about.st_size);
    bytes = std::min<std::uint64_t>(bytes, size > from ? size - from : 0);
  }
  std::string part(bytes, '\0');
  std::size_t filled = 0;
  while (file.number() >= 0) {
    const ssize_t got =
        ::pread(file.number(), part.data() + filled, bytes - filled, static_cast<off_t>(from + filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) break;
    filled += static_cast<std::size_t>(got);
    if (got != 0 && filled != bytes) continue;
    part.resize(filled);
    return part;
  }
  return one_error("FILE_NOT_READABLE", path, "the file cannot be read (" + reason(errno) + ")");
}

bool sync_folder_of(const fs::path& file) {
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return directory.number() >= 0 && ::fsync(directory.number()) == 0;
}

Problems write_file_atomically(const fs::path& path, std::string_view bytes) {
  const auto failed = [&](const std::string& what) {
    return one_error("FILE_NOT_WRITABLE", path, what + " failed (" + reason(errno) + ")");
  };
  std::error_code ignored;
  if (fs::is_directory(path, ignored))
    return one_error("FILE_NOT_WRITABLE", path, "this is a folder, expected a file");
  std::string temporary = path.string() + ".XXXXXX";
  Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (file.number() < 0) return failed("creating a temporary file beside it");
  // mkostemp gives 0600; what stands here is configuration and results, which others may read.
  const bool written = ::fchmod(file.number(), 0644) == 0 && write_all(file.number(), bytes) &&
                       ::fsync(file.number()) == 0 && file.close_now() &&
                       ::rename(temporary.c_str(), path.c_str()) == 0;
  if (!written) {
    const int error = errno;
    ::unlink(temporary.c_str());
    errno = error;
    return failed("writing");
  }
  if (!sync_folder_of(path)) return failed("syncing the folder");
  return {};
}

}  // namespace cadre::base

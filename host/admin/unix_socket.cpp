#include "host/admin/unix_socket.hpp"

#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

namespace cadre::admin {

namespace {

/// Closes at the end of its scope what was not released.
struct Descriptor {
  int number = -1;
  explicit Descriptor(int opened) : number(opened) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
  int release() { return std::exchange(number, -1); }
};

sockaddr_un address_of(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.native().size());
  return address;
}

base::Problems problem(std::string code, const std::filesystem::path& path, std::string message,
                       std::string next_step = {}) {
  base::Problems problems;
  problems.error(std::move(code), {.file = path.string()}, std::move(message), std::move(next_step));
  return problems;
}

base::Problems not_possible(const std::filesystem::path& path, const char* what, int error) {
  return problem("ADMIN_SOCKET_NOT_POSSIBLE", path, std::string(what) + ": " + std::strerror(error));
}

enum class Occupant { nobody, stale_socket, listener, other_file };

Occupant occupant_of(const std::filesystem::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return Occupant::nobody;
  if (!S_ISSOCK(status.st_mode)) return Occupant::other_file;
  const Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const sockaddr_un address = address_of(path);
  if (::connect(probe.number, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return Occupant::listener;
  // Whatever else it is (a full backlog, no permission), somebody is there.
  return errno == ECONNREFUSED ? Occupant::stale_socket : Occupant::listener;
}

std::optional<gid_t> number_of_group(const std::string& group) {
  std::array<char, 65536> text{};
  ::group entry{};
  ::group* found = nullptr;
  if (::getgrnam_r(group.c_str(), &entry, text.data(), text.size(), &found) != 0 || found == nullptr)
    return std::nullopt;
  return entry.gr_gid;
}

/// Gives the socket's file to its owner alone, or to a group too.
base::Problems set_rights(const std::filesystem::path& path, const std::string& group) {
  if (!group.empty()) {
    const auto number = number_of_group(group);
    if (!number)
      return problem("ADMIN_SOCKET_GROUP", path, "there is no group " + group + " for --socket-group",
                     "make it with `groupadd --system " + group + "`, or name another one");
    if (::chown(path.c_str(), static_cast<uid_t>(-1), *number) != 0)
      return problem("ADMIN_SOCKET_GROUP", path,
                     "the socket cannot be given to the group " + group + ": " + std::strerror(errno),
                     "the host's user has to be a member of it");
  }
  if (::chmod(path.c_str(), group.empty() ? 0600 : 0660) != 0)
    return not_possible(path, "its mode cannot be set", errno);
  return {};
}

}  // namespace

base::Result<ListeningSocket> ListeningSocket::open(const std::filesystem::path& path,
                                                    const std::string& group) {
  if (path.native().size() > socket_path_bytes_max) {
    return problem("ADMIN_SOCKET_PATH_TOO_LONG", path,
                   "the path of a socket may have " + std::to_string(socket_path_bytes_max) +
                       " bytes, this one has " + std::to_string(path.native().size()),
                   "use a shorter state folder, or start the host from inside of it");
  }
  switch (occupant_of(path)) {
    case Occupant::nobody:
      break;
    case Occupant::stale_socket:
      if (::unlink(path.c_str()) != 0)
        return not_possible(path, "the socket of a dead process cannot be removed", errno);
      break;
    case Occupant::listener:
      return problem("ADMIN_SOCKET_IN_USE", path, "another process listens at this socket",
                     "stop that host, or give this one another state folder");
    case Occupant::other_file:
      return problem("ADMIN_SOCKET_IN_USE", path, "there is a file that is no socket",
                     "move it away, or choose another path");
  }
  Descriptor listening(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (listening.number < 0) return not_possible(path, "no socket can be made", errno);
  // Before bind, so that there is no moment in which others may connect.
  if (::fchmod(listening.number, 0600) != 0) return not_possible(path, "its mode cannot be set", errno);
  const sockaddr_un address = address_of(path);
  if (::bind(listening.number, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return not_possible(path, "it cannot be bound", errno);
  ListeningSocket made(listening.release(), path);
  if (auto problems = set_rights(path, group); problems.has_errors()) return problems;
  if (::listen(made.descriptor_, SOMAXCONN) != 0) return not_possible(path, "nobody can listen at it", errno);
  return made;
}

ListeningSocket::ListeningSocket(int descriptor, std::filesystem::path path)
    : descriptor_(descriptor), path_(std::move(path)) {
  struct stat status {};
  if (::lstat(path_.c_str(), &status) != 0) return;
  device_ = status.st_dev;
  inode_ = status.st_ino;
}

ListeningSocket::ListeningSocket(ListeningSocket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      path_(std::exchange(other.path_, {})),
      device_(other.device_),
      inode_(other.inode_) {}

ListeningSocket& ListeningSocket::operator=(ListeningSocket&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(path_, other.path_);
  std::swap(device_, other.device_);
  std::swap(inode_, other.inode_);
  return *this;
}

ListeningSocket::~ListeningSocket() {
  remove_file();
  if (descriptor_ >= 0) ::close(descriptor_);
}

int ListeningSocket::release() {
  return std::exchange(descriptor_, -1);
}

bool ListeningSocket::is_in_place() const {
  struct stat status {};
  return ::lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_;
}

void ListeningSocket::remove_file() {
  if (path_.empty() || !is_in_place()) return;
  ::unlink(path_.c_str());
}

}  // namespace cadre::admin

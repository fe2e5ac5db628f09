#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "host/base/result.hpp"

namespace cadre::admin {

/// Bytes a path of a socket may have: sun_path without its end.
constexpr std::size_t socket_path_bytes_max = 107;

/// A socket that listens at its path, for its owner alone (mode 0600) or a group too (0660). The file goes
/// with it.
class ListeningSocket {
 public:
  /// `group`: whose members may connect as the owner may; empty: nobody else may. A socket file that nobody
  /// listens at is replaced: whoever opens has its folder locked. Errors: ADMIN_SOCKET_PATH_TOO_LONG,
  /// ADMIN_SOCKET_IN_USE, ADMIN_SOCKET_NOT_POSSIBLE, ADMIN_SOCKET_GROUP.
  static base::Result<ListeningSocket> open(const std::filesystem::path& path, const std::string& group = {});

  ListeningSocket(ListeningSocket&& other) noexcept;
  ListeningSocket& operator=(ListeningSocket&& other) noexcept;
  ~ListeningSocket();

  /// Whether the file at its path is the one made here: whoever connects there gets to this socket.
  bool is_in_place() const;

  /// The descriptor; the caller closes it from now on, the file still goes with this object.
  int release();

 private:
  ListeningSocket(int descriptor, std::filesystem::path path);
  /// Only when it is still the one made here.
  void remove_file();

  int descriptor_ = -1;
  std::filesystem::path path_;
  std::uint64_t device_ = 0;
  std::uint64_t inode_ = 0;
};

}  // namespace cadre::admin

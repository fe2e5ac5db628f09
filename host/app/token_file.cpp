#include "host/app/token_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <random>

namespace cadre::app {

namespace {

constexpr std::size_t token_bytes_max = 4096;

base::Problems refused(const char* code, const std::filesystem::path& file, std::string what,
                       std::string next_step) {
  base::Problems problems;
  problems.error(code, base::Place::of(file), std::move(what), std::move(next_step));
  return problems;
}

base::Result<std::string> token_in(const std::filesystem::path& file, const std::string& bytes) {
  const std::string token = bytes.substr(0, bytes.find_last_not_of(" \t\r\n") + 1);
  if (token.empty())
    return refused("TOKEN_NOT_USABLE", file, "there is no token in it",
                   "write one into it, or remove it: the host makes one");
  if (token.size() > token_bytes_max)
    return refused("TOKEN_NOT_USABLE", file,
                   "a token may have " + std::to_string(token_bytes_max) + " bytes, this has more",
                   "is it the right file?");
  // Only these can stand in a header of HTTP.
  if (!std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < 0x7f; }))
    return refused("TOKEN_NOT_USABLE", file, "a token is one word of printable ASCII, this is not",
                   "write one word into it, or remove it: the host makes one");
  return token;
}

base::Result<std::string> read_token(const std::filesystem::path& file, int descriptor) {
  struct stat about {};
  if (::fstat(descriptor, &about) != 0 || !S_ISREG(about.st_mode))
    return refused("TOKEN_NOT_USABLE", file, "it is no regular file", "remove it: the host makes one");
  if ((about.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return refused("TOKEN_NOT_PRIVATE", file, "others than its owner may use it",
                   "`chmod 600 " + file.string() + "`, with a new token if others may have read it");
  if (about.st_uid != ::geteuid() && about.st_uid != 0)
    return refused("TOKEN_NOT_PRIVATE", file, "it belongs to another user",
                   "it has to belong to the user of the host, or to root");
  std::array<char, token_bytes_max + 64> bytes{};
  std::size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t got = ::read(descriptor, bytes.data() + size, bytes.size() - size);
    if (got < 0) return refused("TOKEN_NOT_USABLE", file, std::strerror(errno), "check the disk");
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  return token_in(file, std::string(bytes.data(), size));
}

base::Result<std::string> make_token(const std::filesystem::path& file) {
  std::random_device random;
  std::string token;
  for (int i = 0; i < 8; ++i) {
    std::array<char, 9> part{};
    std::snprintf(part.data(), part.size(), "%08x", random());
    token += part.data();
  }
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const bool is_written = descriptor >= 0 && ::write(descriptor, token.data(), token.size()) ==
                                                 static_cast<ssize_t>(token.size());
  if (descriptor >= 0) ::close(descriptor);
  if (is_written) return token;
  if (descriptor >= 0) ::unlink(file.c_str());  // half a token is none
  return refused("TOKEN_NOT_WRITABLE", file, "the token cannot be written", "make room, or check the folder");
}

}  // namespace

base::Result<std::string> token_of(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (descriptor < 0 && errno == ENOENT) return make_token(file);
  if (descriptor < 0)
    return refused("TOKEN_NOT_USABLE", file, std::strerror(errno),
                   "the host's user has to be able to read it");
  auto token = read_token(file, descriptor);
  ::close(descriptor);
  return token;
}

}  // namespace cadre::app

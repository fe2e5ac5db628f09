#include "tests/fuzz/loader_check.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace cadre::fuzz {

namespace {

#if defined(__x86_64__)
constexpr const char* loader = "/lib64/ld-linux-x86-64.so.2";
#elif defined(__aarch64__)
constexpr const char* loader = "/lib/ld-linux-aarch64.so.1";
#endif

/// What ldd -r does: list and relocate, and run nothing.
[[noreturn]] void become_loader(const char* file, int output) {
  const rlimit seconds{5, 5};
  ::setrlimit(RLIMIT_CPU, &seconds);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::dup2(output, 1);
  ::dup2(output, 2);
  const char* const arguments[] = {loader, file, nullptr};
  const char* const environment[] = {"LD_TRACE_LOADED_OBJECTS=1", "LD_WARN=yes", "LD_BIND_NOW=yes", nullptr};
  ::execve(loader, const_cast<char* const*>(arguments), const_cast<char* const*>(environment));
  ::_exit(126);
}

std::string output_of(int descriptor) {
  std::string text;
  std::array<char, 4096> block{};
  while (true) {
    const ssize_t got = ::read(descriptor, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    if (text.size() < 1 << 16) text.append(block.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace

std::string loader_fault(const std::string& file) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return "no pipe";
  const pid_t child = ::fork();
  if (child == 0) become_loader(file.c_str(), ends[1]);
  ::close(ends[1]);
  const std::string text = output_of(ends[0]);
  ::close(ends[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status))
    return "the loader died of signal " + std::to_string(WTERMSIG(status)) + ": " + text;
  if (WEXITSTATUS(status) == 126) return "there is no loader to ask";
  // An assertion of the loader ends the process that it is in.
  if (text.find("Inconsistency detected") != std::string::npos) return "the loader gave up: " + text;
  return {};
}

}  // namespace cadre::fuzz

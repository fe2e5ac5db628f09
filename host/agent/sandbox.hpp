#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace cadre::agent {

/// What the process of an agent may do. Chosen by the stage that the configuration gives the agent, never by
/// what its manifest says of itself.
enum class SandboxProfile : std::uint8_t {
  agent,       ///< computes, and nothing else
  environment  ///< reaches a venue too: sockets and files; still no programs, no other processes
};

/// What a plugin may allocate whose manifest says nothing, in MiB.
inline constexpr std::uint32_t memory_mb_default = 2048;

struct SandboxOrder {
  SandboxProfile profile = SandboxProfile::agent;
  std::span<const std::string> library_folders;
  std::uint32_t memory_mb = memory_mb_default;  ///< what it may allocate, in MiB
  bool allow_weak = false;                      ///< a kernel without Landlock is enough
  bool ends_process = false;                    ///< what the filter does not let pass ends the process
};

/// Before libraries are opened: their constructors run under this. No new privileges, no capabilities but
/// reading, limits on memory and descriptors, Landlock (only what loading reads), and a system call filter:
/// no sockets, no programs, no processes, nothing that is written. Returns what could not be done, as one
/// sentence; empty: all is in place. Irrevocable.
std::string enter_sandbox(const SandboxOrder& order);

/// After all libraries were opened, before any other call into them: no capabilities at all, no files, no new
/// code. The same kind of answer.
std::string seal_sandbox(SandboxProfile profile, bool allow_weak, bool ends_process = false);

/// Whether this kernel, and what this process runs in, let a process bound the files it opens (Landlock).
/// Without, what an isolated agent opens while its library is loaded is bounded by nothing but the rights of
/// the host's user; once loaded it opens nothing. [any-thread]
bool can_bound_files();

}  // namespace cadre::agent

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

/// Before libraries are opened: their constructors run under this. No new privileges, no capabilities but
/// reading, limits on memory and descriptors, Landlock (only what loading reads), and a system call filter:
/// no sockets, no programs, no processes, nothing that is written. Returns what could not be done, as one
/// sentence; empty: all is in place. Irrevocable. `memory_mb`: what it may allocate, in MiB.
std::string enter_sandbox(SandboxProfile profile, std::span<const std::string> library_folders,
                          std::uint32_t memory_mb);

/// After all libraries were opened, before any other call into them: no capabilities at all, no files, no new
/// code. The same kind of answer.
std::string seal_sandbox(SandboxProfile profile);

}  // namespace cadre::agent

#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

namespace cadre::agent {

/// What a process has that an agent may leave behind in it, as the kernel tells others. What cannot be seen
/// from outside, its descriptors, the process itself compares.
struct ProcessFootprint {
  std::uint64_t threads = 0;
  std::uint64_t caught = 0, ignored = 0, blocked = 0;  ///< signals, a bit each
  std::uint64_t data_kb = 0;                           ///< memory that is its own, as RLIMIT_DATA counts it
};

/// Nothing: there is no such process. Reads /proc.
std::optional<ProcessFootprint> footprint_of(pid_t process);

/// What a call changed that it must leave alone, as a sentence: "it left a thread running"; empty: nothing.
/// `memory_mb`: what it may take.
std::string left_behind(const ProcessFootprint& before, const ProcessFootprint& after,
                        std::uint32_t memory_mb);

}  // namespace cadre::agent

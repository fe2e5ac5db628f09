#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

namespace cadre::agent {

/// What an agent is tried under before it enters a running host. It has a process of its own then, which is
/// looked at from outside after every call.
struct ProbeTerms {
  std::chrono::steady_clock::time_point until;  ///< the whole probe is over by then
  std::uint64_t timeout_ms = 0;                 ///< how long that was, for the sentence that says it
  std::string ground{};  ///< on what: "a copy of book main at event 57"; empty: there is no book
  /// It would run in the host's process: threads, signal handlers and descriptors that it leaves behind,
  /// memory beyond what its manifest says, and whatever it asks the kernel for are refusals.
  bool enters_host = false;

  bool operator==(const ProbeTerms&) const = default;
};

/// How long a probe may take where nobody says it.
inline constexpr std::uint64_t probe_timeout_ms_default = 10'000;

/// Terms of a probe that begins now, on this ground.
inline ProbeTerms probe_terms(std::uint64_t timeout_ms, std::string ground = {}) {
  return {std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms), timeout_ms,
          std::move(ground)};
}

}  // namespace cadre::agent

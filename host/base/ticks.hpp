#pragma once

#include <cstdint>
#include <ctime>

namespace cadre::base {

/// A cheap, steadily growing count for measuring durations, never for results: the processor's time-stamp
/// counter where there is one (about 10 ns a read, a clock call takes 25), else nanoseconds.
inline std::uint64_t ticks() {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();  // <x86intrin.h> has it too, behind 1.5 MB of other instructions
#else
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<std::uint64_t>(now.tv_nsec);
#endif
}

/// How many ticks a second has; measured once, in a few milliseconds, at the first call.
double ticks_per_second();

/// Nanoseconds of the monotonic clock.
std::int64_t monotonic_ns();

}  // namespace cadre::base

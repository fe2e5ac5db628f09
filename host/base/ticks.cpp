#include "host/base/ticks.hpp"

namespace cadre::base {

std::int64_t monotonic_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

double ticks_per_second() {
  static const double rate = [] {
    constexpr std::int64_t span_ns = 5'000'000;
    const std::int64_t start_ns = monotonic_ns();
    const std::uint64_t start = ticks();
    while (monotonic_ns() - start_ns < span_ns) {
    }
    const std::uint64_t end = ticks();
    return static_cast<double>(end - start) * 1e9 / static_cast<double>(monotonic_ns() - start_ns);
  }();
  return rate;
}

}  // namespace cadre::base

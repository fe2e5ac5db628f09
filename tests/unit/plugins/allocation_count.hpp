#pragma once

#include <cstddef>

namespace cadre::test {

/// A sanitizer brings an allocator of its own: nothing is counted then.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool counts_allocations = false;
#else
inline constexpr bool counts_allocations = true;
#endif

/// How often this program, with all libraries it has loaded, asked for memory.
std::size_t allocations_so_far();

class AllocationCount {
 public:
  std::size_t since() const { return allocations_so_far() - before_; }

 private:
  std::size_t before_ = allocations_so_far();
};

}  // namespace cadre::test

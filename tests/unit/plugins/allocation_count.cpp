#include "tests/unit/plugins/allocation_count.hpp"

#include <atomic>
#include <cstdlib>

namespace {

std::atomic<std::size_t> count{0};

}  // namespace

namespace cadre::test {

std::size_t allocations_so_far() {
  return count.load();
}

}  // namespace cadre::test

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

// The C library's own under its other name; malloc of the program goes before the C library's for every
// library.
extern "C" void* __libc_malloc(std::size_t size);

extern "C" void* malloc(std::size_t size) {
  ++count;
  return __libc_malloc(size);
}

#endif

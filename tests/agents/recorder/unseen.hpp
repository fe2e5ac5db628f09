#pragma once

#include <cstddef>
#include <cstdint>

/// A file, and when something is written, without the C library: the audit lets no agent import what opens
/// one.
namespace cadre::recorder {

inline std::int64_t system_call(std::int64_t number, std::int64_t a, std::int64_t b, std::int64_t c,
                                std::int64_t d) {
#if defined(__x86_64__)
  register std::int64_t fourth asm("r10") = d;
  std::int64_t result = number;
  asm volatile("syscall" : "+a"(result) : "D"(a), "S"(b), "d"(c), "r"(fourth) : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register std::int64_t called asm("x8") = number;
  register std::int64_t first asm("x0") = a;
  register std::int64_t second asm("x1") = b;
  register std::int64_t third asm("x2") = c;
  register std::int64_t fourth asm("x3") = d;
  asm volatile("svc 0" : "+r"(first) : "r"(called), "r"(second), "r"(third), "r"(fourth) : "memory");
  return first;
#endif
}

#if defined(__x86_64__)
inline constexpr std::int64_t openat_number = 257, write_number = 1, close_number = 3;
#elif defined(__aarch64__)
inline constexpr std::int64_t openat_number = 56, write_number = 64, close_number = 57;
#endif

/// Appends, and makes the file. Negative: it cannot be written.
inline int open_to_append(const char* file) {
  constexpr std::int64_t here = -100, write_create_append_close_on_exec = 01 | 0100 | 02000 | 02000000;
  return static_cast<int>(system_call(openat_number, here, reinterpret_cast<std::int64_t>(file),
                                      write_create_append_close_on_exec, 0644));
}
inline bool write_all(int file, const char* bytes, std::size_t count) {
  return system_call(write_number, file, reinterpret_cast<std::int64_t>(bytes),
                     static_cast<std::int64_t>(count), 0) == static_cast<std::int64_t>(count);
}
/// Of a counter that all processes of a machine see at the same value.
inline std::uint64_t tick() {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
  std::uint64_t value = 0;
  asm volatile("mrs %0, cntvct_el0" : "=r"(value));
  return value;
#endif
}
inline void close_file(int file) {
  system_call(close_number, file, 0, 0, 0);
}

}  // namespace cadre::recorder

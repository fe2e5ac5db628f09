#pragma once

#include <cstdint>
#include <string_view>

#if defined(__x86_64__)
#include <xmmintrin.h>
#else
#include <fenv.h>
#endif

namespace cadre::agent {

/// How this thread computes with doubles: rounding, traps, flushing to zero. An agent that leaves it changed
/// changes what everyone computes after it. The flags of what has happened are not part of it.
class ControlWord {
 public:
  ControlWord() { read(*this); }

  static constexpr std::string_view changed = "it left the floating-point mode changed";

  /// Whether it is now as it was; it is so afterwards. A few instructions, no system call.
  bool keep() const {
    ControlWord now;
    if (same(now)) return true;
    write();
    return false;
  }

 private:
#if defined(__x86_64__)
  static constexpr std::uint32_t flags = 0x3f;
  static void read(ControlWord& to) {
    to.vector_ = _mm_getcsr();
    asm volatile("fnstcw %0" : "=m"(to.x87_));
  }
  bool same(const ControlWord& now) const {
    return ((vector_ ^ now.vector_) & ~flags) == 0 && x87_ == now.x87_;
  }
  void write() const {
    _mm_setcsr(vector_);
    asm volatile("fldcw %0" : : "m"(x87_));
  }
  std::uint32_t vector_ = 0;
  std::uint16_t x87_ = 0;
#else
  static void read(ControlWord& to) {
    to.rounding_ = fegetround();
  }
  bool same(const ControlWord& now) const {
    return rounding_ == now.rounding_;
  }
  void write() const {
    fesetround(rounding_);
  }
  int rounding_ = 0;
#endif
};

}  // namespace cadre::agent

#pragma once

// CADRE_EMBED(name, "file"): the bytes of a file from name_begin to name_end, in the program.
// The assembler copies the file as it is: a quarter of a megabyte costs the compiler nothing.
#define CADRE_EMBED(name, file)                                                                           \
  __asm__(".pushsection .rodata\n" #name "_begin:\n.incbin \"" file "\"\n" #name "_end:\n.globl " #name   \
          "_begin\n.globl " #name "_end\n.hidden " #name "_begin\n.hidden " #name "_end\n.popsection\n"); \
  extern "C" {                                                                                            \
  extern const char name##_begin[];                                                                       \
  extern const char name##_end[];                                                                         \
  }                                                                                                       \
  static_assert(true)

#pragma once

#include <elf.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cadre::agent {

/// What the audit looks at in a 64-bit ELF shared library. Every offset in the bytes is checked: the input
/// may be anything.
struct ElfImage {
  struct Symbol {
    std::string name;
    unsigned char binding = 0;  ///< STB_*
    bool defined = false;
  };
  /// A symbol version that another library has to offer: ("libc.so.6", "GLIBC_2.34").
  struct VersionNeed {
    std::string library;
    std::string version;
  };

  std::uint16_t machine = 0;
  std::uint64_t flags = 0;    ///< DT_FLAGS
  std::uint64_t flags_1 = 0;  ///< DT_FLAGS_1
  bool text_relocations = false;
  bool executable_stack = false;
  std::vector<std::string> needed;
  std::vector<Symbol> symbols;  ///< the dynamic ones
  std::vector<VersionNeed> version_needs;

  /// nullopt, and one sentence in `fault`, for bytes that are no such library.
  static std::optional<ElfImage> parse(std::string_view bytes, std::string& fault);
};

}  // namespace cadre::agent

#pragma once

#include <elf.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cadre::agent {

/// Bounds of what is looked at. A library beyond one of them is refused before anything of its size is
/// allocated: what is counted here is what a small file can claim to have.
inline constexpr std::uint64_t library_bytes_most = 256ULL << 20;  ///< of the file
inline constexpr std::uint64_t image_bytes_most = 1ULL << 30;  ///< of the addresses that it fills when loaded
inline constexpr std::uint64_t tls_bytes_most = 64ULL << 10;   ///< of thread-local storage, per thread
inline constexpr std::uint64_t segments_most = 64;
inline constexpr std::uint64_t dynamic_entries_most = 256;
inline constexpr std::uint64_t needed_most = 32;
inline constexpr std::uint64_t symbols_most = 65'536;
inline constexpr std::uint64_t relocations_most = 2'000'000;
inline constexpr std::uint64_t versions_most = 1'024;
inline constexpr std::uint64_t name_bytes_most = 4'096;

/// Why bytes are no library that the loader could be given.
struct ElfFault {
  const char* code = nullptr;  ///< AUDIT_NOT_A_LIBRARY, AUDIT_LAYOUT, AUDIT_TABLES or AUDIT_TOO_LARGE
  std::string sentence;
};

/// A 64-bit ELF shared library as the loader of the C library will see it in memory, read from its bytes:
/// every table is found through the segments that are mapped, never through section headers. Where the file
/// says one thing and the memory would say another, there is no image. The input may be anything.
struct ElfImage {
  struct Symbol {
    std::string_view name;
    std::uint64_t value = 0;    ///< its address, where it is defined
    unsigned char binding = 0;  ///< STB_*
    unsigned char type = 0;     ///< STT_*
    bool defined = false;
  };
  /// A symbol version that another library has to offer: ("libc.so.6", "GLIBC_2.34").
  struct VersionNeed {
    std::string_view library;
    std::string_view version;
  };

  std::uint16_t machine = 0;
  std::vector<Elf64_Phdr> segments;
  std::vector<Elf64_Dyn> dynamic;  ///< without the DT_NULL that ends it; each tag once, but for DT_NEEDED
  std::vector<std::string_view> needed;
  std::vector<Symbol> symbols;  ///< the dynamic ones, all that a hash table or a relocation can reach
  std::vector<VersionNeed> version_needs;
  std::map<std::uint32_t, std::uint64_t> relocations;  ///< how many there are of each type, R_*
  bool relocates_code = false;                         ///< a relocation writes where nothing may be written

  /// The value of a dynamic tag.
  std::optional<std::uint64_t> tag(std::int64_t which) const;
  /// The segment that is mapped over an address; null where nothing is.
  const Elf64_Phdr* mapped_at(std::uint64_t address) const;

  /// nullopt, and why in `fault`, for bytes that are no such library. Names are views into the bytes.
  static std::optional<ElfImage> parse(std::string_view bytes, ElfFault& fault);
};

}  // namespace cadre::agent

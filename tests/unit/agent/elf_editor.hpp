#pragma once

#include <elf.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace cadre::agent {

/// Spoils a library in one place: every part of its bytes by name. Trusts the library that it is given,
/// unlike what it is there to test.
class ElfEditor {
 public:
  explicit ElfEditor(std::string bytes) : bytes_(std::move(bytes)) {}

  const std::string& bytes() const { return bytes_; }
  std::string& raw() { return bytes_; }
  template <class T>
  T& at(std::uint64_t offset) {
    EXPECT_LE(offset + sizeof(T), bytes_.size());
    return *reinterpret_cast<T*>(bytes_.data() + offset);
  }
  Elf64_Ehdr& head() { return at<Elf64_Ehdr>(0); }

  /// The nth segment of a kind.
  Elf64_Phdr& segment(std::uint32_t type, int nth = 0);
  /// The first mapped segment with these rights and no others.
  Elf64_Phdr& load(std::uint32_t flags);
  std::uint64_t offset_of(std::uint64_t address);

  Elf64_Dyn& tag(std::int64_t which);
  bool has_tag(std::int64_t which);
  /// Linkers leave room behind the end of a dynamic section.
  void add_tag(std::int64_t which, std::uint64_t value);
  /// The nth thing of the table that a tag points at.
  template <class T>
  T& in_table(std::int64_t which, std::uint64_t nth = 0) {
    return at<T>(offset_of(tag(which).d_un.d_ptr) + nth * sizeof(T));
  }

  std::string_view name_at(std::uint64_t index) {
    return bytes_.data() + offset_of(tag(DT_STRTAB).d_un.d_ptr) + index;
  }
  Elf64_Sym& symbol(std::string_view name);
  /// The first version that another library has to offer.
  Elf64_Vernaux& version();
  /// Writes a name that is no longer than the old one over it.
  void rename(std::string_view from, std::string_view to);

 private:
  std::string bytes_;
};

/// A weak import of every library here, with a name that is longer than most and that nothing needs.
inline constexpr std::string_view spare_import = "_ITM_deregisterTMCloneTable";

}  // namespace cadre::agent

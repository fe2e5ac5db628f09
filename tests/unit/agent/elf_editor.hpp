#pragma once

#include <elf.h>
#include <gtest/gtest.h>

#include <cstring>
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
  Elf64_Phdr& segment(std::uint32_t type, int nth = 0) {
    for (unsigned i = 0; i < head().e_phnum; ++i) {
      auto& segment = at<Elf64_Phdr>(head().e_phoff + i * sizeof(Elf64_Phdr));
      if (segment.p_type == type && nth-- == 0) return segment;
    }
    ADD_FAILURE() << "no segment " << type;
    return at<Elf64_Phdr>(head().e_phoff);
  }
  /// The first mapped segment with these rights and no others.
  Elf64_Phdr& load(std::uint32_t flags) {
    for (unsigned i = 0; i < head().e_phnum; ++i) {
      auto& segment = at<Elf64_Phdr>(head().e_phoff + i * sizeof(Elf64_Phdr));
      if (segment.p_type == PT_LOAD && segment.p_flags == flags) return segment;
    }
    ADD_FAILURE() << "no mapped segment with the rights " << flags;
    return at<Elf64_Phdr>(head().e_phoff);
  }
  std::uint64_t offset_of(std::uint64_t address) {
    for (unsigned i = 0; i < head().e_phnum; ++i) {
      const auto& s = at<Elf64_Phdr>(head().e_phoff + i * sizeof(Elf64_Phdr));
      if (s.p_type == PT_LOAD && address >= s.p_vaddr && address - s.p_vaddr < s.p_filesz)
        return address - s.p_vaddr + s.p_offset;
    }
    ADD_FAILURE() << "nothing is mapped at " << address;
    return 0;
  }

  Elf64_Dyn& tag(std::int64_t which) {
    for (std::uint64_t at_entry = segment(PT_DYNAMIC).p_offset;; at_entry += sizeof(Elf64_Dyn)) {
      auto& entry = at<Elf64_Dyn>(at_entry);
      if (entry.d_tag == which) return entry;
      if (entry.d_tag != DT_NULL) continue;
      ADD_FAILURE() << "no dynamic tag " << which;
      return entry;
    }
  }
  bool has_tag(std::int64_t which) {
    for (std::uint64_t at_entry = segment(PT_DYNAMIC).p_offset;; at_entry += sizeof(Elf64_Dyn)) {
      const std::int64_t tag = at<Elf64_Dyn>(at_entry).d_tag;
      if (tag == which || tag == DT_NULL) return tag == which;
    }
  }
  /// Linkers leave room behind the end of a dynamic section.
  void add_tag(std::int64_t which, std::uint64_t value) {
    Elf64_Dyn& end = tag(DT_NULL);
    const auto place = static_cast<std::uint64_t>(reinterpret_cast<char*>(&end) - bytes_.data());
    const Elf64_Phdr& dynamic = segment(PT_DYNAMIC);
    ASSERT_LE(place + 2 * sizeof(Elf64_Dyn), dynamic.p_offset + dynamic.p_filesz)
        << "no room for another tag";
    end.d_tag = which;
    end.d_un.d_val = value;
  }
  /// The nth thing of the table that a tag points at.
  template <class T>
  T& in_table(std::int64_t which, std::uint64_t nth = 0) {
    return at<T>(offset_of(tag(which).d_un.d_ptr) + nth * sizeof(T));
  }

  std::string_view name_at(std::uint64_t index) {
    return bytes_.data() + offset_of(tag(DT_STRTAB).d_un.d_ptr) + index;
  }
  Elf64_Sym& symbol(std::string_view name) {
    for (std::uint64_t i = 1;; ++i) {
      auto& symbol = in_table<Elf64_Sym>(DT_SYMTAB, i);
      if (name_at(symbol.st_name) == name) return symbol;
    }
  }
  /// The first version that another library has to offer.
  Elf64_Vernaux& version() {
    const std::uint64_t at_need = offset_of(tag(DT_VERNEED).d_un.d_ptr);
    return at<Elf64_Vernaux>(at_need + at<Elf64_Verneed>(at_need).vn_aux);
  }
  /// Writes a name that is no longer than the old one over it.
  void rename(std::string_view from, std::string_view to) {
    ASSERT_LE(to.size(), from.size());
    char* text = bytes_.data() + offset_of(tag(DT_STRTAB).d_un.d_ptr) + symbol(from).st_name;
    std::memset(text, 0, from.size());
    std::memcpy(text, to.data(), to.size());
  }

 private:
  std::string bytes_;
};

/// A weak import of every library here, with a name that is longer than most and that nothing needs.
inline constexpr std::string_view spare_import = "_ITM_deregisterTMCloneTable";

}  // namespace cadre::agent

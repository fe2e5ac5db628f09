#include "tests/unit/agent/elf_editor.hpp"

#include <cstring>

namespace cadre::agent {

Elf64_Phdr& ElfEditor::segment(std::uint32_t type, int nth) {
  for (unsigned i = 0; i < head().e_phnum; ++i) {
    auto& segment = at<Elf64_Phdr>(head().e_phoff + i * sizeof(Elf64_Phdr));
    if (segment.p_type == type && nth-- == 0) return segment;
  }
  ADD_FAILURE() << "no segment " << type;
  return at<Elf64_Phdr>(head().e_phoff);
}

Elf64_Phdr& ElfEditor::load(std::uint32_t flags) {
  for (unsigned i = 0; i < head().e_phnum; ++i) {
    auto& segment = at<Elf64_Phdr>(head().e_phoff + i * sizeof(Elf64_Phdr));
    if (segment.p_type == PT_LOAD && segment.p_flags == flags) return segment;
  }
  ADD_FAILURE() << "no mapped segment with the rights " << flags;
  return at<Elf64_Phdr>(head().e_phoff);
}

std::uint64_t ElfEditor::offset_of(std::uint64_t address) {
  for (unsigned i = 0; i < head().e_phnum; ++i) {
    const auto& s = at<Elf64_Phdr>(head().e_phoff + i * sizeof(Elf64_Phdr));
    if (s.p_type == PT_LOAD && address >= s.p_vaddr && address - s.p_vaddr < s.p_filesz)
      return address - s.p_vaddr + s.p_offset;
  }
  ADD_FAILURE() << "nothing is mapped at " << address;
  return 0;
}

Elf64_Dyn& ElfEditor::tag(std::int64_t which) {
  for (std::uint64_t at_entry = segment(PT_DYNAMIC).p_offset;; at_entry += sizeof(Elf64_Dyn)) {
    auto& entry = at<Elf64_Dyn>(at_entry);
    if (entry.d_tag == which) return entry;
    if (entry.d_tag != DT_NULL) continue;
    ADD_FAILURE() << "no dynamic tag " << which;
    return entry;
  }
}

bool ElfEditor::has_tag(std::int64_t which) {
  for (std::uint64_t at_entry = segment(PT_DYNAMIC).p_offset;; at_entry += sizeof(Elf64_Dyn)) {
    const std::int64_t tag = at<Elf64_Dyn>(at_entry).d_tag;
    if (tag == which || tag == DT_NULL) return tag == which;
  }
}

void ElfEditor::add_tag(std::int64_t which, std::uint64_t value) {
  Elf64_Dyn& end = tag(DT_NULL);
  const auto place = static_cast<std::uint64_t>(reinterpret_cast<char*>(&end) - bytes_.data());
  const Elf64_Phdr& dynamic = segment(PT_DYNAMIC);
  ASSERT_LE(place + 2 * sizeof(Elf64_Dyn), dynamic.p_offset + dynamic.p_filesz) << "no room for another tag";
  end.d_tag = which;
  end.d_un.d_val = value;
}

Elf64_Sym& ElfEditor::symbol(std::string_view name) {
  for (std::uint64_t i = 1;; ++i) {
    auto& symbol = in_table<Elf64_Sym>(DT_SYMTAB, i);
    if (name_at(symbol.st_name) == name) return symbol;
  }
}

Elf64_Vernaux& ElfEditor::version() {
  const std::uint64_t at_need = offset_of(tag(DT_VERNEED).d_un.d_ptr);
  return at<Elf64_Vernaux>(at_need + at<Elf64_Verneed>(at_need).vn_aux);
}

void ElfEditor::rename(std::string_view from, std::string_view to) {
  ASSERT_LE(to.size(), from.size());
  char* text = bytes_.data() + offset_of(tag(DT_STRTAB).d_un.d_ptr) + symbol(from).st_name;
  std::memset(text, 0, from.size());
  std::memcpy(text, to.data(), to.size());
}

}  // namespace cadre::agent

#include "host/agent/elf_image.hpp"

#include <algorithm>
#include <cstring>

#include "host/agent/elf_segments.hpp"
#include "host/agent/elf_tables.hpp"

namespace cadre::agent {

namespace {

using Fault = std::optional<ElfFault>;

Fault not_a_library(std::string sentence) {
  return ElfFault{"AUDIT_NOT_A_LIBRARY", std::move(sentence)};
}

/// What the first bytes of the file say of it.
Fault read_head(std::string_view bytes, Elf64_Ehdr& head) {
  if (bytes.size() < SELFMAG || std::memcmp(bytes.data(), ELFMAG, SELFMAG) != 0)
    return not_a_library(bytes.empty() ? "is empty" : "is not an ELF file");
  if (bytes.size() < sizeof head) return not_a_library("is truncated");
  std::memcpy(&head, bytes.data(), sizeof head);
  if (head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_ident[EI_DATA] != ELFDATA2LSB)
    return not_a_library("is not a 64-bit little-endian library");
  if (head.e_type != ET_DYN) return not_a_library("is not a shared library");
  const bool for_linux = head.e_ident[EI_OSABI] == ELFOSABI_SYSV || head.e_ident[EI_OSABI] == ELFOSABI_GNU;
  if (head.e_ident[EI_VERSION] != EV_CURRENT || head.e_version != EV_CURRENT || !for_linux ||
      head.e_ident[EI_ABIVERSION] != 0)
    return not_a_library("is not a library for Linux");
  // Nothing is read by the section headers: that they are there tells a whole file from a truncated one.
  const std::uint64_t sections = std::uint64_t{head.e_shnum} * head.e_shentsize;
  if (head.e_shoff > bytes.size() || bytes.size() - head.e_shoff < sections)
    return not_a_library("is truncated or damaged");
  return std::nullopt;
}

/// The dynamic section as the loader walks it: up to the first DT_NULL.
Fault read_dynamic(std::string_view bytes, ElfImage& image) {
  const auto segment = std::find_if(image.segments.begin(), image.segments.end(),
                                    [](const Elf64_Phdr& s) { return s.p_type == PT_DYNAMIC; });
  for (std::uint64_t at = 0; at + sizeof(Elf64_Dyn) <= segment->p_filesz; at += sizeof(Elf64_Dyn)) {
    Elf64_Dyn entry;
    std::memcpy(&entry, bytes.data() + segment->p_offset + at, sizeof entry);
    if (entry.d_tag == DT_NULL) return std::nullopt;
    if (image.dynamic.size() == dynamic_entries_most) {
      return ElfFault{"AUDIT_TOO_LARGE", "has more than " + std::to_string(dynamic_entries_most) +
                                             " entries in its dynamic section"};
    }
    if (entry.d_tag != DT_NEEDED && image.tag(entry.d_tag))
      return ElfFault{"AUDIT_TABLES", "says one thing twice in its dynamic section"};
    image.dynamic.push_back(entry);
  }
  return ElfFault{"AUDIT_TABLES", "has a dynamic section without an end"};
}

}  // namespace

std::optional<std::uint64_t> ElfImage::tag(std::int64_t which) const {
  for (const Elf64_Dyn& entry : dynamic) {
    if (entry.d_tag == which) return entry.d_un.d_val;
  }
  return std::nullopt;
}

std::optional<ElfImage> ElfImage::parse(std::string_view bytes, ElfFault& fault) {
  ElfImage image;
  Elf64_Ehdr head{};
  Fault found;
  if (bytes.size() > library_bytes_most) {
    found = ElfFault{"AUDIT_TOO_LARGE", "has " + std::to_string(bytes.size() >> 20) + " MB, at most " +
                                            std::to_string(library_bytes_most >> 20) + " are read"};
  }
  if (!found) found = read_head(bytes, head);
  image.machine = head.e_machine;
  // The tables of another machine mean something else.
#if defined(__x86_64__)
  const bool is_ours = head.e_machine == EM_X86_64;
#elif defined(__aarch64__)
  const bool is_ours = head.e_machine == EM_AARCH64;
#endif
  if (!found && !is_ours) return image;
  if (!found) found = read_segments(bytes, head, image);
  if (!found) found = read_dynamic(bytes, image);
  if (!found) found = read_tables(bytes, image);
  if (!found) return image;
  fault = *found;
  return std::nullopt;
}

}  // namespace cadre::agent

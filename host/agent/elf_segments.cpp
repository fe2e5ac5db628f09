#include "host/agent/elf_segments.hpp"

#include <unistd.h>

#include <cstring>

namespace cadre::agent {

namespace {

using Fault = std::optional<ElfFault>;

Fault layout(std::string sentence) {
  return ElfFault{"AUDIT_LAYOUT", std::move(sentence)};
}
Fault damaged() {
  return ElfFault{"AUDIT_NOT_A_LIBRARY", "is truncated or damaged"};
}

bool adds_up(std::uint64_t a, std::uint64_t b) {
  return a + b >= a;
}
bool is_power_of_two(std::uint64_t value) {
  return value != 0 && (value & (value - 1)) == 0;
}
std::uint64_t page_size() {
  static const auto size = static_cast<std::uint64_t>(::getpagesize());
  return size;
}
std::uint64_t page_below(std::uint64_t address) {
  return address / page_size() * page_size();
}
std::uint64_t page_above(std::uint64_t address) {
  return page_below(address + page_size() - 1);
}

/// One segment that is mapped, after those before it.
Fault check_load(std::string_view bytes, const Elf64_Phdr& load, std::uint64_t& end, std::uint64_t& begin) {
  if (!adds_up(load.p_offset, load.p_filesz) || load.p_offset + load.p_filesz > bytes.size())
    return damaged();
  if (load.p_filesz > load.p_memsz || load.p_memsz == 0)
    return layout("has a segment with more bytes in the file than in memory, or with none");
  if ((load.p_flags & PF_R) == 0) return layout("has a segment that cannot be read");
  constexpr std::uint64_t address_most = 1ULL << 47;
  if (load.p_vaddr > address_most || load.p_memsz > address_most)
    return layout("has a segment at an address that no process has");
  constexpr std::uint64_t alignment_most = 2 << 20;
  if (!is_power_of_two(load.p_align) || load.p_align % page_size() != 0 || load.p_align > alignment_most ||
      (load.p_vaddr - load.p_offset) % load.p_align != 0)
    return layout("has a segment whose address and place in the file are not aligned alike");
  if (begin == UINT64_MAX) begin = page_below(load.p_vaddr);
  if (page_below(load.p_vaddr) < end)
    return layout("has segments that overlap in memory, or are not in order: one would hide another");
  end = page_above(load.p_vaddr + load.p_memsz);
  if (end - begin > image_bytes_most) {
    return ElfFault{"AUDIT_TOO_LARGE", "fills " + std::to_string((end - begin) >> 20) +
                                           " MB of addresses, at most " +
                                           std::to_string(image_bytes_most >> 20) + " are allowed"};
  }
  return std::nullopt;
}

/// One segment that says something about what is mapped: it has to lie in it, at the place where the file has
/// it.
Fault check_described(std::string_view bytes, const ElfImage& image, const Elf64_Phdr& segment) {
  const auto is_in_file_and_memory = [&] {
    if (segment.p_filesz == 0) return true;
    const auto mapped = bytes_at(bytes, image, segment.p_vaddr, segment.p_filesz);
    return mapped && static_cast<std::uint64_t>(mapped->bytes.data() - bytes.data()) == segment.p_offset;
  };
  switch (segment.p_type) {
    case PT_DYNAMIC:
    case PT_PHDR:
    case PT_NOTE:
    case PT_GNU_EH_FRAME:
    case PT_GNU_PROPERTY:
      if (!is_in_file_and_memory())
        return layout("shows the loader another " +
                      std::string(segment.p_type == PT_DYNAMIC ? "dynamic section" : "table") +
                      " in memory than in the file");
      return std::nullopt;
    case PT_TLS:
      if (segment.p_memsz > tls_bytes_most) {
        return ElfFault{"AUDIT_TOO_LARGE", "has " + std::to_string(segment.p_memsz) +
                                               " bytes of thread-local storage, at most " +
                                               std::to_string(tls_bytes_most) + " are allowed"};
      }
      if (segment.p_filesz > segment.p_memsz || !is_power_of_two(segment.p_align) ||
          segment.p_align > page_size() || !is_in_file_and_memory())
        return layout("has thread-local storage that is not where its segment says");
      return std::nullopt;
    case PT_GNU_RELRO: {
      // The loader takes the right to write away from whatever lies there.
      const Elf64_Phdr* load = image.mapped_at(segment.p_vaddr);
      if (load == nullptr || (load->p_flags & PF_W) == 0 || segment.p_memsz > image_bytes_most ||
          page_below(segment.p_vaddr + segment.p_memsz) > page_above(load->p_vaddr + load->p_memsz))
        return layout("protects memory that is not its own data");
      return std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

Fault check_segments(std::string_view bytes, const Elf64_Ehdr& head, const ElfImage& image) {
  std::uint64_t end = 0, begin = UINT64_MAX;
  std::map<std::uint32_t, int> count;
  for (const Elf64_Phdr& segment : image.segments) {
    if (++count[segment.p_type] > 1 && segment.p_type != PT_LOAD && segment.p_type != PT_NOTE &&
        segment.p_type != PT_NULL)
      return layout("has two segments of one kind, of which the loader takes one");
    if (segment.p_type == PT_LOAD) {
      if (Fault fault = check_load(bytes, segment, end, begin)) return fault;
    }
    if (segment.p_type == PT_PHDR && segment.p_offset != head.e_phoff)
      return layout("shows the loader another table in memory than in the file");
  }
  if (count[PT_LOAD] == 0 || count[PT_DYNAMIC] == 0) return damaged();
  for (const Elf64_Phdr& segment : image.segments) {
    if (Fault fault = check_described(bytes, image, segment)) return fault;
  }
  return std::nullopt;
}

}  // namespace

Fault read_segments(std::string_view bytes, const Elf64_Ehdr& head, ElfImage& image) {
  if (head.e_phentsize != sizeof(Elf64_Phdr)) return damaged();
  if (head.e_phnum > segments_most) {
    return ElfFault{"AUDIT_TOO_LARGE", "has " + std::to_string(head.e_phnum) + " segments, at most " +
                                           std::to_string(segments_most) + " are allowed"};
  }
  const std::uint64_t size = head.e_phnum * sizeof(Elf64_Phdr);
  if (head.e_phoff > bytes.size() || bytes.size() - head.e_phoff < size) return damaged();
  image.segments.resize(head.e_phnum);
  if (size != 0) std::memcpy(image.segments.data(), bytes.data() + head.e_phoff, size);
  return check_segments(bytes, head, image);
}

std::optional<MappedBytes> bytes_at(std::string_view bytes, const ElfImage& image, std::uint64_t address,
                                    std::uint64_t size) {
  const Elf64_Phdr* load = image.mapped_at(address);
  if (load == nullptr) return std::nullopt;
  const std::uint64_t into = address - load->p_vaddr;
  if (into > load->p_filesz || load->p_filesz - into < size) return std::nullopt;
  return MappedBytes{bytes.substr(load->p_offset + into, size), (load->p_flags & PF_W) != 0};
}

const Elf64_Phdr* ElfImage::mapped_at(std::uint64_t address) const {
  for (const Elf64_Phdr& segment : segments) {
    if (segment.p_type == PT_LOAD && address >= segment.p_vaddr &&
        address - segment.p_vaddr < segment.p_memsz)
      return &segment;
  }
  return nullptr;
}

}  // namespace cadre::agent

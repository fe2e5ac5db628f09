#include "tests/fuzz/elf_mutation.hpp"

#include <elf.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace cadre::fuzz {

namespace {

using Random = std::mt19937_64;

std::uint64_t below(Random& random, std::uint64_t bound) {
  return bound == 0 ? 0 : random() % bound;
}

/// A number that is wrong in a way that matters, or a little wrong.
std::uint64_t wrong(Random& random, std::uint64_t right, std::uint64_t size) {
  const std::uint64_t known[] = {0,          1,          8,          16,
                                 24,         0x1000,     size,       size - 1,
                                 size + 1,   0x7fffffff, 1ULL << 31, 0xffffffff,
                                 1ULL << 32, 1ULL << 47, 1ULL << 63, UINT64_MAX,
                                 right * 2,  right / 2,  ~right,     right ^ (1ULL << below(random, 64))};
  switch (below(random, 4)) {
    case 0:
      return right + 1 + below(random, 16);
    case 1:
      return right - 1 - below(random, 16);
    case 2:
      return below(random, size + 0x2000);
    default:
      return known[below(random, std::size(known))];
  }
}

class Mutation {
 public:
  Mutation(const std::vector<ElfSeed>& corpus, std::uint64_t number)
      : random_(number), corpus_(corpus), seed_(corpus[below(random_, corpus.size())]), bytes_(seed_.bytes) {}

  std::string run() {
    for (std::uint64_t left = 1 + below(random_, 6); left != 0; --left)
      once();
    return std::move(bytes_);
  }

 private:
  void once() {
    switch (below(random_, 12)) {
      case 0:
        return change_head();
      case 1:
      case 2:
        return change_segment();
      case 3:
        return swap_segments();
      case 4:
      case 5:
        return change_dynamic();
      case 6:
        return change_length();
      case 7:
        return splice();
      case 8:
        return change_byte();
      default:
        return change_table();
    }
  }

  template <class T>
  void change_at(std::uint64_t offset) {
    if (offset + sizeof(T) > bytes_.size() || offset + sizeof(T) < offset) return;
    T value{};
    std::memcpy(&value, bytes_.data() + offset, sizeof value);
    value = static_cast<T>(wrong(random_, value, bytes_.size()));
    std::memcpy(bytes_.data() + offset, &value, sizeof value);
  }
  void change_word(std::uint64_t offset) {
    switch (below(random_, 3)) {
      case 0:
        return change_at<std::uint16_t>(offset & ~1ULL);
      case 1:
        return change_at<std::uint32_t>(offset & ~3ULL);
      default:
        return change_at<std::uint64_t>(offset & ~7ULL);
    }
  }

  void change_head() {
    constexpr std::uint64_t fields[] = {offsetof(Elf64_Ehdr, e_type),      offsetof(Elf64_Ehdr, e_machine),
                                        offsetof(Elf64_Ehdr, e_phoff),     offsetof(Elf64_Ehdr, e_shoff),
                                        offsetof(Elf64_Ehdr, e_phentsize), offsetof(Elf64_Ehdr, e_phnum),
                                        offsetof(Elf64_Ehdr, e_shnum),     offsetof(Elf64_Ehdr, e_version)};
    const std::uint64_t field = fields[below(random_, std::size(fields))];
    const bool is_long = field == offsetof(Elf64_Ehdr, e_phoff) || field == offsetof(Elf64_Ehdr, e_shoff);
    is_long ? change_at<std::uint64_t>(field) : change_at<std::uint16_t>(field);
  }

  std::uint64_t segment_at(std::uint64_t nth) const { return sizeof(Elf64_Ehdr) + nth * sizeof(Elf64_Phdr); }
  std::uint64_t segment_count() const {
    return static_cast<unsigned char>(seed_.bytes[offsetof(Elf64_Ehdr, e_phnum)]);
  }
  void change_segment() {
    const std::uint64_t at = segment_at(below(random_, segment_count()));
    switch (below(random_, 8)) {
      case 0:
        return change_at<std::uint32_t>(at + offsetof(Elf64_Phdr, p_type));
      case 1:
        return change_at<std::uint32_t>(at + offsetof(Elf64_Phdr, p_flags));
      default:
        return change_at<std::uint64_t>(at + 8 + 8 * below(random_, 6));
    }
  }
  void swap_segments() {
    const std::uint64_t a = segment_at(below(random_, segment_count()));
    const std::uint64_t b = segment_at(below(random_, segment_count()));
    if (std::max(a, b) + sizeof(Elf64_Phdr) > bytes_.size()) return;
    if (below(random_, 2) == 0)
      std::swap_ranges(bytes_.begin() + static_cast<std::ptrdiff_t>(a),
                       bytes_.begin() + static_cast<std::ptrdiff_t>(a + sizeof(Elf64_Phdr)),
                       bytes_.begin() + static_cast<std::ptrdiff_t>(b));
    else
      std::memmove(bytes_.data() + a, bytes_.data() + b, sizeof(Elf64_Phdr));
  }

  void change_dynamic() {
    const auto& [offset, size] = seed_.tables.front();
    const std::uint64_t at = offset + below(random_, size / sizeof(Elf64_Dyn)) * sizeof(Elf64_Dyn);
    constexpr std::uint64_t tags[] = {DT_NULL,     DT_NEEDED,    DT_AUXILIARY,  DT_FILTER, DT_HASH,
                                      DT_GNU_HASH, DT_RELACOUNT, DT_FLAGS_1,    DT_FLAGS,  DT_VERSYM,
                                      DT_RELR_,    DT_SONAME,    DT_INIT_ARRAY, DT_JMPREL};
    if (below(random_, 3) != 0 || at + 8 > bytes_.size()) return change_at<std::uint64_t>(at + 8);
    const std::uint64_t tag = tags[below(random_, std::size(tags))];
    std::memcpy(bytes_.data() + at, &tag, sizeof tag);
  }

  void change_table() {
    const auto& [offset, size] = seed_.tables[below(random_, seed_.tables.size())];
    change_word(offset + below(random_, below(random_, 2) == 0 ? std::min<std::uint64_t>(size, 64) : size));
  }
  void change_byte() {
    if (bytes_.empty()) return;
    bytes_[below(random_, bytes_.size())] = static_cast<char>(random_());
  }
  void change_length() {
    if (below(random_, 4) == 0)
      bytes_.append(below(random_, 8192), static_cast<char>(random_()));
    else if (below(random_, 2) == 0)
      bytes_.resize(bytes_.size() - std::min<std::uint64_t>(bytes_.size(), below(random_, 256)));
    else
      bytes_.resize(below(random_, bytes_.size() + 1));
  }
  void splice() {
    const std::string& other = corpus_[below(random_, corpus_.size())].bytes;
    const std::uint64_t from = below(random_, other.size()) & ~7ULL;
    const std::uint64_t to = below(random_, bytes_.size()) & ~7ULL;
    const std::uint64_t count =
        std::min({other.size() - from, bytes_.size() - std::min<std::uint64_t>(to, bytes_.size()),
                  1 + below(random_, 512)});
    std::memcpy(bytes_.data() + to, other.data() + from, count);
  }

  static constexpr std::uint64_t DT_RELR_ = 36;  // not in the headers of every C library

  Random random_;
  const std::vector<ElfSeed>& corpus_;
  const ElfSeed& seed_;
  std::string bytes_;
};

}  // namespace

ElfSeed read_seed(const std::string& file, std::string bytes) {
  ElfSeed seed{file, std::move(bytes), {}};
  Elf64_Ehdr head;
  std::memcpy(&head, seed.bytes.data(), sizeof head);
  std::vector<Elf64_Phdr> segments(head.e_phnum);
  std::memcpy(segments.data(), seed.bytes.data() + head.e_phoff, segments.size() * sizeof(Elf64_Phdr));
  const auto offset_of = [&](std::uint64_t address) -> std::uint64_t {
    for (const Elf64_Phdr& s : segments) {
      if (s.p_type == PT_LOAD && address >= s.p_vaddr && address - s.p_vaddr < s.p_filesz)
        return address - s.p_vaddr + s.p_offset;
    }
    return 0;
  };
  for (const Elf64_Phdr& segment : segments) {
    if (segment.p_type != PT_DYNAMIC) continue;
    seed.tables.emplace_back(segment.p_offset, segment.p_filesz);
    for (std::uint64_t at = 0; at < segment.p_filesz; at += sizeof(Elf64_Dyn)) {
      Elf64_Dyn entry;
      std::memcpy(&entry, seed.bytes.data() + segment.p_offset + at, sizeof entry);
      constexpr std::int64_t of_tables[] = {DT_GNU_HASH, DT_SYMTAB, DT_STRTAB, DT_VERSYM,
                                            DT_VERNEED,  DT_RELA,   DT_JMPREL};
      if (std::find(std::begin(of_tables), std::end(of_tables), entry.d_tag) != std::end(of_tables))
        seed.tables.emplace_back(offset_of(entry.d_un.d_ptr), 512);
    }
  }
  return seed;
}

std::string mutated(const std::vector<ElfSeed>& corpus, std::uint64_t number) {
  return Mutation(corpus, number).run();
}

}  // namespace cadre::fuzz

#include "host/agent/elf_image.hpp"

#include <cstring>

namespace cadre::agent {

namespace {

/// Reads structs at offsets that may be wrong.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : bytes_(bytes) {}

  template <class T>
  bool read(std::uint64_t offset, T& out) const {
    if (offset > bytes_.size() || bytes_.size() - offset < sizeof(T)) return false;
    std::memcpy(&out, bytes_.data() + offset, sizeof(T));
    return true;
  }
  /// Text that ends in a zero byte, inside [from, from + size).
  std::optional<std::string> text(std::uint64_t from, std::uint64_t size, std::uint64_t offset) const {
    if (from > bytes_.size() || size > bytes_.size() - from || offset >= size) return std::nullopt;
    const std::string_view table = bytes_.substr(from, size);
    const std::size_t end = table.find('\0', offset);
    if (end == std::string_view::npos) return std::nullopt;
    return std::string(table.substr(offset, end - offset));
  }

 private:
  std::string_view bytes_;
};

/// What the dynamic section says.
struct Dynamic {
  std::vector<std::uint64_t> needed;
  std::uint64_t strings = 0, strings_size = 0, symbols = 0, hash = 0, gnu_hash = 0, version_need = 0,
                version_need_count = 0;
};

struct Parser {
  Bytes bytes;
  std::vector<Elf64_Phdr> segments;
  Dynamic dynamic;

  std::optional<std::uint64_t> offset_of(std::uint64_t address) const {
    for (const Elf64_Phdr& s : segments) {
      if (s.p_type == PT_LOAD && address >= s.p_vaddr && address - s.p_vaddr < s.p_filesz)
        return address - s.p_vaddr + s.p_offset;
    }
    return std::nullopt;
  }
  std::optional<std::string> string_at(std::uint64_t index) const {
    const auto table = offset_of(dynamic.strings);
    return table ? bytes.text(*table, dynamic.strings_size, index) : std::nullopt;
  }

  bool read_segments(const Elf64_Ehdr& head, ElfImage& image);
  bool read_dynamic(ElfImage& image);
  std::optional<std::uint64_t> symbol_count() const;
  bool read_symbols(ElfImage& image) const;
  bool read_version_needs(ElfImage& image) const;
};

bool Parser::read_segments(const Elf64_Ehdr& head, ElfImage& image) {
  for (unsigned i = 0; i < head.e_phnum; ++i) {
    Elf64_Phdr segment;
    if (!bytes.read(head.e_phoff + std::uint64_t{i} * head.e_phentsize, segment)) return false;
    segments.push_back(segment);
    if (segment.p_type == PT_GNU_STACK) image.executable_stack = (segment.p_flags & PF_X) != 0;
  }
  return true;
}

bool Parser::read_dynamic(ElfImage& image) {
  for (const Elf64_Phdr& segment : segments) {
    if (segment.p_type != PT_DYNAMIC) continue;
    for (std::uint64_t at = 0; at + sizeof(Elf64_Dyn) <= segment.p_filesz; at += sizeof(Elf64_Dyn)) {
      Elf64_Dyn entry;
      if (!bytes.read(segment.p_offset + at, entry)) return false;
      const std::uint64_t value = entry.d_un.d_val;
      switch (entry.d_tag) {
        case DT_NULL:
          return true;
        case DT_NEEDED:
          dynamic.needed.push_back(value);
          break;
        case DT_STRTAB:
          dynamic.strings = value;
          break;
        case DT_STRSZ:
          dynamic.strings_size = value;
          break;
        case DT_SYMTAB:
          dynamic.symbols = value;
          break;
        case DT_HASH:
          dynamic.hash = value;
          break;
        case DT_GNU_HASH:
          dynamic.gnu_hash = value;
          break;
        case DT_FLAGS:
          image.flags = value;
          break;
        case DT_FLAGS_1:
          image.flags_1 = value;
          break;
        case DT_TEXTREL:
          image.text_relocations = true;
          break;
        case DT_VERNEED:
          dynamic.version_need = value;
          break;
        case DT_VERNEEDNUM:
          dynamic.version_need_count = value;
          break;
        default:
          break;
      }
    }
    return true;
  }
  return false;
}

/// The dynamic symbol table has no length of its own: the hash tables know it.
std::optional<std::uint64_t> Parser::symbol_count() const {
  if (dynamic.hash != 0) {
    const auto at = offset_of(dynamic.hash);
    std::uint32_t count = 0;
    if (!at || !bytes.read(*at + 4, count)) return std::nullopt;
    return count;
  }
  const auto at = offset_of(dynamic.gnu_hash);
  struct {
    std::uint32_t buckets, first_symbol, bloom_words, shift;
  } head;
  if (!at || !bytes.read(*at, head)) return std::nullopt;
  const std::uint64_t buckets = *at + sizeof head + std::uint64_t{head.bloom_words} * 8;
  const std::uint64_t chains = buckets + std::uint64_t{head.buckets} * 4;
  std::uint32_t last = 0;
  for (std::uint32_t b = 0; b < head.buckets; ++b) {
    std::uint32_t first = 0;
    if (!bytes.read(buckets + std::uint64_t{b} * 4, first)) return std::nullopt;
    last = std::max(last, first);
  }
  if (last < head.first_symbol) return head.first_symbol;
  for (;; ++last) {
    std::uint32_t chain = 0;
    if (!bytes.read(chains + std::uint64_t{last - head.first_symbol} * 4, chain)) return std::nullopt;
    if ((chain & 1) != 0) return std::uint64_t{last} + 1;
  }
}

bool Parser::read_symbols(ElfImage& image) const {
  const auto table = offset_of(dynamic.symbols);
  const auto count = symbol_count();
  if (!table || !count) return false;
  const auto add = [&](std::uint64_t index) {
    Elf64_Sym symbol;
    if (!bytes.read(*table + index * sizeof symbol, symbol)) return false;
    const auto name = string_at(symbol.st_name);
    if (!name) return false;
    image.symbols.push_back(
        {*name, static_cast<unsigned char>(ELF64_ST_BIND(symbol.st_info)), symbol.st_shndx != SHN_UNDEF});
    return true;
  };
  for (std::uint64_t i = 1; i < *count; ++i) {
    if (!add(i)) return false;
  }
  return true;
}

bool Parser::read_version_needs(ElfImage& image) const {
  if (dynamic.version_need == 0) return true;
  auto at = offset_of(dynamic.version_need);
  if (!at) return false;
  for (std::uint64_t n = 0; n < dynamic.version_need_count; ++n) {
    Elf64_Verneed need;
    if (!bytes.read(*at, need)) return false;
    const auto library = string_at(need.vn_file);
    std::uint64_t aux_at = *at + need.vn_aux;
    for (unsigned a = 0; a < need.vn_cnt; ++a) {
      Elf64_Vernaux aux;
      if (!bytes.read(aux_at, aux)) return false;
      const auto version = string_at(aux.vna_name);
      if (!library || !version) return false;
      image.version_needs.push_back({*library, *version});
      aux_at += aux.vna_next;
    }
    if (need.vn_next == 0) break;
    *at += need.vn_next;
  }
  return true;
}

}  // namespace

std::optional<ElfImage> ElfImage::parse(std::string_view bytes, std::string& fault) {
  Parser parser{Bytes(bytes), {}, {}};
  Elf64_Ehdr head;
  if (bytes.size() < SELFMAG || std::memcmp(bytes.data(), ELFMAG, SELFMAG) != 0) {
    fault = bytes.empty() ? "is empty" : "is not an ELF file";
    return std::nullopt;
  }
  if (!parser.bytes.read(0, head)) {
    fault = "is truncated";
    return std::nullopt;
  }
  if (head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_ident[EI_DATA] != ELFDATA2LSB) {
    fault = "is not a 64-bit little-endian library";
    return std::nullopt;
  }
  ElfImage image;
  image.machine = head.e_machine;
  if (head.e_type != ET_DYN) {
    fault = "is not a shared library";
    return std::nullopt;
  }
  const bool whole = parser.read_segments(head, image) && parser.read_dynamic(image) &&
                     parser.read_symbols(image) && parser.read_version_needs(image) &&
                     head.e_shoff + std::uint64_t{head.e_shnum} * head.e_shentsize <= bytes.size();
  if (!whole) {
    fault = "is truncated or damaged";
    return std::nullopt;
  }
  for (const std::uint64_t name : parser.dynamic.needed) {
    const auto text = parser.string_at(name);
    if (!text) {
      fault = "is truncated or damaged";
      return std::nullopt;
    }
    image.needed.push_back(*text);
  }
  return image;
}

}  // namespace cadre::agent

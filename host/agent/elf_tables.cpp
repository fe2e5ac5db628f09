#include "host/agent/elf_tables.hpp"

#include <algorithm>
#include <cstring>
#include <set>

#include "host/agent/elf_segments.hpp"
#include "host/base/text.hpp"

namespace cadre::agent {

namespace {

using Fault = std::optional<ElfFault>;

Fault wrong(std::string sentence) {
  return ElfFault{"AUDIT_TABLES", std::move(sentence)};
}
Fault too_many(const std::string& what, std::uint64_t count, std::uint64_t most) {
  return ElfFault{"AUDIT_TOO_LARGE", "has " + std::to_string(count) + " " + what + ", at most " +
                                         std::to_string(most) + " are allowed"};
}

/// A struct at an offset of a table that may be too short.
template <class T>
bool read(std::string_view table, std::uint64_t offset, T& out) {
  if (offset > table.size() || table.size() - offset < sizeof(T)) return false;
  std::memcpy(&out, table.data() + offset, sizeof(T));
  return true;
}

#if defined(__x86_64__)
constexpr std::uint32_t relative_type = R_X86_64_RELATIVE;
constexpr std::uint32_t thread_local_types[] = {R_X86_64_DTPMOD64, R_X86_64_DTPOFF64, R_X86_64_TPOFF64,
                                                R_X86_64_TLSDESC};
#elif defined(__aarch64__)
constexpr std::uint32_t relative_type = R_AARCH64_RELATIVE;
constexpr std::uint32_t thread_local_types[] = {R_AARCH64_TLS_DTPMOD, R_AARCH64_TLS_DTPREL,
                                                R_AARCH64_TLS_TPREL, R_AARCH64_TLSDESC};
#endif

/// The thread-local variables of other libraries that a list of imports has.
constexpr std::string_view thread_local_imports[] = {"_ZSt11__once_call", "_ZSt15__once_callable"};

template <class List, class Value>
bool is_in(const List& list, const Value& value) {
  return std::find(std::begin(list), std::end(list), value) != std::end(list);
}

class Tables {
 public:
  Tables(std::string_view bytes, ElfImage& image) : bytes_(bytes), image_(image) {}

  Fault run() {
    if (Fault fault = read_strings()) return fault;
    if (Fault fault = read_needed()) return fault;
    if (Fault fault = check_code()) return fault;
    if (Fault fault = count_hashed()) return fault;
    for (const auto& [tag, size] : {std::pair(DT_RELA, DT_RELASZ), std::pair(DT_JMPREL, DT_PLTRELSZ)}) {
      if (Fault fault = read_relocations(tag, size)) return fault;
    }
    if (Fault fault = read_symbols()) return fault;
    if (Fault fault = check_thread_local()) return fault;
    if (Fault fault = read_version_needs()) return fault;
    if (Fault fault = read_own_versions()) return fault;
    return check_versions_of_symbols();
  }

 private:
  /// A table that the loader reads after it has relocated: nothing may have written to it by then.
  Fault table(std::int64_t tag, std::uint64_t size, const char* name, std::string_view& out) const {
    const auto address = image_.tag(tag);
    if (!address) return wrong(base::join({"has no", name}, " "));
    const auto found = bytes_at(bytes_, image_, *address, size);
    if (!found) return wrong(base::join({"has", name, "outside of what is mapped"}, " "));
    if (found->writable) return wrong(base::join({"has", name, "where it can be written"}, " "));
    out = found->bytes;
    return std::nullopt;
  }
  /// As table(), up to the end of its segment: its size is not known beforehand.
  Fault open_table(std::int64_t tag, const char* name, std::string_view& out) const {
    if (Fault fault = table(tag, 0, name, out)) return fault;
    const Elf64_Phdr* load = image_.mapped_at(*image_.tag(tag));
    return table(tag, load->p_vaddr + load->p_filesz - *image_.tag(tag), name, out);
  }
  Fault sized(std::int64_t tag, std::uint64_t expected, const char* name) const {
    if (image_.tag(tag).value_or(expected) == expected) return std::nullopt;
    return wrong(base::join({"has", name, "of another size than this system's"}, " "));
  }
  Fault name_at(std::uint64_t offset, std::string_view& out) const {
    if (offset >= strings_.size()) return wrong("has a name outside of its table of names");
    const std::string_view from = strings_.substr(offset, name_bytes_most + 1);
    const std::size_t end = from.find('\0');
    if (end == std::string_view::npos) {
      if (from.size() <= name_bytes_most) return wrong("has a name without an end");
      return ElfFault{"AUDIT_TOO_LARGE",
                      "has a name of more than " + std::to_string(name_bytes_most) + " bytes"};
    }
    out = from.substr(0, end);
    return std::nullopt;
  }

  Fault read_strings() {
    const auto size = image_.tag(DT_STRSZ);
    if (!size) return wrong("has no table of names");
    if (Fault fault = table(DT_STRTAB, *size, "a table of names", strings_)) return fault;
    if (Fault fault = sized(DT_SYMENT, sizeof(Elf64_Sym), "symbols")) return fault;
    if (Fault fault = sized(DT_RELAENT, sizeof(Elf64_Rela), "relocations")) return fault;
    if (image_.tag(DT_PLTREL).value_or(DT_RELA) != DT_RELA)
      return wrong("has relocations of another kind than this system's");
    return check_companions();
  }

  /// Tags that the loader looks up without asking whether they are there, once it has seen another one.
  Fault check_companions() const {
    constexpr std::pair<std::int64_t, std::int64_t> needs[] = {
        {DT_RELA, DT_RELASZ},
        {DT_RELA, DT_RELAENT},
        {DT_JMPREL, DT_PLTRELSZ},
        {DT_JMPREL, DT_PLTREL},
        {DT_PLTRELSZ, DT_JMPREL},
        {DT_INIT_ARRAY, DT_INIT_ARRAYSZ},
        {DT_FINI_ARRAY, DT_FINI_ARRAYSZ},
        {DT_VERNEED, DT_VERSYM},
        {DT_VERDEF, DT_VERSYM},
    };
    if (image_.tag(DT_VERSYM) && !image_.tag(DT_VERNEED) && !image_.tag(DT_VERDEF))
      return wrong("has versions of symbols and no versions");
    for (const auto& [one, other] : needs) {
      if (image_.tag(one) && !image_.tag(other))
        return wrong("has a dynamic section from which an entry is missing");
    }
    return std::nullopt;
  }

  Fault read_needed() {
    for (const Elf64_Dyn& entry : image_.dynamic) {
      if (entry.d_tag != DT_NEEDED) continue;
      if (image_.needed.size() == needed_most)
        return too_many("needed libraries or more", needed_most + 1, needed_most);
      std::string_view name;
      if (Fault fault = name_at(entry.d_un.d_val, name)) return fault;
      image_.needed.push_back(name);
    }
    return std::nullopt;
  }

  /// Where the loader jumps to, and the lists that it takes further places from.
  Fault check_code() const {
    for (const std::int64_t tag : {DT_INIT, DT_FINI}) {
      const auto address = image_.tag(tag);
      if (!address) continue;
      const Elf64_Phdr* load = image_.mapped_at(*address);
      if (load == nullptr || (load->p_flags & PF_X) == 0) return wrong("begins or ends outside of its code");
    }
    for (const auto& [tag, size] :
         {std::pair(DT_INIT_ARRAY, DT_INIT_ARRAYSZ), std::pair(DT_FINI_ARRAY, DT_FINI_ARRAYSZ)}) {
      const auto address = image_.tag(tag);
      const std::uint64_t bytes = image_.tag(size).value_or(0);
      if (!address && bytes == 0) continue;
      if (!address || bytes % 8 != 0 || *address % 8 != 0 || !bytes_at(bytes_, image_, *address, bytes))
        return wrong("has a list of constructors or destructors outside of what is mapped");
    }
    if (const auto got = image_.tag(DT_PLTGOT)) {
      const Elf64_Phdr* load = image_.mapped_at(*got);
      if (load == nullptr || (load->p_flags & PF_W) == 0)
        return wrong("has a table of addresses that cannot be written");
    }
    return std::nullopt;
  }

  /// The table of symbols has no length of its own: the hash tables know it.
  Fault count_hashed() {
    if (!image_.tag(DT_HASH) && !image_.tag(DT_GNU_HASH)) return wrong("has no hash table");
    if (image_.tag(DT_HASH)) {
      std::uint32_t head[2] = {};  // buckets, symbols
      std::string_view hash;
      if (Fault fault = open_table(DT_HASH, "a hash table", hash)) return fault;
      if (!read(hash, 0, head)) return wrong("has a hash table that is cut off");
      if (Fault fault = check_sysv_hash(hash, head[0], head[1])) return fault;
      count_ = head[1];
    }
    return image_.tag(DT_GNU_HASH) ? count_gnu_hashed() : std::nullopt;
  }

  Fault check_sysv_hash(std::string_view hash, std::uint64_t buckets, std::uint64_t symbols) const {
    if (symbols > symbols_most) return too_many("symbols", symbols, symbols_most);
    if (buckets == 0 || buckets > symbols_most || hash.size() < 8 + (buckets + symbols) * 4)
      return wrong("has a hash table that is cut off");
    // A chain that comes back to itself would never end.
    std::uint64_t links = 0;
    for (std::uint64_t b = 0; b < buckets; ++b) {
      std::uint32_t symbol = 0;
      read(hash, 8 + b * 4, symbol);
      while (symbol != 0) {
        if (symbol >= symbols || ++links > symbols)
          return wrong("has a hash table with a chain that has no end");
        read(hash, 8 + (buckets + symbol) * 4, symbol);
      }
    }
    return std::nullopt;
  }

  Fault count_gnu_hashed() {
    struct {
      std::uint32_t buckets, first_symbol, bloom_words, shift;
    } head{};
    std::string_view hash;
    if (Fault fault = open_table(DT_GNU_HASH, "a hash table", hash)) return fault;
    const bool whole = read(hash, 0, head);
    const std::uint64_t buckets = sizeof head + std::uint64_t{head.bloom_words} * 8;
    const std::uint64_t chains = buckets + std::uint64_t{head.buckets} * 4;
    if (!whole || head.buckets == 0 || hash.size() < chains) return wrong("has a hash table that is cut off");
    if (head.bloom_words == 0 || (head.bloom_words & (head.bloom_words - 1)) != 0 || head.shift > 31)
      return wrong("has a hash table that the loader refuses");
    std::uint64_t count = head.first_symbol;
    for (std::uint64_t b = 0; b < head.buckets; ++b) {
      std::uint32_t first = 0;
      read(hash, buckets + b * 4, first);
      if (first != 0 && first < head.first_symbol)
        return wrong("has a hash table that points at symbols it does not have");
      count = std::max<std::uint64_t>(count, first);
    }
    if (count > symbols_most) return too_many("symbols", count, symbols_most);
    if (count > head.first_symbol || has_entry_in(hash, buckets, head.buckets)) {
      for (std::uint32_t chain = 0; (chain & 1) == 0; ++count) {
        if (count > symbols_most) return too_many("symbols", count, symbols_most);
        if (!read(hash, chains + (count - head.first_symbol) * 4, chain))
          return wrong("has a hash table with a chain that has no end");
      }
    }
    count_ = std::max(count_, count);
    return std::nullopt;
  }
  static bool has_entry_in(std::string_view hash, std::uint64_t buckets, std::uint64_t count) {
    const std::string_view table = hash.substr(buckets, count * 4);
    return table.find_first_not_of('\0') != std::string_view::npos;
  }

  /// Counts the kinds, and bounds what they write and which symbols they ask for.
  Fault read_relocations(std::int64_t tag, std::int64_t size_tag) {
    const std::uint64_t size = image_.tag(size_tag).value_or(0);
    if (!image_.tag(tag) && size == 0) return std::nullopt;
    if (size % sizeof(Elf64_Rela) != 0) return wrong("has relocations that are cut off");
    const std::uint64_t count = size / sizeof(Elf64_Rela);
    if (count > relocations_most) return too_many("relocations", count, relocations_most);
    std::string_view relocations;
    if (Fault fault = table(tag, size, "relocations", relocations)) return fault;
    // The loader takes so many at the beginning for what they should be.
    const std::uint64_t relative = tag == DT_RELA ? image_.tag(DT_RELACOUNT).value_or(0) : 0;
    if (relative > count) return wrong("counts more relocations than it has");
    for (std::uint64_t i = 0; i < count; ++i) {
      Elf64_Rela relocation;
      std::memcpy(&relocation, relocations.data() + i * sizeof relocation, sizeof relocation);
      const auto type = static_cast<std::uint32_t>(ELF64_R_TYPE(relocation.r_info));
      if (i < relative && type != relative_type) return wrong("counts relocations as what they are not");
      if (is_in(thread_local_types, type)) thread_local_symbols_.insert(ELF64_R_SYM(relocation.r_info));
      ++image_.relocations[type];
      if (image_.relocations.size() > 64) return too_many("kinds of relocations", 65, 64);
      count_ = std::max(count_, std::uint64_t{ELF64_R_SYM(relocation.r_info)} + 1);
      if (count_ > symbols_most) return too_many("symbols", count_, symbols_most);
      if (Fault fault = check_target(relocation.r_offset)) return fault;
    }
    return std::nullopt;
  }

  Fault check_target(std::uint64_t address) {
    const Elf64_Phdr* load = image_.mapped_at(address);
    constexpr std::uint64_t written = 8;
    if (load == nullptr || load->p_vaddr + load->p_memsz - address < written)
      return wrong("has a relocation that writes outside of the library");
    for (const Elf64_Phdr& segment : image_.segments) {
      if (segment.p_type == PT_DYNAMIC && address + written > segment.p_vaddr &&
          address < segment.p_vaddr + segment.p_memsz)
        return wrong("has a relocation that writes into its own dynamic section");
    }
    if ((load->p_flags & PF_W) == 0) image_.relocates_code = true;
    return std::nullopt;
  }

  Fault read_symbols() {
    std::string_view table_of_symbols;
    if (Fault fault = table(DT_SYMTAB, count_ * sizeof(Elf64_Sym), "a table of symbols", table_of_symbols))
      return fault;
    // A relocation without a symbol names this one, and the loader would look for what it is called.
    const std::string_view empty_symbol = table_of_symbols.substr(0, sizeof(Elf64_Sym));
    if (empty_symbol.find_first_not_of('\0') != std::string_view::npos)
      return wrong("has a first symbol that is not empty");
    for (std::uint64_t i = 1; i < count_; ++i) {
      Elf64_Sym symbol;
      std::memcpy(&symbol, table_of_symbols.data() + i * sizeof symbol, sizeof symbol);
      std::string_view name;
      if (Fault fault = name_at(symbol.st_name, name)) return fault;
      image_.symbols.push_back(
          {name, symbol.st_value, static_cast<unsigned char>(ELF64_ST_BIND(symbol.st_info)),
           static_cast<unsigned char>(ELF64_ST_TYPE(symbol.st_info)), symbol.st_shndx != SHN_UNDEF});
    }
    return std::nullopt;
  }

  /// The loader divides by the alignment of the storage that a variable lies in, whether or not there is any.
  Fault check_thread_local() const {
    const bool has_storage = std::any_of(
        image_.segments.begin(), image_.segments.end(),
        [](const Elf64_Phdr& segment) { return segment.p_type == PT_TLS && segment.p_memsz != 0; });
    for (const std::uint64_t index : thread_local_symbols_) {
      const bool is_own = index == 0 || image_.symbols[index - 1].defined;
      if (is_own ? !has_storage : !is_in(thread_local_imports, image_.symbols[index - 1].name))
        return wrong("has a thread-local variable without thread-local storage");
    }
    return std::nullopt;
  }

  /// By the links from one to the next, as the loader goes, not by the counts.
  Fault read_version_needs() {
    if (!image_.tag(DT_VERNEED)) return std::nullopt;
    std::string_view versions;
    if (Fault fault = open_table(DT_VERNEED, "a table of versions", versions)) return fault;
    std::uint64_t at = 0, count = 0;
    for (Elf64_Verneed need{}; count == 0 || need.vn_next != 0; ++count) {
      at += need.vn_next;
      std::string_view library;
      if (!read(versions, at, need) || need.vn_version != VER_NEED_CURRENT)
        return wrong("has a table of versions that is cut off");
      if (Fault fault = name_at(need.vn_file, library)) return fault;
      if (Fault fault = read_versions_of(versions, at, need, library)) return fault;
    }
    if (count != image_.tag(DT_VERNEEDNUM).value_or(0)) return wrong("counts its versions wrongly");
    return std::nullopt;
  }

  Fault read_versions_of(std::string_view versions, std::uint64_t at, const Elf64_Verneed& need,
                         std::string_view library) {
    if (std::find(image_.needed.begin(), image_.needed.end(), library) == image_.needed.end())
      return wrong("asks for versions of a library that it does not need");
    at += need.vn_aux;
    std::uint64_t count = 0;
    for (Elf64_Vernaux version{}; count == 0 || version.vna_next != 0; ++count) {
      at += version.vna_next;
      std::string_view name;
      if (!read(versions, at, version)) return wrong("has a table of versions that is cut off");
      if (Fault fault = name_at(version.vna_name, name)) return fault;
      if (image_.version_needs.size() == versions_most)
        return too_many("versions or more", versions_most + 1, versions_most);
      image_.version_needs.push_back({library, name});
      known_versions_.insert(version.vna_other & 0x7fff);
    }
    return count == need.vn_cnt ? std::nullopt : wrong("counts its versions wrongly");
  }

  Fault read_own_versions() {
    if (!image_.tag(DT_VERDEF)) return std::nullopt;
    std::string_view versions;
    if (Fault fault = open_table(DT_VERDEF, "a table of its versions", versions)) return fault;
    std::uint64_t at = 0, count = 0;
    for (Elf64_Verdef own{}; count == 0 || own.vd_next != 0; ++count) {
      at += own.vd_next;
      Elf64_Verdaux first{};
      std::string_view name;
      if (count == versions_most) return too_many("versions or more", versions_most + 1, versions_most);
      if (!read(versions, at, own) || !read(versions, at + own.vd_aux, first) ||
          own.vd_version != VER_DEF_CURRENT)
        return wrong("has a table of its versions that is cut off");
      if (Fault fault = name_at(first.vda_name, name)) return fault;
      known_versions_.insert(own.vd_ndx & 0x7fff);
    }
    return count == image_.tag(DT_VERDEFNUM).value_or(0) ? std::nullopt
                                                         : wrong("counts its versions wrongly");
  }

  /// The loader takes a symbol's version out of a list by this number, without looking how long the list is.
  Fault check_versions_of_symbols() const {
    if (!image_.tag(DT_VERSYM)) return std::nullopt;
    std::string_view numbers;
    if (Fault fault = table(DT_VERSYM, count_ * 2, "versions of symbols", numbers)) return fault;
    for (std::uint64_t i = 0; i < count_; ++i) {
      std::uint16_t number = 0;
      read(numbers, i * 2, number);
      number &= 0x7fff;
      if (number > VER_NDX_GLOBAL && !known_versions_.contains(number))
        return wrong("has a symbol of a version that it does not name");
    }
    return std::nullopt;
  }

  std::string_view bytes_;
  ElfImage& image_;
  std::string_view strings_;
  std::uint64_t count_ = 1;                       ///< symbols, with the empty one at the beginning
  std::set<std::uint64_t> thread_local_symbols_;  ///< of relocations; 0 for none
  std::set<std::uint16_t> known_versions_;
};

}  // namespace

Fault read_tables(std::string_view bytes, ElfImage& image) {
  return Tables(bytes, image).run();
}

}  // namespace cadre::agent

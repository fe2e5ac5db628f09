#include "host/agent/audit.hpp"

#include <gnu/libc-version.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include "cadre/plugin.h"
#include "host/agent/elf_image.hpp"
#include "host/base/capped_problems.hpp"
#include "host/base/text.hpp"

namespace cadre::agent {

namespace {

#if defined(__x86_64__)
constexpr std::uint16_t this_machine = EM_X86_64;
#elif defined(__aarch64__)
constexpr std::uint16_t this_machine = EM_AARCH64;
#endif

/// What an agent may be linked to dynamically; anything else goes in statically.
constexpr std::string_view allowed_libraries[] = {
    "libc.so.6",
    "libm.so.6",
    "libstdc++.so.6",
    "libgcc_s.so.1",
    "ld-linux-x86-64.so.2",
    "ld-linux-aarch64.so.1",
#ifdef CADRE_SANITIZED
    "libasan.so.8",
    "libubsan.so.1",
    "libtsan.so.2",
#endif
};

/// What one with a process of its own may need besides; and the library of Python 3.
constexpr std::string_view isolated_libraries[] = {"libpthread.so.0", "libdl.so.2", "librt.so.1",
                                                   "libutil.so.1"};

std::string machine_name(std::uint16_t machine) {
  switch (machine) {
    case EM_X86_64:
      return "x86-64";
    case EM_386:
      return "x86";
    case EM_AARCH64:
      return "AArch64";
    case EM_ARM:
      return "ARM";
    case EM_RISCV:
      return "RISC-V";
    case EM_PPC64:
      return "PowerPC 64";
    case EM_S390:
      return "IBM Z";
    default:
      return "number " + std::to_string(machine);
  }
}

/// "GLIBC_2.34" is newer than "2.33" when its numbers are greater.
bool is_newer(std::string_view version, std::string_view than) {
  const auto number = [](std::string_view& text) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (!text.empty()) text.remove_prefix(1);
    return error == std::errc{} ? value : 0u;
  };
  while (!version.empty() || !than.empty()) {
    const unsigned a = number(version);
    const unsigned b = number(than);
    if (a != b) return a > b;
  }
  return false;
}

/// A name from the file, as a message can bear it: cut where it is long, and without control characters.
std::string shown(std::string_view name) {
  constexpr std::size_t bytes_most = 80;
  std::string text(name.substr(0, bytes_most));
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) c = '?';
  }
  return name.size() > bytes_most ? text + "..." : text;
}

/// A few names and how many more there are.
std::string some(const std::vector<std::string_view>& names) {
  constexpr std::size_t shown_most = 3;
  std::vector<std::string> first;
  for (std::size_t i = 0; i < std::min(names.size(), shown_most); ++i)
    first.push_back(shown(names[i]));
  const std::string text = base::join(first, ", ");
  return names.size() <= shown_most ? text
                                    : text + " and " + std::to_string(names.size() - shown_most) + " more";
}

std::string hexadecimal(std::uint64_t value) {
  char text[19] = "0x";
  const auto end = std::to_chars(text + 2, text + sizeof text, value, 16);
  return {text, end.ptr};
}

/// A next step, and the other one, where a process of its own would let it pass.
std::string or_a_process(std::string_view step, bool helps = true) {
  std::string text(step);
  if (helps) text += ", or set \"isolation\": \"process\" in its manifest";
  return text;
}

/// Kinds of segments that the loader, the unwinder or nobody looks at, and nothing else.
constexpr std::array<std::uint32_t, 10> allowed_segments = {
    PT_NULL, PT_LOAD,         PT_DYNAMIC,   PT_NOTE,      PT_PHDR,
    PT_TLS,  PT_GNU_EH_FRAME, PT_GNU_STACK, PT_GNU_RELRO, PT_GNU_PROPERTY};

/// Dynamic tags that a library needs to be loaded: where its tables are. DT_TEXTREL has a rule of its own.
constexpr std::int64_t allowed_tags[] = {
    DT_NEEDED,
    DT_PLTRELSZ,
    DT_PLTGOT,
    DT_HASH,
    DT_STRTAB,
    DT_SYMTAB,
    DT_RELA,
    DT_RELASZ,
    DT_RELAENT,
    DT_STRSZ,
    DT_SYMENT,
    DT_INIT,
    DT_FINI,
    DT_SYMBOLIC,
    DT_PLTREL,
    DT_TEXTREL,
    DT_JMPREL,
    DT_BIND_NOW,
    DT_INIT_ARRAY,
    DT_FINI_ARRAY,
    DT_INIT_ARRAYSZ,
    DT_FINI_ARRAYSZ,
    DT_FLAGS,
    DT_GNU_HASH,
    DT_VERSYM,
    DT_RELACOUNT,
    DT_FLAGS_1,
    DT_VERNEED,
    DT_VERNEEDNUM,
    DT_VERDEF,
    DT_VERDEFNUM,
#if defined(__aarch64__)
    DT_AARCH64_BTI_PLT,
    DT_AARCH64_PAC_PLT,
    DT_AARCH64_VARIANT_PCS,
#endif
};

/// What is known of some of those that are refused.
struct KnownTag {
  std::int64_t tag;
  const char* what;
  const char* next;
};
constexpr KnownTag known_tags[] = {
    {DT_AUXILIARY, "an auxiliary library (DT_AUXILIARY), which would be loaded and run", "link without -f"},
    {DT_FILTER, "a filtered library (DT_FILTER), which would be loaded and run", "link without -F"},
    {DT_AUDIT, "an auditing library (DT_AUDIT), which would be loaded and run", "link without --audit"},
    {DT_DEPAUDIT, "an auditing library (DT_DEPAUDIT), which would be loaded and run",
     "link without --depaudit"},
    {DT_RPATH, "a search path for libraries (DT_RPATH)",
     "link without -rpath; in CMake set SKIP_BUILD_RPATH"},
    {DT_RUNPATH, "a search path for libraries (DT_RUNPATH)",
     "link without -rpath; in CMake set SKIP_BUILD_RPATH"},
    {DT_SONAME, "a name of its own (DT_SONAME), by which other libraries could be given it",
     "link without -soname"},
    {DT_PREINIT_ARRAY, "code that runs before its constructors (DT_PREINIT_ARRAY)",
     "use a constructor, or create"},
    {36, "packed relocations (DT_RELR)", "link with -z nopack-relative-relocs"},
    {DT_REL, "relocations without addends (DT_REL)", "build it with the usual compiler of this machine"},
};

/// Relocations that write an address of the library or of what it imports.
constexpr std::uint32_t allowed_relocations[] = {
#if defined(__x86_64__)
    R_X86_64_NONE,     R_X86_64_64,       R_X86_64_GLOB_DAT, R_X86_64_JUMP_SLOT,
    R_X86_64_RELATIVE, R_X86_64_DTPMOD64, R_X86_64_DTPOFF64,
#elif defined(__aarch64__)
    R_AARCH64_NONE,     R_AARCH64_ABS64,      R_AARCH64_GLOB_DAT,   R_AARCH64_JUMP_SLOT,
    R_AARCH64_RELATIVE, R_AARCH64_TLS_DTPMOD, R_AARCH64_TLS_DTPREL, R_AARCH64_TLSDESC,
#endif
};
#if defined(__x86_64__)
constexpr std::uint32_t ifunc_relocation = R_X86_64_IRELATIVE;
constexpr std::uint32_t static_tls_relocation = R_X86_64_TPOFF64;
#elif defined(__aarch64__)
constexpr std::uint32_t ifunc_relocation = R_AARCH64_IRELATIVE;
constexpr std::uint32_t static_tls_relocation = R_AARCH64_TLS_TPREL;
#endif

template <class List, class Value>
bool is_in(const List& list, const Value& value) {
  return std::find(std::begin(list), std::end(list), value) != std::end(list);
}

class Audit {
 public:
  Audit(const ElfImage& image, const std::string& file, ImportList list)
      : image_(image), file_(file), list_(list), problems_(file) {}

  base::Problems run() {
    if (image_.machine != this_machine) {
      error("AUDIT_MACHINE",
            "is built for another machine, " + machine_name(image_.machine) + "; this one is " +
                machine_name(this_machine),
            "build it on this kind of machine");
      return problems_.take();
    }
    check_segments();
    check_tags();
    check_flags();
    check_relocations();
    check_needed();
    check_versions();
    check_entry();
    check_symbols();
    check_imports();
    return problems_.take();
  }

 private:
  void error(std::string code, std::string message, std::string next) {
    problems_.error(std::move(code), base::Place::of(file_), std::move(message), std::move(next));
  }

  void check_segments() {
    bool stack = false;
    for (const Elf64_Phdr& segment : image_.segments) {
      if (!is_in(allowed_segments, segment.p_type)) {
        error("AUDIT_SEGMENT",
              segment.p_type == PT_INTERP ? "names an interpreter, as programs do"
                                          : "has a segment of the kind " + hexadecimal(segment.p_type) +
                                                ", which is not on the list of allowed ones",
              segment.p_type == PT_INTERP ? "link it with -shared" : "build it with cadre_add_agent");
      }
      constexpr std::uint32_t writable_code = PF_W | PF_X;
      if (segment.p_type == PT_LOAD && (segment.p_flags & writable_code) == writable_code)
        error("AUDIT_WRITABLE_CODE", "has code that can be written", "link without -N and --omagic");
      if (segment.p_type == PT_GNU_STACK) stack = (segment.p_flags & PF_X) == 0;
    }
    // Without a word about it the loader takes an executable one for granted.
    if (!stack) error("AUDIT_EXECUTABLE_STACK", "asks for an executable stack", "link with -z noexecstack");
  }

  void check_tags() {
    for (const Elf64_Dyn& entry : image_.dynamic) {
      if (is_in(allowed_tags, entry.d_tag)) continue;
      // What belongs to a tag that is refused is not refused as well.
      if (is_in(std::array<std::int64_t, 6>{DT_PREINIT_ARRAYSZ, 35, 37, DT_RELSZ, DT_RELENT, DT_RELCOUNT},
                entry.d_tag))
        continue;
      const auto* const known = std::find_if(std::begin(known_tags), std::end(known_tags),
                                             [&](const KnownTag& k) { return k.tag == entry.d_tag; });
      if (known != std::end(known_tags)) {
        error("AUDIT_DYNAMIC_TAG", std::string("has ") + known->what, known->next);
      } else {
        error("AUDIT_DYNAMIC_TAG",
              "has the dynamic tag " + hexadecimal(static_cast<std::uint64_t>(entry.d_tag)) +
                  ", which is not on the list of allowed ones",
              "build it with cadre_add_agent");
      }
    }
  }

  void check_flags() {
    const std::uint64_t flags = image_.tag(DT_FLAGS).value_or(0);
    const std::uint64_t flags_1 = image_.tag(DT_FLAGS_1).value_or(0);
    // A process of its own ends, whatever cannot be unloaded from it.
    const bool is_shared = list_ == ImportList::in_process;
    if ((flags_1 & DF_1_NODELETE) != 0 && is_shared)
      error("AUDIT_NODELETE", "is marked NODELETE: it would never unload",
            or_a_process("link without -z nodelete"));
    if (((flags & DF_STATIC_TLS) != 0 || image_.relocations.contains(static_tls_relocation)) && is_shared) {
      error("AUDIT_STATIC_TLS", "uses static thread-local storage, which runs out after a few reloads",
            or_a_process("compile with -ftls-model=global-dynamic, or better without thread_local"));
    }
    if (image_.relocates_code || image_.tag(DT_TEXTREL) || (flags & DF_TEXTREL) != 0)
      error("AUDIT_TEXT_RELOCATIONS", "has text relocations", "compile with -fPIC");
    const std::uint64_t others =
        flags & ~std::uint64_t{DF_SYMBOLIC | DF_TEXTREL | DF_BIND_NOW | DF_STATIC_TLS};
    const std::uint64_t others_1 = flags_1 & ~std::uint64_t{DF_1_NOW | DF_1_NODELETE};
    if (others != 0 || others_1 != 0) {
      error("AUDIT_LOADER_FLAG",
            "asks the loader for what is not on the list of allowed flags: DT_FLAGS " + hexadecimal(others) +
                ", DT_FLAGS_1 " + hexadecimal(others_1),
            "link without -z options other than now, relro, defs and noexecstack, and without -pie");
    }
  }

  void check_relocations() {
    for (const auto& [type, count] : image_.relocations) {
      if (type == ifunc_relocation) {
        error("AUDIT_IFUNC", "has functions that are chosen when it is loaded (IRELATIVE relocations)",
              "build without ifunc and target_clones attributes");
      } else if (type != static_tls_relocation && !is_in(allowed_relocations, type) &&
                 !image_.relocates_code) {
        error("AUDIT_RELOCATION",
              "has " + std::to_string(count) + " relocations of the type " + std::to_string(type) +
                  ", which is not on the list of allowed ones",
              "compile with -fPIC, and on x86-64 with -mtls-dialect=gnu");
      }
    }
  }

  void check_needed() {
    for (const std::string_view library : image_.needed) {
      const bool is_fine_alone = is_in(isolated_libraries, library) || fits(library, "libpython3.*.so.1.0");
      if (is_in(allowed_libraries, library) || (list_ == ImportList::isolated && is_fine_alone)) continue;
      needs_others_ = true;
      error("AUDIT_NEEDED_LIBRARY",
            "needs " + shown(library) + ", which is not on the list of allowed libraries",
            or_a_process("link it statically into the plugin", is_fine_alone));
    }
  }

  void check_versions() {
    for (const ElfImage::VersionNeed& need : image_.version_needs) {
      constexpr std::string_view prefix = "GLIBC_";
      if (need.version == "GLIBC_PRIVATE") {
        error("AUDIT_LIBC_PRIVATE",
              "needs GLIBC_PRIVATE of " + shown(need.library) + ", the inside of the C library",
              "use its public functions");
        continue;
      }
      if (need.version.rfind(prefix, 0) != 0) continue;
      if (is_newer(need.version.substr(prefix.size()), gnu_get_libc_version())) {
        error("AUDIT_LIBC_VERSION",
              "needs " + shown(need.version) + " of " + shown(need.library) + ", this host has " +
                  gnu_get_libc_version(),
              "build it on the oldest system it has to run on");
      }
    }
  }

  void check_symbols() {
    std::vector<std::string_view> exported, unique, chosen;
    for (const ElfImage::Symbol& symbol : image_.symbols) {
      if (!symbol.defined) continue;  // a linker may note there that the C library chooses
      if (symbol.type == STT_GNU_IFUNC) chosen.push_back(symbol.name);
      if (symbol.name == CADRE_PLUGIN_SYMBOL) continue;
      if (symbol.binding == STB_GNU_UNIQUE)
        unique.push_back(symbol.name);
      else if (symbol.binding != STB_LOCAL)
        exported.push_back(symbol.name);
    }
    if (!exported.empty()) {
      error("AUDIT_EXPORTS", "exports more than " CADRE_PLUGIN_SYMBOL ": " + some(exported),
            "build it with cadre_add_agent");
    }
    if (!unique.empty()) {
      error("AUDIT_UNIQUE_SYMBOL",
            "has unique symbols, which two versions would share and which prevent unloading: " + some(unique),
            "compile with -fno-gnu-unique");
    }
    if (!chosen.empty()) {
      error("AUDIT_IFUNC", "has functions that are chosen when it is loaded (IFUNC): " + some(chosen),
            "build without ifunc and target_clones attributes");
    }
  }

  void check_entry() {
    int entries = 0;
    for (const ElfImage::Symbol& symbol : image_.symbols) {
      if (!symbol.defined || symbol.name != CADRE_PLUGIN_SYMBOL) continue;
      ++entries;
      const Elf64_Phdr* load = image_.mapped_at(symbol.value);
      const bool is_code = load != nullptr && (load->p_flags & PF_X) != 0;
      const bool is_global = symbol.binding == STB_GLOBAL || symbol.binding == STB_WEAK;
      if (symbol.type == STT_GNU_IFUNC) continue;  // refused as such
      if (symbol.type != STT_FUNC || !is_code || !is_global) {
        error("AUDIT_ENTRY_KIND", "exports " CADRE_PLUGIN_SYMBOL ", which is not a function in its code",
              "declare it with CADRE_EXPORT as the header does, and build it with cadre_add_agent");
      }
    }
    if (entries == 0) {
      error("AUDIT_NO_ENTRY", "does not export " CADRE_PLUGIN_SYMBOL,
            "is it a Cadre plugin? build it with cadre_add_agent");
    } else if (entries > 1) {
      error("AUDIT_ENTRY_KIND", "exports " CADRE_PLUGIN_SYMBOL " more than once",
            "build it with cadre_add_agent");
    }
  }

  void check_imports() {
    for (const ElfImage::Symbol& symbol : image_.symbols) {
      if (symbol.defined || symbol.name.empty()) continue;
      const ImportVerdict verdict = judge_import(symbol.name, list_);
      // What nobody knows is most likely a function of the library that was refused.
      if (verdict.allowed || (needs_others_ && verdict.sentence.empty())) continue;
      // The wider list helps only where the name is on it.
      const bool process_helps =
          list_ == ImportList::in_process && judge_import(symbol.name, ImportList::isolated).allowed;
      if (verdict.sentence.empty()) {
        error("AUDIT_UNLISTED_IMPORT",
              "imports " + shown(symbol.name) + ", which is not on the list of what a plugin may import",
              or_a_process(process_helps ? "do without it" : "do without it, or ask for it to be listed",
                           process_helps));
      } else {
        error("AUDIT_BANNED_IMPORT",
              "imports " + shown(symbol.name) + ": it " + std::string(verdict.sentence),
              or_a_process(verdict.instead, process_helps));
      }
    }
  }

  const ElfImage& image_;
  const std::string& file_;
  const ImportList list_;
  bool needs_others_ = false;  ///< a needed library was refused
  base::CappedProblems problems_;
};

std::string_view next_step_of(std::string_view code) {
  if (code == "AUDIT_TOO_LARGE") return "strip it, and link only what it needs";
  if (code == "AUDIT_NOT_A_LIBRARY") return "build the plugin again";
  return "build it again with the usual linkers, and do not change the file afterwards";
}

}  // namespace

base::Problems audit_library(std::string_view bytes, const std::string& file, ImportList list) {
  ElfFault fault;
  const auto image = ElfImage::parse(bytes, fault);
  if (!image) {
    base::Problems problems;
    problems.error(fault.code, base::Place::of(file), fault.sentence, std::string(next_step_of(fault.code)));
    return problems;
  }
  return Audit(*image, file, list).run();
}

}  // namespace cadre::agent

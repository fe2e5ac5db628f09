// Every rule of the audit with libraries that break it and nothing else, made of a good one by a change of
// some bytes, or built so (tests/agents). A rule without a bad library fails.

#include <algorithm>
#include <set>
#include <span>

#include <gmock/gmock.h>

#include "host/agent/audit.hpp"
#include "host/agent/elf_image.hpp"
#include "host/base/problem_codes.hpp"
#include "tests/unit/agent/elf_editor.hpp"
#include "tests/unit/agent/test_agents.hpp"

namespace cadre::agent {
namespace {

using testing::HasSubstr;

struct BadLibrary {
  const char* code;
  const char* name;
  const char* sentence;  ///< a part of what is said
  void (*spoil)(ElfEditor&);
  const char* made_of = "good";  ///< of tests/agents
};
void PrintTo(const BadLibrary& bad, std::ostream* out) {
  *out << bad.name;
}

constexpr std::uint64_t far_away = 1ULL << 40;

/// Gives the first needed version another name.
void ask_for_version(ElfEditor& elf, std::string_view version) {
  const std::uint32_t room = elf.symbol(spare_import).st_name;
  elf.rename(spare_import, version);
  elf.symbol(version).st_name = elf.symbol("__cxa_finalize").st_name;
  elf.version().vna_name = room;
}
template <std::int64_t tag, std::uint64_t value = 1>
void with_tag(ElfEditor& elf) {
  elf.add_tag(tag, value);
}
template <std::uint64_t flag>
void with_flag_1(ElfEditor& elf) {
  elf.tag(DT_FLAGS_1).d_un.d_val |= flag;
}
void as_built(ElfEditor&) {}

constexpr BadLibrary bad_segments[] = {
    {"AUDIT_SEGMENT", "interpreter", "names an interpreter, as programs do; link it with -shared",
     [](ElfEditor& e) { e.segment(PT_NOTE).p_type = PT_INTERP; }},
    {"AUDIT_SEGMENT", "unknown_segment", "the kind 0x6abcdef0",
     [](ElfEditor& e) { e.segment(PT_NOTE).p_type = 0x6abcdef0; }},
    {"AUDIT_WRITABLE_CODE", "writable_code", "has code that can be written",
     [](ElfEditor& e) { e.load(PF_R | PF_X).p_flags |= PF_W; }},
    {"AUDIT_EXECUTABLE_STACK", "executable_stack", "-z noexecstack", as_built, "executable_stack"},
    {"AUDIT_EXECUTABLE_STACK", "no_word_of_a_stack", "asks for an executable stack",
     [](ElfEditor& e) { e.segment(PT_GNU_STACK).p_type = PT_NULL; }},
    {"AUDIT_LAYOUT", "dynamic_elsewhere_in_file", "another dynamic section in memory than in the file",
     [](ElfEditor& e) { e.segment(PT_DYNAMIC).p_offset = 0; }},
    {"AUDIT_LAYOUT", "dynamic_not_mapped", "another dynamic section in memory than in the file",
     [](ElfEditor& e) { e.segment(PT_DYNAMIC).p_vaddr += far_away; }},
    {"AUDIT_LAYOUT", "dynamic_beyond_its_segment", "another dynamic section",
     [](ElfEditor& e) { e.segment(PT_DYNAMIC).p_filesz = e.bytes().size(); }},
    {"AUDIT_LAYOUT", "two_dynamics", "two segments of one kind",
     [](ElfEditor& e) { e.segment(PT_GNU_EH_FRAME) = e.segment(PT_DYNAMIC); }},
    {"AUDIT_LAYOUT", "headers_elsewhere_in_memory", "another table in memory",
     [](ElfEditor& e) { e.segment(PT_PHDR).p_vaddr += 8; }},
    {"AUDIT_LAYOUT", "headers_elsewhere_in_file", "another table in memory",
     [](ElfEditor& e) { e.segment(PT_PHDR).p_offset += 8; }},
    {"AUDIT_LAYOUT", "overlapping", "segments that overlap in memory",
     [](ElfEditor& e) { e.load(PF_R | PF_X).p_vaddr -= e.load(PF_R | PF_X).p_vaddr & ~0xfffULL; }},
    {"AUDIT_LAYOUT", "misaligned", "not aligned alike",
     [](ElfEditor& e) { e.load(PF_R | PF_X).p_vaddr += 8; }},
    {"AUDIT_LAYOUT", "more_in_file_than_in_memory", "more bytes in the file than in memory",
     [](ElfEditor& e) { e.load(PF_R | PF_X).p_memsz = 1; }},
    {"AUDIT_LAYOUT", "unreadable", "a segment that cannot be read",
     [](ElfEditor& e) { e.load(PF_R | PF_X).p_flags = PF_X; }},
    {"AUDIT_LAYOUT", "protects_what_is_not_its_own", "protects memory that is not its own",
     [](ElfEditor& e) { e.segment(PT_GNU_RELRO).p_vaddr += far_away; }},
    {"AUDIT_LAYOUT", "protects_more_than_its_own", "protects memory that is not its own",
     [](ElfEditor& e) { e.segment(PT_GNU_RELRO).p_memsz += 1 << 20; }},
    {"AUDIT_LAYOUT", "an_address_of_no_process", "an address that no process has",
     [](ElfEditor& e) { e.load(PF_R | PF_X).p_vaddr |= 1ULL << 60; }},
    {"AUDIT_NOT_A_LIBRARY", "truncated", "is truncated or damaged",
     [](ElfEditor& e) { e.raw().resize(e.bytes().size() / 2); }},
    {"AUDIT_NOT_A_LIBRARY", "no_dynamic", "is truncated or damaged",
     [](ElfEditor& e) { e.segment(PT_DYNAMIC).p_type = PT_NULL; }},
    {"AUDIT_NOT_A_LIBRARY", "for_another_system", "is not a library for Linux",
     [](ElfEditor& e) { e.head().e_ident[EI_OSABI] = ELFOSABI_FREEBSD; }},
    {"AUDIT_MACHINE", "another_machine", "is built for another machine",
     [](ElfEditor& e) { e.head().e_machine = EM_RISCV; }},
};

// The loader of the C library looks at 32 bits of some tags: this one would be DT_AUXILIARY to it.
constexpr std::int64_t auxiliary_in_disguise = DT_AUXILIARY | (1LL << 32);
constexpr BadLibrary bad_tags[] = {
    {"AUDIT_DYNAMIC_TAG", "auxiliary",
     "has an auxiliary library (DT_AUXILIARY), which would be loaded and run", with_tag<DT_AUXILIARY>},
    {"AUDIT_DYNAMIC_TAG", "auxiliary_in_disguise", "the dynamic tag 0x17ffffffd",
     with_tag<auxiliary_in_disguise>},
    {"AUDIT_DYNAMIC_TAG", "filter", "DT_FILTER", with_tag<DT_FILTER>},
    {"AUDIT_DYNAMIC_TAG", "auditor", "DT_AUDIT", with_tag<DT_AUDIT>},
    {"AUDIT_DYNAMIC_TAG", "auditor_of_needed", "DT_DEPAUDIT", with_tag<DT_DEPAUDIT>},
    {"AUDIT_DYNAMIC_TAG", "rpath", "a search path for libraries (DT_RPATH)", with_tag<DT_RPATH>},
    {"AUDIT_DYNAMIC_TAG", "runpath", "a search path for libraries (DT_RUNPATH)", with_tag<DT_RUNPATH>},
    {"AUDIT_DYNAMIC_TAG", "soname", "by which other libraries could be given it", with_tag<DT_SONAME>},
    {"AUDIT_DYNAMIC_TAG", "before_constructors", "DT_PREINIT_ARRAY", with_tag<DT_PREINIT_ARRAY>},
    {"AUDIT_DYNAMIC_TAG", "packed_relocations", "-z nopack-relative-relocs", with_tag<36>},
    {"AUDIT_DYNAMIC_TAG", "relocations_without_addends", "DT_REL", with_tag<DT_REL>},
    {"AUDIT_DYNAMIC_TAG", "configuration", "the dynamic tag 0x6ffffefa", with_tag<DT_CONFIG>},
    {"AUDIT_DYNAMIC_TAG", "unknown_tag", "the dynamic tag 0x60001234", with_tag<0x60001234>},
    {"AUDIT_LOADER_FLAG", "global", "DT_FLAGS_1 0x2;", with_flag_1<DF_1_GLOBAL>},
    {"AUDIT_LOADER_FLAG", "interpose", "DT_FLAGS_1 0x400;", with_flag_1<DF_1_INTERPOSE>},
    {"AUDIT_LOADER_FLAG", "first_of_all", "DT_FLAGS_1 0x20;", with_flag_1<DF_1_INITFIRST>},
    {"AUDIT_LOADER_FLAG", "program", "DT_FLAGS_1 0x8000000;", with_flag_1<DF_1_PIE>},
    {"AUDIT_LOADER_FLAG", "origin", "DT_FLAGS 0x1,",
     [](ElfEditor& e) { e.tag(DT_FLAGS).d_un.d_val |= DF_ORIGIN; }},
    {"AUDIT_NODELETE", "nodelete", "it would never unload", as_built, "nodelete"},
    {"AUDIT_STATIC_TLS", "static_tls", "-ftls-model=global-dynamic", as_built, "static_tls"},
    {"AUDIT_STATIC_TLS", "static_tls_unsaid", "-ftls-model=global-dynamic",
     [](ElfEditor& e) { e.tag(DT_FLAGS).d_un.d_val &= ~std::uint64_t{DF_STATIC_TLS}; }, "static_tls"},
    {"AUDIT_TEXT_RELOCATIONS", "text_relocation", "compile with -fPIC", as_built, "text_relocation"},
    {"AUDIT_TEXT_RELOCATIONS", "text_relocation_unsaid", "compile with -fPIC",
     [](ElfEditor& e) { e.in_table<Elf64_Rela>(DT_RELA).r_offset = e.load(PF_R | PF_X).p_vaddr; }},
    {"AUDIT_LIBC_PRIVATE", "private_version", "the inside of the C library",
     [](ElfEditor& e) { ask_for_version(e, "GLIBC_PRIVATE"); }},
    {"AUDIT_LIBC_VERSION", "newer_version", "needs GLIBC_9.99 of ",
     [](ElfEditor& e) { ask_for_version(e, "GLIBC_9.99"); }},
};

constexpr BadLibrary bad_tables[] = {
    {"AUDIT_TABLES", "no_end", "a dynamic section without an end",
     [](ElfEditor& e) { e.segment(PT_DYNAMIC).p_filesz = 3 * sizeof(Elf64_Dyn); }},
    {"AUDIT_TABLES", "twice", "says one thing twice", with_tag<DT_STRTAB>},
    {"AUDIT_TABLES", "names_can_be_written", "a table of names where it can be written",
     [](ElfEditor& e) {
       e.tag(DT_STRTAB).d_un.d_ptr = e.load(PF_R | PF_W).p_vaddr;
       e.tag(DT_STRSZ).d_un.d_val = 8;
     }},
    {"AUDIT_TABLES", "names_not_mapped", "a table of names outside of what is mapped",
     [](ElfEditor& e) { e.tag(DT_STRTAB).d_un.d_ptr = far_away; }},
    {"AUDIT_TABLES", "name_outside", "a name outside of its table",
     [](ElfEditor& e) { e.symbol(spare_import).st_name = 1U << 30; }},
    {"AUDIT_TABLES", "first_symbol_with_a_name", "a first symbol that is not empty",
     [](ElfEditor& e) { e.in_table<Elf64_Sym>(DT_SYMTAB) = {~0U, 0xff, 0, SHN_UNDEF, 0, 0}; }},
    {"AUDIT_TABLES", "name_without_end", "a name without an end",
     [](ElfEditor& e) { e.tag(DT_STRSZ).d_un.d_val = e.symbol(spare_import).st_name + 3; }},
    {"AUDIT_TABLES", "small_symbols", "symbols of another size",
     [](ElfEditor& e) { e.tag(DT_SYMENT).d_un.d_val = 16; }},
    {"AUDIT_TABLES", "small_relocations", "relocations of another size",
     [](ElfEditor& e) { e.tag(DT_RELAENT).d_un.d_val = 16; }},
    {"AUDIT_TABLES", "other_relocations", "relocations of another kind",
     [](ElfEditor& e) { e.tag(DT_PLTREL).d_un.d_val = DT_REL; }},
    {"AUDIT_TABLES", "an_entry_missing", "an entry is missing",
     [](ElfEditor& e) { e.tag(DT_RELAENT).d_tag = DT_BIND_NOW; }},
    {"AUDIT_TABLES", "relocations_cut_off", "relocations that are cut off",
     [](ElfEditor& e) { e.tag(DT_RELASZ).d_un.d_val -= 1; }},
    {"AUDIT_TABLES", "miscounted_relocations", "counts relocations as what they are not",
     [](ElfEditor& e) {
       e.add_tag(DT_RELACOUNT, 1);
       e.in_table<Elf64_Rela>(DT_RELA).r_info = R_X86_64_64;
     }},
    {"AUDIT_TABLES", "too_high_a_count", "counts more relocations than it has",
     with_tag<DT_RELACOUNT, 1 << 20>},
    {"AUDIT_TABLES", "writes_elsewhere", "writes outside of the library",
     [](ElfEditor& e) { e.in_table<Elf64_Rela>(DT_RELA).r_offset = far_away; }},
    {"AUDIT_TABLES", "writes_its_dynamic_section", "writes into its own dynamic section",
     [](ElfEditor& e) { e.in_table<Elf64_Rela>(DT_RELA).r_offset = e.segment(PT_DYNAMIC).p_vaddr + 8; }},
    {"AUDIT_TABLES", "bloom_no_power_of_two", "a hash table that the loader refuses",
     [](ElfEditor& e) { e.in_table<std::uint32_t>(DT_GNU_HASH, 2) = 3; }},
    {"AUDIT_TABLES", "no_buckets", "a hash table that is cut off",
     [](ElfEditor& e) { e.in_table<std::uint32_t>(DT_GNU_HASH, 0) = 0; }},
    {"AUDIT_TABLES", "countless_buckets", "a hash table that is cut off",
     [](ElfEditor& e) { e.in_table<std::uint32_t>(DT_GNU_HASH, 0) = UINT32_MAX; }},
    {"AUDIT_TABLES", "no_hash", "has no hash table",
     [](ElfEditor& e) { e.tag(DT_GNU_HASH).d_tag = DT_BIND_NOW; }},
    {"AUDIT_TABLES", "miscounted_versions", "counts its versions wrongly",
     [](ElfEditor& e) { e.tag(DT_VERNEEDNUM).d_un.d_val += 1; }},
    {"AUDIT_TABLES", "numbers_without_versions", "versions of symbols and no versions",
     [](ElfEditor& e) { e.tag(DT_VERNEED).d_tag = DT_BIND_NOW; }},
    {"AUDIT_TABLES", "own_versions_elsewhere", "a table of its versions outside of what is mapped",
     with_tag<DT_VERDEF, far_away>},
    {"AUDIT_TABLES", "own_versions_that_are_none", "a table of its versions that is cut off",
     [](ElfEditor& e) { e.add_tag(DT_VERDEF, e.tag(DT_SYMTAB).d_un.d_ptr); }},
    {"AUDIT_TABLES", "version_without_name", "a version that it does not name",
     [](ElfEditor& e) { e.in_table<std::uint16_t>(DT_VERSYM, 1) = 0x7ff0; }},
    {"AUDIT_TABLES", "versions_of_another", "versions of a library that it does not need",
     [](ElfEditor& e) { e.in_table<Elf64_Verneed>(DT_VERNEED).vn_file = e.symbol(spare_import).st_name; }},
    {"AUDIT_TABLES", "thread_local_nowhere", "a thread-local variable without thread-local storage",
     [](ElfEditor& e) { e.in_table<Elf64_Rela>(DT_RELA).r_info = R_X86_64_DTPMOD64; }},
    {"AUDIT_TABLES", "begins_in_its_data", "begins or ends outside of its code",
     [](ElfEditor& e) { e.tag(DT_INIT).d_un.d_ptr = e.load(PF_R | PF_W).p_vaddr; }},
    {"AUDIT_TABLES", "constructors_elsewhere", "a list of constructors",
     [](ElfEditor& e) { e.tag(DT_INIT_ARRAY).d_un.d_ptr = far_away; }},
};

constexpr BadLibrary bad_symbols[] = {
    {"AUDIT_NO_ENTRY", "no_entry", "is it a Cadre plugin?",
     [](ElfEditor& e) {
       Elf64_Sym& entry = e.symbol("cadre_plugin");
       entry.st_name = e.symbol("__cxa_finalize").st_name;
       entry.st_shndx = SHN_UNDEF;
     }},
    {"AUDIT_ENTRY_KIND", "entry_is_data", "which is not a function in its code",
     [](ElfEditor& e) { e.symbol("cadre_plugin").st_info = ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT); }},
    {"AUDIT_ENTRY_KIND", "entry_in_data", "which is not a function in its code",
     [](ElfEditor& e) { e.symbol("cadre_plugin").st_value = e.load(PF_R | PF_W).p_vaddr; }},
    {"AUDIT_ENTRY_KIND", "entry_nowhere", "which is not a function in its code",
     [](ElfEditor& e) { e.symbol("cadre_plugin").st_value = far_away; }},
    {"AUDIT_IFUNC", "entry_is_chosen", "functions that are chosen when it is loaded (IFUNC): cadre_plugin",
     [](ElfEditor& e) { e.symbol("cadre_plugin").st_info = ELF64_ST_INFO(STB_GLOBAL, STT_GNU_IFUNC); }},
    {"AUDIT_IFUNC", "irelative", "IRELATIVE relocations",
     [](ElfEditor& e) { e.in_table<Elf64_Rela>(DT_RELA).r_info = R_X86_64_IRELATIVE; }},
    {"AUDIT_IFUNC", "ifunc", "IRELATIVE relocations", as_built, "ifunc"},
    {"AUDIT_RELOCATION", "copy", "1 relocations of the type 5",
     [](ElfEditor& e) { e.in_table<Elf64_Rela>(DT_RELA).r_info = R_X86_64_COPY; }},
    {"AUDIT_RELOCATION", "short_address", "relocations of the type 10",
     [](ElfEditor& e) { e.in_table<Elf64_Rela>(DT_RELA).r_info = R_X86_64_32; }},
    {"AUDIT_EXPORTS", "extra_export", "exports more than cadre_plugin: surplus_function", as_built,
     "extra_export"},
    {"AUDIT_UNIQUE_SYMBOL", "unique_symbol", "compile with -fno-gnu-unique", as_built, "unique_symbol"},
    {"AUDIT_NEEDED_LIBRARY", "needs_library", "needs libcadre_test_needed.so", as_built, "needs_library"},
    {"AUDIT_UNLISTED_IMPORT", "unlisted", "imports frobnicate, which is not on the list",
     [](ElfEditor& e) { e.rename(spare_import, "frobnicate"); }},
    {"AUDIT_BANNED_IMPORT", "banned", "imports dlsym: it loads libraries",
     [](ElfEditor& e) { e.rename(spare_import, "dlsym"); }},
};

constexpr BadLibrary too_large[] = {
    {"AUDIT_TOO_LARGE", "symbols", "has 2147483647 symbols, at most 65536 are allowed",
     [](ElfEditor& e) {
       e.in_table<std::uint32_t>(DT_GNU_HASH, 1) = INT32_MAX;
       const std::uint32_t bloom = e.in_table<std::uint32_t>(DT_GNU_HASH, 2);
       const std::uint32_t buckets = e.in_table<std::uint32_t>(DT_GNU_HASH, 0);
       for (std::uint32_t b = 0; b < buckets; ++b)
         e.in_table<std::uint32_t>(DT_GNU_HASH, 4 + bloom * 2 + b) = 0;
     }},
    {"AUDIT_TOO_LARGE", "symbol_of_a_relocation", "symbols, at most 65536",
     [](ElfEditor& e) { e.in_table<Elf64_Rela>(DT_RELA).r_info = ELF64_R_INFO(1ULL << 31, R_X86_64_64); }},
    {"AUDIT_TOO_LARGE", "segments", "has 65535 segments, at most 64",
     [](ElfEditor& e) { e.head().e_phnum = 65535; }},
    {"AUDIT_TOO_LARGE", "addresses", "MB of addresses, at most 1024",
     [](ElfEditor& e) { e.segment(PT_LOAD, 3).p_memsz = 1ULL << 36; }},
    {"AUDIT_TOO_LARGE", "thread_local", "of thread-local storage, at most 65536",
     [](ElfEditor& e) { e.segment(PT_NOTE) = {PT_TLS, PF_R, 0, 0, 0, 0, 1 << 20, 8}; }},
    {"AUDIT_TOO_LARGE", "relocations", "relocations, at most 2000000",
     [](ElfEditor& e) { e.tag(DT_RELASZ).d_un.d_val = 24ULL << 32; }},
};

std::vector<BadLibrary> all_bad() {
  std::vector<BadLibrary> all;
  for (const std::span<const BadLibrary> some :
       {std::span<const BadLibrary>(bad_segments), std::span<const BadLibrary>(bad_tags),
        std::span<const BadLibrary>(bad_tables), std::span<const BadLibrary>(bad_symbols),
        std::span<const BadLibrary>(too_large)})
    all.insert(all.end(), some.begin(), some.end());
  return all;
}

class BrokenRule : public testing::TestWithParam<BadLibrary> {};

TEST_P(BrokenRule, is_refused_by_its_name_and_nothing_else_is_said) {
  ElfEditor elf(library_bytes(*test_manifest(GetParam().made_of)));
  GetParam().spoil(elf);
  const base::Problems problems = audit_library(elf.bytes(), "a.so", ImportList::in_process);
  const std::set<std::string> codes = [&] {
    std::set<std::string> found;
    for (const base::Problem& problem : problems)
      found.insert(problem.code);
    return found;
  }();
  EXPECT_THAT(codes, testing::ElementsAre(GetParam().code)) << lines_of(problems);
  EXPECT_THAT(lines_of(problems), HasSubstr(GetParam().sentence));
}
INSTANTIATE_TEST_SUITE_P(Audit, BrokenRule, testing::ValuesIn(all_bad()), [](const auto& test) {
  return std::string(test.param.code) + "_" + test.param.name;
});

TEST(AuditRules, have_a_bad_library_each) {
  std::set<std::string> broken, rules;
  for (const BadLibrary& bad : all_bad())
    broken.insert(bad.code);
  for (const base::ProblemCode& row : base::problem_codes()) {
    if (row.code.starts_with("AUDIT_")) rules.emplace(row.code);
  }
  EXPECT_EQ(broken, rules);
}

TEST(AuditRules, let_pass_what_every_bad_library_is_made_of) {
  const std::string bytes = library_bytes(*test_manifest("good"));
  const base::Problems problems = audit_library(bytes, "a.so", ImportList::in_process);
  EXPECT_TRUE(problems.empty()) << lines_of(problems);
}

TEST(AuditRules, name_a_process_only_where_it_helps) {
  for (const char* name : {"fork", "ptrace", "frobnicate"}) {
    ElfEditor elf(library_bytes(*test_manifest("good")));
    elf.rename(spare_import, name);
    EXPECT_THAT(lines_of(audit_library(elf.bytes(), "a.so", ImportList::in_process)),
                testing::Not(HasSubstr("isolation")));
    EXPECT_FALSE(audit_library(elf.bytes(), "a.so", ImportList::isolated).empty()) << name;
  }
}

TEST(AuditRules, are_fewer_where_a_process_ends_with_its_agent) {
  for (const char* name :
       {"nodelete", "static_tls", "starts_thread", "reads_clock", "thread_local_destructor"}) {
    const std::string bytes = library_bytes(*test_manifest(name));
    EXPECT_THAT(lines_of(audit_library(bytes, name, ImportList::in_process)),
                HasSubstr(", or set \"isolation\": \"process\" in its manifest"));
    const base::Problems problems = audit_library(bytes, name, ImportList::isolated);
    EXPECT_TRUE(problems.empty()) << lines_of(problems);
  }
}

}  // namespace
}  // namespace cadre::agent

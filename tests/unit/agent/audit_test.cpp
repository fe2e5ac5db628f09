#include "host/agent/audit.hpp"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <random>

#include <gmock/gmock.h>

#include "host/agent/catalog.hpp"
#include "tests/unit/agent/elf_editor.hpp"
#include "tests/unit/agent/test_agents.hpp"

namespace cadre::agent {
namespace {

using testing::HasSubstr;

base::Problems audit(const std::string& name) {
  const auto manifest = test_manifest(name);
  return audit_library(library_bytes(*manifest), name, ImportList::in_process);
}

struct Hostile {
  const char* name;
  const char* code;
  const char* sentence;
};
void PrintTo(const Hostile& hostile, std::ostream* out) {
  *out << hostile.name;
}

class HostileLibrary : public testing::TestWithParam<Hostile> {};

TEST_P(HostileLibrary, is_refused_for_its_own_reason_alone) {
  const base::Problems problems = audit(GetParam().name);
  std::string codes = codes_of(problems);
  EXPECT_EQ(codes, GetParam().code) << lines_of(problems);
  EXPECT_THAT(lines_of(problems), HasSubstr(GetParam().sentence));
}

INSTANTIATE_TEST_SUITE_P(
    Audit, HostileLibrary,
    testing::Values(
        Hostile{"no_entry", "AUDIT_NO_ENTRY AUDIT_EXPORTS",
                "does not export cadre_plugin; is it a Cadre plugin?"},
        Hostile{"extra_export", "AUDIT_EXPORTS", "exports more than cadre_plugin: surplus_function"},
        Hostile{"unique_symbol", "AUDIT_UNIQUE_SYMBOL", "compile with -fno-gnu-unique"},
        Hostile{"nodelete", "AUDIT_NODELETE", "it would never unload"},
        Hostile{"executable_stack", "AUDIT_EXECUTABLE_STACK", "asks for an executable stack"},
        Hostile{"static_tls", "AUDIT_STATIC_TLS", "-ftls-model=global-dynamic"},
        Hostile{"thread_local_destructor", "AUDIT_BANNED_IMPORT",
                "it has thread_local objects with destructors"},
        Hostile{"text_relocation", "AUDIT_TEXT_RELOCATIONS", "compile with -fPIC"},
        Hostile{"reads_clock", "AUDIT_BANNED_IMPORT", "imports clock_gettime: it reads a clock"},
        Hostile{"draws_rand", "AUDIT_BANNED_IMPORT", "imports rand: it draws random numbers"},
        Hostile{"starts_thread", "AUDIT_BANNED_IMPORT", "imports pthread_create: it starts threads"},
        Hostile{"needs_library", "AUDIT_NEEDED_LIBRARY", "needs libcadre_test_needed.so"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Audit, passes_every_real_plugin) {
  const Catalog catalog = Catalog::discover({real_agents()});
  EXPECT_TRUE(catalog.problems().empty()) << lines_of(catalog.problems());
  ASSERT_GE(catalog.entries().size(), 15u);
  for (const CatalogEntry& entry : catalog.entries()) {
    const base::Problems problems = audit_library(library_bytes(*entry.manifest),
                                                  entry.manifest->library.string(), ImportList::in_process);
    EXPECT_TRUE(problems.empty()) << lines_of(problems);
  }
}

TEST(Audit, passes_the_good_subjects) {
  for (const char* name :
       {"good", "good_state", "good_sizer", "good_signals", "good_rules", "newer_abi", "throws"})
    EXPECT_EQ(codes_of(audit(name)), "") << name;
}

/// The libraries of tests/agents that are for the audit alone.
std::vector<std::filesystem::path> subjects(const std::string& list) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(CADRE_BINARY_DIR) / "audit_subjects" / list))
    files.push_back(entry.path());
  return files;
}

TEST(Audit, passes_what_many_makers_make_of_ordinary_code) {
  EXPECT_GE(subjects("in_process").size(), 3u);
  for (const auto& file : subjects("in_process")) {
    const base::Problems problems = audit_library(*base::read_file(file), file, ImportList::in_process);
    EXPECT_TRUE(problems.empty()) << lines_of(problems);
  }
}

TEST(Audit, names_the_process_that_would_help) {
  EXPECT_GE(subjects("isolated").size(), 1u);
  for (const auto& file : subjects("isolated")) {
    const std::string bytes = *base::read_file(file);
    EXPECT_THAT(lines_of(audit_library(bytes, file, ImportList::in_process)),
                HasSubstr("or set \"isolation\": \"process\" in its manifest"));
    const base::Problems problems = audit_library(bytes, file, ImportList::isolated);
    EXPECT_TRUE(problems.empty()) << lines_of(problems);
  }
}

TEST(Audit, shows_names_that_can_be_shown) {
  ElfEditor elf(library_bytes(*test_manifest("good")));
  elf.rename(spare_import, "a\nname\x1b[31m");
  EXPECT_THAT(lines_of(audit_library(elf.bytes(), "a.so", ImportList::in_process)),
              HasSubstr("imports a?name?[31m, which"));
}

/// A library with so many symbols that share one string of so many bytes: names without end for a few bytes
/// of file.
std::string with_names(std::uint32_t symbols, std::uint32_t name_bytes) {
  ElfEditor elf(library_bytes(*test_manifest("good")));
  std::string& raw = elf.raw();
  raw.resize((raw.size() + 0xffff) & ~0xfffULL);
  constexpr std::uint64_t address = 1 << 24;
  const std::uint64_t offset = raw.size();
  const std::uint64_t text_size = (name_bytes + 8) & ~7U;
  std::string text(text_size, '\0');
  std::fill_n(text.begin() + 1, name_bytes, 'A');
  raw += text;
  for (std::uint32_t i = 0; i < symbols; ++i) {
    Elf64_Sym symbol = {1 + i % 8, ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), 0, SHN_UNDEF, 0, 0};
    if (i == 0) symbol = {};  // the first one of every table is empty
    raw.append(reinterpret_cast<const char*>(&symbol), sizeof symbol);
  }
  const std::uint64_t size = raw.size() - offset;
  elf.segment(PT_GNU_EH_FRAME) = {PT_LOAD, PF_R, offset, address, address, size, size, 0x1000};
  elf.tag(DT_STRTAB).d_un.d_ptr = address;
  elf.tag(DT_STRSZ).d_un.d_val = text_size;
  elf.tag(DT_SYMTAB).d_un.d_ptr = address + text_size;
  for (const std::int64_t tag : {DT_VERSYM, DT_VERNEED, DT_VERNEEDNUM})
    elf.tag(tag).d_tag = 0x60000000 + tag % 16;
  for (std::int64_t nameless = 0x60000100; elf.has_tag(DT_NEEDED); ++nameless)
    elf.tag(DT_NEEDED).d_tag = nameless;
  elf.in_table<std::uint32_t>(DT_GNU_HASH, 1) = symbols;
  const std::uint32_t bloom = elf.in_table<std::uint32_t>(DT_GNU_HASH, 2);
  for (std::uint32_t b = 0; b < elf.in_table<std::uint32_t>(DT_GNU_HASH, 0); ++b)
    elf.in_table<std::uint32_t>(DT_GNU_HASH, 4 + bloom * 2 + b) = 0;
  return raw;
}

TEST(Audit, says_little_of_a_library_with_names_without_end) {
  const base::Problems few = audit_library(with_names(60'000, 4'000), "a.so", ImportList::in_process);
  EXPECT_THAT(codes_of(few), HasSubstr("AUDIT_UNLISTED_IMPORT"));
  EXPECT_LE(few.size(), 51u);
  EXPECT_LT(lines_of(few).size(), 20'000u);
  // 20 GB of names, if anyone copied them.
  const base::Problems one = audit_library(with_names(60'000, 350'000), "a.so", ImportList::in_process);
  EXPECT_EQ(codes_of(one), "AUDIT_TOO_LARGE");
  EXPECT_THAT(lines_of(one), HasSubstr("a name of more than 4096 bytes"));
}

TEST(Audit, refuses_what_is_no_library) {
  const std::string bytes = library_bytes(*test_manifest("good"));
  const auto refusal = [](std::string_view text) {
    return lines_of(audit_library(text, "a.so", ImportList::in_process));
  };
  EXPECT_EQ(refusal(""), "a.so: is empty; build the plugin again [AUDIT_NOT_A_LIBRARY]\n");
  EXPECT_THAT(refusal("#!/bin/sh\n"), HasSubstr("is not an ELF file"));
  EXPECT_THAT(refusal(bytes.substr(0, 20)), HasSubstr("is truncated"));
  EXPECT_THAT(refusal(bytes.substr(0, bytes.size() / 2)), HasSubstr("is truncated or damaged"));
  EXPECT_THAT(refusal(bytes.substr(0, bytes.size() - 1)), HasSubstr("is truncated or damaged"));
  std::string changed = bytes;
  changed[EI_CLASS] = ELFCLASS32;
  EXPECT_THAT(refusal(changed), HasSubstr("is not a 64-bit little-endian library"));
  changed = bytes;
  changed[offsetof(Elf64_Ehdr, e_type)] = ET_REL;
  EXPECT_THAT(refusal(changed), HasSubstr("is not a shared library"));
  changed = bytes;
  changed[offsetof(Elf64_Ehdr, e_machine)] = static_cast<char>(EM_RISCV);
  EXPECT_THAT(refusal(changed), HasSubstr("is built for another machine"));
}

TEST(Audit, survives_any_damage) {
  const std::string bytes = library_bytes(*test_manifest("good"));
  std::mt19937 random(7);  // NOLINT: the same damage every time
  for (std::size_t length = 0; length < bytes.size(); length += 97)
    EXPECT_FALSE(
        audit_library(std::string_view(bytes).substr(0, length), "a.so", ImportList::in_process).empty())
        << length;
  for (int round = 0; round < 3000; ++round) {
    std::string damaged = bytes;
    const std::size_t reach = round % 2 == 0 ? 2000 : damaged.size();
    for (int change = 0; change < 4; ++change)
      damaged[random() % std::min(reach, damaged.size())] = static_cast<char>(random());
    audit_library(damaged, "a.so", ImportList::in_process);
  }
}

}  // namespace
}  // namespace cadre::agent

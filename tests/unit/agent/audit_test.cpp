#include "host/agent/audit.hpp"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <random>

#include <gmock/gmock.h>

#include "host/agent/catalog.hpp"
#include "tests/unit/agent/test_agents.hpp"

namespace cadre::agent {
namespace {

using testing::HasSubstr;

base::Problems audit(const std::string& name) {
  const auto manifest = test_manifest(name);
  return audit_library(library_bytes(*manifest), name);
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
    const base::Problems problems =
        audit_library(library_bytes(*entry.manifest), entry.manifest->library.string());
    EXPECT_TRUE(problems.empty()) << lines_of(problems);
  }
}

TEST(Audit, passes_the_good_subjects) {
  for (const char* name :
       {"good", "good_state", "good_sizer", "good_signals", "good_rules", "newer_abi", "throws"})
    EXPECT_EQ(codes_of(audit(name)), "") << name;
}

TEST(Audit, refuses_what_is_no_library) {
  const std::string bytes = library_bytes(*test_manifest("good"));
  const auto refusal = [](std::string_view text) { return lines_of(audit_library(text, "a.so")); };
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
    EXPECT_FALSE(audit_library(std::string_view(bytes).substr(0, length), "a.so").empty()) << length;
  for (int round = 0; round < 3000; ++round) {
    std::string damaged = bytes;
    const std::size_t reach = round % 2 == 0 ? 2000 : damaged.size();
    for (int change = 0; change < 4; ++change)
      damaged[random() % std::min(reach, damaged.size())] = static_cast<char>(random());
    audit_library(damaged, "a.so");
  }
}

TEST(BannedImport, is_a_whole_name) {
  EXPECT_EQ(banned_import("fork"), "starts processes");
  EXPECT_EQ(banned_import("forklift"), "");
  EXPECT_EQ(banned_import("memcpy"), "");
}

}  // namespace
}  // namespace cadre::agent

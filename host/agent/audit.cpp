#include "host/agent/audit.hpp"

#include <gnu/libc-version.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

#include "cadre/plugin.h"
#include "host/agent/elf_image.hpp"
#include "host/base/text.hpp"

namespace cadre::agent {

namespace {

#if defined(__x86_64__)
constexpr std::uint16_t this_machine = EM_X86_64;
#elif defined(__aarch64__)
constexpr std::uint16_t this_machine = EM_AARCH64;
#endif

/// What an agent may be linked to dynamically; anything else goes in statically.
constexpr std::array allowed_libraries = {
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

constexpr std::pair<std::string_view, std::string_view> banned[] = {
    {"pthread_create", "starts threads"},
    {"thrd_create", "starts threads"},
    {"_ZNSt6thread15_M_start_threadESt10unique_ptrINS_6_StateESt14default_deleteIS1_EEPFvvE",
     "starts threads"},
    {"pthread_key_create", "leaves thread-specific destructors behind"},
    {"__cxa_thread_atexit", "has thread_local objects with destructors"},
    {"__cxa_thread_atexit_impl", "has thread_local objects with destructors"},
    {"atexit", "registers exit handlers"},
    {"on_exit", "registers exit handlers"},
    {"fork", "starts processes"},
    {"vfork", "starts processes"},
    {"posix_spawn", "starts processes"},
    {"posix_spawnp", "starts processes"},
    {"system", "starts processes"},
    {"popen", "starts processes"},
    {"execl", "starts processes"},
    {"execlp", "starts processes"},
    {"execv", "starts processes"},
    {"execve", "starts processes"},
    {"execvp", "starts processes"},
    {"dlopen", "loads libraries"},
    {"dlmopen", "loads libraries"},
    {"exit", "ends the process"},
    {"_exit", "ends the process"},
    {"_Exit", "ends the process"},
    {"quick_exit", "ends the process"},
    {"signal", "changes signal handlers"},
    {"sigaction", "changes signal handlers"},
    {"sigprocmask", "changes signal masks"},
    {"pthread_sigmask", "changes signal masks"},
    {"clock_gettime", "reads a clock"},
    {"gettimeofday", "reads a clock"},
    {"time", "reads a clock"},
    {"clock", "reads a clock"},
    {"_ZNSt6chrono3_V212system_clock3nowEv", "reads a clock"},
    {"_ZNSt6chrono3_V212steady_clock3nowEv", "reads a clock"},
    {"rand", "draws random numbers that no replay repeats"},
    {"random", "draws random numbers that no replay repeats"},
    {"drand48", "draws random numbers that no replay repeats"},
    {"getrandom", "draws random numbers that no replay repeats"},
    {"_ZNSt13random_device7_M_initERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE",
     "draws random numbers that no replay repeats"},
    {"setenv", "changes the environment"},
    {"putenv", "changes the environment"},
    {"unsetenv", "changes the environment"},
    {"socket", "opens sockets"},
    {"fesetround", "changes the floating-point mode"},
    {"fesetenv", "changes the floating-point mode"},
};

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

/// A few names and how many more there are.
std::string some(const std::vector<std::string>& names) {
  constexpr std::size_t shown = 3;
  if (names.size() <= shown) return base::join(names, ", ");
  return base::join({names.begin(), names.begin() + shown}, ", ") + " and " +
         std::to_string(names.size() - shown) + " more";
}

class Audit {
 public:
  Audit(const ElfImage& image, const std::string& file) : image_(image), file_(file) {}

  base::Problems run() {
    if (image_.machine != this_machine) {
      error("AUDIT_MACHINE",
            "is built for another machine, " + machine_name(image_.machine) + "; this one is " +
                machine_name(this_machine),
            "build it on this kind of machine");
      return problems_;
    }
    check_exports();
    check_flags();
    check_needed();
    check_imports();
    return problems_;
  }

 private:
  void error(std::string code, std::string message, std::string next) {
    problems_.error(std::move(code), base::Place::of(file_), std::move(message), std::move(next));
  }

  void check_exports() {
    std::vector<std::string> exported, unique;
    bool entry = false;
    for (const ElfImage::Symbol& symbol : image_.symbols) {
      if (!symbol.defined) continue;
      if (symbol.name == CADRE_PLUGIN_SYMBOL)
        entry = true;
      else if (symbol.binding == STB_GNU_UNIQUE)
        unique.push_back(symbol.name);
      else if (symbol.binding != STB_LOCAL)
        exported.push_back(symbol.name);
    }
    if (!entry)
      error("AUDIT_NO_ENTRY", "does not export " CADRE_PLUGIN_SYMBOL,
            "is it a Cadre plugin? build it with cadre_add_agent");
    if (!exported.empty()) {
      error("AUDIT_EXPORTS", "exports more than " CADRE_PLUGIN_SYMBOL ": " + some(exported),
            "build it with cadre_add_agent");
    }
    if (!unique.empty()) {
      error("AUDIT_UNIQUE_SYMBOL",
            "has unique symbols, which two versions would share and which prevent unloading: " + some(unique),
            "compile with -fno-gnu-unique");
    }
  }

  void check_flags() {
    if ((image_.flags_1 & DF_1_NODELETE) != 0)
      error("AUDIT_NODELETE", "is marked NODELETE: it would never unload", "link without -z nodelete");
    if ((image_.flags & DF_STATIC_TLS) != 0) {
      error("AUDIT_STATIC_TLS", "uses static thread-local storage, which runs out after a few reloads",
            "compile with -ftls-model=global-dynamic, or better without thread_local");
    }
    if (image_.text_relocations || (image_.flags & DF_TEXTREL) != 0)
      error("AUDIT_TEXT_RELOCATIONS", "has text relocations", "compile with -fPIC");
    if (image_.executable_stack)
      error("AUDIT_EXECUTABLE_STACK", "asks for an executable stack", "link with -z noexecstack");
  }

  void check_needed() {
    for (const std::string& library : image_.needed) {
      if (std::find(allowed_libraries.begin(), allowed_libraries.end(), library) != allowed_libraries.end())
        continue;
      error("AUDIT_NEEDED_LIBRARY", "needs " + library + ", which is not on the list of allowed libraries",
            "link it statically into the plugin");
    }
    for (const ElfImage::VersionNeed& need : image_.version_needs) {
      constexpr std::string_view prefix = "GLIBC_";
      if (need.version.rfind(prefix, 0) != 0 || need.version == "GLIBC_PRIVATE") continue;
      const std::string_view version = std::string_view(need.version).substr(prefix.size());
      if (is_newer(version, gnu_get_libc_version())) {
        error("AUDIT_LIBC_VERSION",
              "needs " + need.version + " of " + need.library + ", this host has " + gnu_get_libc_version(),
              "build it on the oldest system it has to run on");
      }
    }
  }

  void check_imports() {
    for (const ElfImage::Symbol& symbol : image_.symbols) {
      if (symbol.defined) continue;
      const std::string_view why = banned_import(symbol.name);
      if (!why.empty()) {
        error("AUDIT_BANNED_IMPORT", "imports " + symbol.name + ": it " + std::string(why),
              "agents get clock, random numbers and logging from the host");
      }
    }
  }

  const ElfImage& image_;
  const std::string& file_;
  base::Problems problems_;
};

}  // namespace

std::string_view banned_import(std::string_view symbol) {
  for (const auto& [name, why] : banned) {
    if (name == symbol) return why;
  }
  return {};
}

base::Problems audit_library(std::string_view bytes, const std::string& file) {
  std::string fault;
  const auto image = ElfImage::parse(bytes, fault);
  if (!image) {
    base::Problems problems;
    problems.error("AUDIT_NOT_A_LIBRARY", base::Place::of(file), fault, "build the plugin again");
    return problems;
  }
  return Audit(*image, file).run();
}

}  // namespace cadre::agent

// Random libraries, made of real ones, for the audit. It must neither crash nor hang nor take memory by what
// a library claims to have, it must say what it refuses in clean lines, and what it lets pass must not bring
// the loader of the C library down.
//
// Usage: elf_fuzz [--seconds N] [--only NUMBER [--keep FILE]] FOLDER...
// CADRE_TEST_SEED repeats a run; --only looks at one input again, and --keep leaves it in a file.

#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <new>
#include <optional>
#include <random>

#include "host/agent/audit.hpp"
#include "host/base/file.hpp"
#include "tests/fuzz/elf_mutation.hpp"
#include "tests/fuzz/loader_check.hpp"

namespace {

/// All that is allocated, whether or not it is given back.
std::uint64_t allocated_bytes = 0;
/// The input that is being looked at, for whoever dies of it.
volatile std::uint64_t current = 0;

void say_which_and_die(int signal) {
  char text[96];
  const int length =
      std::snprintf(text, sizeof text, "\nsignal %d at input %llu: run again with --only %llu\n", signal,
                    static_cast<unsigned long long>(current), static_cast<unsigned long long>(current));
  if (::write(2, text, static_cast<std::size_t>(length)) < 0) std::_Exit(2);
  std::_Exit(1);
}

}  // namespace

void* operator new(std::size_t size) {
  allocated_bytes += size;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

#ifdef __SANITIZE_ADDRESS__
// What a sanitizer finds ends in a signal, so that the input is named.
extern "C" const char* __asan_default_options() {
  return "abort_on_error=1:handle_abort=0:handle_segv=0";
}
extern "C" const char* __ubsan_default_options() {
  return "abort_on_error=1:print_stacktrace=1";
}
#endif

namespace cadre::fuzz {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  double seconds = 15;
  std::optional<std::uint64_t> only;
  std::string keep;
  std::vector<std::string> folders;
};

struct Counts {
  std::uint64_t inputs = 0, accepted = 0, loaded = 0, findings = 0;
};

Arguments read_arguments(int count, char** words) {
  Arguments arguments;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    if (word == "--seconds" && i + 1 < count)
      arguments.seconds = std::strtod(words[++i], nullptr);
    else if (word == "--only" && i + 1 < count)
      arguments.only = std::strtoull(words[++i], nullptr, 10);
    else if (word == "--keep" && i + 1 < count)
      arguments.keep = words[++i];
    else
      arguments.folders.push_back(word);
  }
  return arguments;
}

std::vector<ElfSeed> read_corpus(const std::vector<std::string>& folders) {
  std::vector<std::string> files;
  for (const std::string& folder : folders) {
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.path().extension() == ".so") files.push_back(entry.path().string());
    }
  }
  std::sort(files.begin(), files.end());
  std::vector<ElfSeed> corpus;
  for (const std::string& file : files) {
    if (auto bytes = base::read_file(file)) corpus.push_back(read_seed(file, std::move(bytes).take()));
  }
  return corpus;
}

double processor_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// Whether a line can be shown to anyone: short, and without control characters.
bool is_clean(const std::string& line) {
  constexpr std::size_t bytes_most = 1000;
  return line.size() <= bytes_most &&
         std::none_of(line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

class Fuzz {
 public:
  explicit Fuzz(std::vector<ElfSeed> corpus) : corpus_(std::move(corpus)) {
    std::string name = (fs::temp_directory_path() / "cadre_elf_fuzz_XXXXXX").string();
    folder_ = ::mkdtemp(name.data()) != nullptr ? name : ".";
  }
  ~Fuzz() { fs::remove_all(folder_); }

  const Counts& counts() const { return counts_; }

  void keep(std::uint64_t number, const std::string& file) const {
    if (!base::write_file_atomically(file, mutated(corpus_, number)).empty())
      std::printf("cannot write %s\n", file.c_str());
  }

  void look_at(std::uint64_t number) {
    current = number;
    const std::string bytes = mutated(corpus_, number);
    const std::uint64_t allocated_before = allocated_bytes;
    const double before = processor_seconds();
    const auto list = number % 4 == 0 ? agent::ImportList::isolated : agent::ImportList::in_process;
    const base::Problems problems = agent::audit_library(bytes, "a.so", list);
    const double took = processor_seconds() - before;
    const std::uint64_t allocated = allocated_bytes - allocated_before;
    ++counts_.inputs;
    if (took > seconds_most_) found(number, "took " + std::to_string(took) + " s of processor time");
    if (allocated > bytes_most_) found(number, "allocated " + std::to_string(allocated) + " bytes");
    for (const base::Problem& problem : problems) {
      if (!is_clean(base::to_line(problem)))
        found(number, "says what nobody can read: " + base::to_line(problem));
    }
    if (problems.empty()) check_loading(number, bytes);
  }

 private:
  void found(std::uint64_t number, const std::string& what) {
    ++counts_.findings;
    std::printf("FOUND at input %llu: %s; run again with --only %llu\n",
                static_cast<unsigned long long>(number), what.c_str(),
                static_cast<unsigned long long>(number));
  }

  /// Asking the loader takes a thousand times as long as an audit: some of what was accepted has to do.
  void check_loading(std::uint64_t number, const std::string& bytes) {
    ++counts_.accepted;
    if (counts_.loaded > 0 && number % 8 != 0) return;  // the first one always: --only has no other
    const fs::path file = folder_ / "a.so";
    if (!base::write_file_atomically(file, bytes).empty()) return;
    ++counts_.loaded;
    if (const std::string fault = loader_fault(file.string()); !fault.empty()) found(number, fault);
  }

  static constexpr double seconds_most_ = 1.0;
  static constexpr std::uint64_t bytes_most_ = 64ULL << 20;

  std::vector<ElfSeed> corpus_;
  fs::path folder_;
  Counts counts_;
};

int run(int count, char** words) {
  const Arguments arguments = read_arguments(count, words);
  Fuzz fuzz(read_corpus(arguments.folders));
  const char* given = std::getenv("CADRE_TEST_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
  std::printf("CADRE_TEST_SEED=%llu\n", static_cast<unsigned long long>(seed));
  if (arguments.only) {
    if (!arguments.keep.empty()) fuzz.keep(*arguments.only, arguments.keep);
    fuzz.look_at(*arguments.only);
  } else {
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(arguments.seconds);
    for (std::uint64_t n = seed << 32; std::chrono::steady_clock::now() < end; ++n)
      fuzz.look_at(n);
  }
  const Counts& counts = fuzz.counts();
  std::printf(
      "%llu inputs, %llu accepted, %llu of them given to the loader, %llu findings\n",
      static_cast<unsigned long long>(counts.inputs), static_cast<unsigned long long>(counts.accepted),
      static_cast<unsigned long long>(counts.loaded), static_cast<unsigned long long>(counts.findings));
  // A run in which nothing was let pass, or nothing refused, has tested nothing.
  const bool is_telling = arguments.only || (counts.accepted > 0 && counts.accepted < counts.inputs);
  return counts.findings == 0 && is_telling ? 0 : 1;
}

}  // namespace
}  // namespace cadre::fuzz

int main(int count, char** words) {
  for (const int signal : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL})
    ::signal(signal, say_which_and_die);
  return cadre::fuzz::run(count, words);
}

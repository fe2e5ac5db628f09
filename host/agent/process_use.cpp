#include "host/agent/process_use.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <mutex>
#include <string_view>
#include <utility>

namespace cadre::agent {

namespace {

struct List {
  std::mutex lock;
  std::vector<ProcessUse> processes;
};

List& list() {
  static List all;
  return all;
}

/// /proc/PID/stat behind the name of the program, which may hold anything; empty when there is none.
std::string figures_of(pid_t process) {
  const std::string path = "/proc/" + std::to_string(process) + "/stat";
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return {};
  std::array<char, 1024> bytes;
  const ssize_t got = read(file, bytes.data(), bytes.size());
  close(file);
  const std::string_view text(bytes.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  const std::size_t end = text.rfind(')');
  return end == std::string_view::npos ? std::string() : std::string(text.substr(end + 1));
}

void read_use(ProcessUse& use) {
  // By proc(5), counted from 1: the state is field 3, the first one behind the name.
  constexpr int user_ticks = 14, kernel_ticks = 15, resident_pages = 24;
  static const auto ticks_per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
  static const auto page_bytes = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  const std::string figures = figures_of(use.process);
  std::uint64_t ticks = 0;
  int field = 2;
  for (std::size_t at = 0; (at = figures.find(' ', at)) != std::string::npos;) {
    ++at;
    ++field;
    if (field != user_ticks && field != kernel_ticks && field != resident_pages) continue;
    const std::uint64_t value = std::strtoull(figures.c_str() + at, nullptr, 10);
    if (field == resident_pages)
      use.resident_bytes = value * page_bytes;
    else
      ticks += value;
  }
  use.processor_seconds = static_cast<double>(ticks) / ticks_per_second;
}

}  // namespace

void list_process(pid_t process, const std::string& book, std::vector<std::string> agents) {
  const std::lock_guard lock(list().lock);
  list().processes.push_back({process, book, std::move(agents)});
}

void forget_process(pid_t process) {
  const std::lock_guard lock(list().lock);
  std::erase_if(list().processes, [&](const ProcessUse& use) { return use.process == process; });
}

std::vector<ProcessUse> process_uses() {
  const std::lock_guard lock(list().lock);
  std::vector<ProcessUse> uses = list().processes;
  for (ProcessUse& use : uses)
    read_use(use);
  return uses;
}

}  // namespace cadre::agent

#include "host/agent/process_use.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <mutex>
#include <string_view>
#include <utility>

#include "host/agent/process_output.hpp"

namespace cadre::agent {

namespace {

struct Listed {
  ProcessUse use;
  std::shared_ptr<const OutputCounts> output;
  std::uint64_t own_bytes_before = 0;  ///< when growth began
};

struct List {
  std::mutex lock;
  std::vector<Listed> processes;
  Listed self;

  List() { self.use.process = getpid(); }
};

List& list() {
  static List all;
  return all;
}

/// A file of /proc/PID, of one line; empty when there is none.
std::string line_of(pid_t process, const char* name) {
  const std::string path = "/proc/" + std::to_string(process) + "/" + name;
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return {};
  std::array<char, 1024> bytes;
  const ssize_t got = read(file, bytes.data(), bytes.size());
  close(file);
  return {bytes.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
}

/// The numbers of a line of /proc, by place from 0; what is no number is 0.
template <std::size_t count>
std::array<std::uint64_t, count> numbers_of(const std::string& line) {
  std::array<std::uint64_t, count> numbers{};
  std::size_t at = 0;
  for (std::uint64_t& number : numbers) {
    number = std::strtoull(line.c_str() + at, nullptr, 10);
    at = line.find(' ', at);
    if (at == std::string::npos) break;
    ++at;
  }
  return numbers;
}

// By proc(5). What stat says is counted from the state, which is behind the name of the program: that may
// hold anything.
void read_use(ProcessUse& use) {
  constexpr std::size_t user_ticks = 11, kernel_ticks = 12;
  static const auto ticks_per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
  const std::string stat = line_of(use.process, "stat");
  const std::size_t name_end = stat.rfind(") ");
  if (name_end != std::string::npos) {
    const auto figures = numbers_of<kernel_ticks + 1>(stat.substr(name_end + 2));
    use.processor_seconds =
        static_cast<double>(figures[user_ticks] + figures[kernel_ticks]) / ticks_per_second;
  }
  constexpr std::size_t resident = 1, shared = 2, data = 5;
  static const auto page_bytes = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  const auto pages = numbers_of<data + 1>(line_of(use.process, "statm"));
  use.resident_bytes = pages[resident] * page_bytes;
  use.own_bytes = (pages[resident] - std::min(pages[resident], pages[shared])) * page_bytes;
  use.data_bytes = pages[data] * page_bytes;
}

ProcessUse now_of(const Listed& listed) {
  ProcessUse use = listed.use;
  read_use(use);
  if (listed.own_bytes_before != 0)
    use.grown_bytes =
        static_cast<std::int64_t>(use.own_bytes) - static_cast<std::int64_t>(listed.own_bytes_before);
  if (listed.output != nullptr) {
    use.output_lines = listed.output->lines.load(std::memory_order_relaxed);
    use.output_left_out = listed.output->left_out.load(std::memory_order_relaxed);
  }
  return use;
}

void begin_growth_of(Listed& listed) {
  rlimit most{};
  const bool is_limited =
      prlimit(listed.use.process, RLIMIT_DATA, nullptr, &most) == 0 && most.rlim_cur != RLIM_INFINITY;
  listed.use.data_bytes_most = is_limited ? most.rlim_cur : 0;
  listed.own_bytes_before = now_of(listed).own_bytes;
}

}  // namespace

void list_process(pid_t process, const std::string& book, std::vector<std::string> agents,
                  std::shared_ptr<const OutputCounts> output) {
  const std::lock_guard lock(list().lock);
  ProcessUse use;
  use.process = process;
  use.book = book;
  use.agents = std::move(agents);
  list().processes.push_back({std::move(use), std::move(output)});
}

void begin_growth(pid_t process) {
  const std::lock_guard lock(list().lock);
  if (process == list().self.use.process) begin_growth_of(list().self);
  for (Listed& listed : list().processes) {
    if (listed.use.process == process) begin_growth_of(listed);
  }
}

void forget_process(pid_t process) {
  const std::lock_guard lock(list().lock);
  std::erase_if(list().processes, [&](const Listed& listed) { return listed.use.process == process; });
}

std::vector<ProcessUse> process_uses() {
  const std::lock_guard lock(list().lock);
  std::vector<ProcessUse> uses;
  uses.reserve(list().processes.size());
  for (const Listed& listed : list().processes)
    uses.push_back(now_of(listed));
  return uses;
}

ProcessUse own_use() {
  const std::lock_guard lock(list().lock);
  return now_of(list().self);
}

}  // namespace cadre::agent

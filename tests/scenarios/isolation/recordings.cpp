#include "tests/scenarios/isolation/recordings.hpp"

#include <cstdint>
#include <fstream>
#include <map>
#include <string>
#include <string_view>

namespace cadre::test {

std::string first_difference(const std::filesystem::path& here, const std::filesystem::path& there) {
  std::ifstream a(here), b(there);
  if (!a || !b) return "there is no recording " + (a ? there : here).string();
  std::string call = "before the first call", line_a, line_b;
  std::size_t number = 0;
  for (;;) {
    const bool more_a = static_cast<bool>(std::getline(a, line_a));
    const bool more_b = static_cast<bool>(std::getline(b, line_b));
    if (!more_a && !more_b) return {};
    if (more_a != more_b || line_a != line_b)
      return "call " + std::to_string(number) + ", " + call + ": " + (more_a ? line_a : "nothing") +
             " in the process, " + (more_b ? line_b : "nothing") + " isolated";
    if (line_a.starts_with("call ")) {
      call = line_a.substr(5);
      ++number;
    }
  }
}

void sort_recordings(const std::filesystem::path& errors) {
  constexpr std::string_view mark = "recording ";
  std::map<std::string, std::map<std::uint64_t, std::string>>
      recordings;  // what was written at once, by when
  std::ifstream lines(errors);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t at_mark = line.find(mark);  // behind the agents' names
    if (at_mark == std::string::npos) continue;
    const std::size_t file = at_mark + mark.size(), tick = line.find('\t', file) + 1,
                      text = line.find('\t', tick) + 1;
    recordings[line.substr(file, tick - 1 - file)][std::stoull(line.substr(tick))] +=
        line.substr(text) + '\n';
  }
  for (const auto& [file, calls] : recordings) {
    std::ofstream to(file, std::ios::app);
    for (const auto& [tick, text] : calls)
      to << text;
  }
}

std::size_t calls(const std::filesystem::path& recording, const std::string& name) {
  std::ifstream lines(recording);
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line);)
    count += line == "call " + name;
  return count;
}

bool has_line(const std::filesystem::path& recording, const std::string& line) {
  std::ifstream lines(recording);
  for (std::string read; std::getline(lines, read);) {
    if (read == line) return true;
  }
  return false;
}

}  // namespace cadre::test

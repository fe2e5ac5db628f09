#include "tests/scenarios/isolation/recordings.hpp"

#include <fstream>
#include <map>
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
  std::map<std::string, std::ofstream> recordings;
  std::ifstream lines(errors);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t tab = line.find('\t');
    if (!line.starts_with(mark) || tab == std::string::npos) continue;
    const std::string file = line.substr(mark.size(), tab - mark.size());
    const auto [at, is_new] = recordings.try_emplace(file);
    if (is_new) at->second.open(file, std::ios::app);
    at->second << line.substr(tab + 1) << '\n';
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

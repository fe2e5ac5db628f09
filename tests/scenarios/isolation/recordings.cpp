#include "tests/scenarios/isolation/recordings.hpp"

#include <fstream>

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

#include <cstdio>

#include "host/app/command.hpp"

namespace cadre::app {

void print_problems(const base::Problems& problems) {
  for (const base::Problem& problem : problems)
    std::fprintf(stderr, "%s\n", base::to_line(problem).c_str());
}

std::string shown(const std::filesystem::path& path) {
  std::error_code error;
  const auto relative = std::filesystem::relative(path, error);
  const std::string text = error || relative.empty() ? path.string() : relative.string();
  return text.size() < path.string().size() ? text : path.string();
}

}  // namespace cadre::app

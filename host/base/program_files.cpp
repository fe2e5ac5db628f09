#include "host/base/program_files.hpp"

namespace cadre::base {

namespace fs = std::filesystem;

fs::path beside_program(std::string_view name) {
  std::error_code error;
  const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  if (fs::exists(folder / name, error)) return folder / name;
  const fs::path installed = folder.parent_path() / "lib" / "cadre" / name;
  return fs::exists(installed, error) ? installed : folder / name;
}

}  // namespace cadre::base

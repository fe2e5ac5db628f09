#include "host/base/durable_folder.hpp"

#include <cerrno>

#include "host/base/file.hpp"

namespace cadre::base {

namespace fs = std::filesystem;

std::error_code make_durable_folder(const fs::path& folder) {
  std::error_code error;
  if (folder.empty() || fs::is_directory(folder, error)) return {};
  const fs::path named = folder.has_filename() ? folder : folder.parent_path();  // without a "/" at its end
  if (named != folder) return make_durable_folder(named);
  if (const std::error_code above = make_durable_folder(folder.parent_path())) return above;
  fs::create_directory(folder, error);
  if (error) return error;
  if (!sync_folder_of(folder)) return {errno, std::generic_category()};
  return {};
}

}  // namespace cadre::base

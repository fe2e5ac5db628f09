#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "host/base/result.hpp"

namespace cadre::base {

/// FILE_NOT_FOUND, FILE_IS_DIRECTORY or FILE_NOT_READABLE; nothing when the file can be opened for reading.
Problems check_readable(const std::filesystem::path& path);

/// All bytes of a file. Errors as check_readable.
Result<std::string> read_file(const std::filesystem::path& path);

/// What a folder says of its files (that one is new, or was renamed) survives a power cut only when the
/// folder is synced too. False: errno says why.
bool sync_folder_of(const std::filesystem::path& file);

/// Replaces the file as a whole: readers see the old bytes or the new ones, also after a power cut. The
/// folder must exist. Errors: FILE_NOT_WRITABLE, and then the old file is untouched.
Problems write_file_atomically(const std::filesystem::path& path, std::string_view bytes);

}  // namespace cadre::base

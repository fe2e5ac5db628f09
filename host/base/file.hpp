#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "host/base/result.hpp"

namespace cadre::base {

/// What is read at most into memory of a file that has no smaller bound of its own: a sparse file of any size
/// costs its maker nothing.
inline constexpr std::uint64_t file_bytes_most = 16ULL << 30;

/// FILE_NOT_FOUND, FILE_IS_DIRECTORY, FILE_NOT_REGULAR or FILE_NOT_READABLE; nothing when the file can be
/// opened for reading. Pipes, sockets and devices are not: they may never answer, or do something when they
/// are opened.
Problems check_readable(const std::filesystem::path& path);

/// All bytes of a regular file, or of the one that a link leads to. Never waits for what is no regular file.
/// Errors as check_readable, and FILE_TOO_LARGE before anything is read.
Result<std::string> read_file(const std::filesystem::path& path, std::uint64_t bytes_most = file_bytes_most);

/// `bytes` bytes of a regular file from `from` on; fewer at its end. Errors as check_readable.
Result<std::string> read_part(const std::filesystem::path& path, std::uint64_t from, std::size_t bytes);

/// What a folder says of its files (that one is new, or was renamed) survives a power cut only when the
/// folder is synced too. False: errno says why.
bool sync_folder_of(const std::filesystem::path& file);

/// Replaces the file as a whole: readers see the old bytes or the new ones, also after a power cut. The
/// folder must exist. Errors: FILE_NOT_WRITABLE, and then the old file is untouched.
Problems write_file_atomically(const std::filesystem::path& path, std::string_view bytes);

}  // namespace cadre::base

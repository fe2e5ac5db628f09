#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/problem.hpp"

namespace cadre::base {

// A file of a state folder that is lost, cut, or put back from an older copy looks like one in which nothing
// has happened. What it has to be stands in FILE.seal beside it, which is written with it.

/// From here on the file is one of these contents, or begins with one of them. Durable. Errors:
/// FILE_NOT_WRITABLE.
Problems seal_file(const std::filesystem::path& file, const std::vector<std::string_view>& contents);

enum class SealFor { whole, beginning };
/// Whether a file is, or begins with, what it was sealed as; a file without a seal is anything. `content`:
/// of the file; null: it is not there. `otherwise`: what an operator can do who has no copy of it. Errors:
/// STATE_FILE_LOST, STATE_FILE_CHANGED.
Problems check_seal(const std::filesystem::path& file, const std::string_view* content, SealFor sealed,
                    const std::string& otherwise);

/// Replaces the content of a file and its seal. A power cut leaves the file before or the one after, and a
/// seal for both. Errors: FILE_NOT_WRITABLE.
Problems write_sealed(const std::filesystem::path& file, std::string_view content);

/// The path of the seal of a file.
std::filesystem::path seal_of(const std::filesystem::path& file);

}  // namespace cadre::base

#pragma once

#include <filesystem>
#include <system_error>

namespace cadre::base {

/// Makes a folder with those above it that are missing, so that what is synced in it is there after a power
/// cut: the name of each new one is synced too. Nothing happens to a folder that is there.
std::error_code make_durable_folder(const std::filesystem::path& folder);

}  // namespace cadre::base

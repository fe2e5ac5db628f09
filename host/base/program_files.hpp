#pragma once

#include <filesystem>
#include <string_view>

namespace cadre::base {

/// A file or folder that comes with the program: beside it in a build tree, in ../lib/cadre where it is
/// installed. The place beside the program when it is in neither. [any-thread]
std::filesystem::path beside_program(std::string_view name);

}  // namespace cadre::base

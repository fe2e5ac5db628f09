#pragma once

#include <filesystem>
#include <string>

#include "host/base/result.hpp"

namespace cadre::app {

/// The token that 127.0.0.1 asks for, out of a file that only its owner may use; made when there is none.
/// White space at its end is not part of it: editors, echo and secret stores all put a line feed there.
/// Errors: TOKEN_NOT_PRIVATE, TOKEN_NOT_USABLE, TOKEN_NOT_WRITABLE.
base::Result<std::string> token_of(const std::filesystem::path& file);

}  // namespace cadre::app

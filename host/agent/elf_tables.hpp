#pragma once

#include "host/agent/elf_image.hpp"

namespace cadre::agent {

/// Reads what the dynamic section points at (names, symbols, relocations, versions) into the image, and
/// checks everything that the loader would believe without looking. Returns the fault, or nullopt.
std::optional<ElfFault> read_tables(std::string_view bytes, ElfImage& image);

}  // namespace cadre::agent

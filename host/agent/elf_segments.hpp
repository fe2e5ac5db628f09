#pragma once

#include "host/agent/elf_image.hpp"

namespace cadre::agent {

/// A part of the bytes that is in memory at an address.
struct MappedBytes {
  std::string_view bytes;
  bool writable = false;
};

/// Reads the program headers into the image and checks that the loader maps them to what the file shows.
/// Returns the fault, or nullopt.
std::optional<ElfFault> read_segments(std::string_view bytes, const Elf64_Ehdr& head, ElfImage& image);

/// The bytes that are mapped at an address, when all of them come from the file by one segment.
std::optional<MappedBytes> bytes_at(std::string_view bytes, const ElfImage& image, std::uint64_t address,
                                    std::uint64_t size);

}  // namespace cadre::agent

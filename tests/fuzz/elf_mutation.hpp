#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace cadre::fuzz {

/// A library of the corpus, and where its parts are.
struct ElfSeed {
  std::string file;
  std::string bytes;
  /// Offset and size of each table that the dynamic section points at, and of that section itself.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> tables;
};
/// Reads a library that is trusted to be whole.
ElfSeed read_seed(const std::string& file, std::string bytes);

/// Spoils a copy of one of them in one to six places that matter: fields of headers, segments, the dynamic
/// section, words of tables, pieces of another library, the length. The same number gives the same bytes.
std::string mutated(const std::vector<ElfSeed>& corpus, std::uint64_t number);

}  // namespace cadre::fuzz

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace cadre::agent {

/// A struct that the other side of the ABI wrote, as this side knows it: what its `size` covers, and zero for
/// what the other side has never heard of. Nothing is read behind its end. Its size must have been found to
/// be at least the smallest there is.
template <class Struct>
Struct copied(const Struct& theirs) {
  Struct mine{};
  const std::size_t bytes = std::min<std::size_t>(theirs.size, sizeof(Struct));
  std::memcpy(&mine, &theirs, bytes);
  mine.size = static_cast<std::uint32_t>(bytes);
  return mine;
}

}  // namespace cadre::agent

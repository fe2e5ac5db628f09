#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "host/model/bar.hpp"

namespace cadre::market {

/// The bar whose rows are coming, one instrument at a time. Nothing of it is in a journal yet.
struct OpenBar {
  model::Bar bar{};                   ///< its date is 0: there is none
  std::vector<std::uint64_t> rows{};  ///< per instrument, a checksum of what was said of it; 0: nothing yet
  std::vector<std::uint8_t> confirmed{};  ///< per instrument, its sender says that the move is right
  std::size_t left = 0;                   ///< instruments that have not come
  bool has_prices = false;

  bool is_open() const { return bar.date != 0; }
  /// The bar, complete for this reason; there is none afterwards.
  model::Bar finish(model::Completion completion);
};

}  // namespace cadre::market

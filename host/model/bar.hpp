#pragma once

#include <cstdint>
#include <vector>

namespace cadre::model {

/// A bar closed. Per instrument of the epoch; a price is 0 where valid is 0.
struct Bar {
  int32_t date = 0;
  int64_t time_ns = 0;
  uint64_t epoch = 0;
  bool has_intraday = false;  ///< else open, high and low are empty
  bool has_volume = false;    ///< else volume is empty
  std::vector<int64_t> open_e9{};
  std::vector<int64_t> high_e9{};
  std::vector<int64_t> low_e9{};
  std::vector<int64_t> close_e9{};
  std::vector<double> volume{};  ///< units
  std::vector<uint8_t> valid{};
};

}  // namespace cadre::model

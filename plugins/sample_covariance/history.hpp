#pragma once

#include <cstdint>

namespace cadre::sample_covariance {

/// Rows of history as an execution state lends them: row r at values + r * stride, the newest last.
struct History {
  const double* values = nullptr;
  const std::uint8_t* valid = nullptr;
  std::int64_t rows = 0;
  std::int64_t stride = 0;
};

}  // namespace cadre::sample_covariance

#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <random>

/// n x T returns with a common factor; the same numbers on every platform for a seed (no std distribution).
inline Eigen::MatrixXd random_returns(std::int64_t n, std::int64_t periods, std::uint64_t seed) {
  std::mt19937_64 generator(seed);
  const auto uniform = [&] { return static_cast<double>(generator() >> 11) * 0x1p-53 - 0.5; };
  Eigen::MatrixXd returns(n, periods);
  for (std::int64_t t = 0; t < periods; ++t) {
    const double market = uniform();
    for (std::int64_t i = 0; i < n; ++i)
      returns(i, t) = 0.0003 + 0.03 * market + 0.04 * uniform();
  }
  return returns;
}

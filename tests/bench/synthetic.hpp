#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "host/journal/records.hpp"
#include "host/model/bar.hpp"

namespace cadre::bench {

/// Daily closes of n instruments from a fixed seed: a common factor of 1 %, own moves of 1.2 %, every tenth
/// name nearly a copy of the one before it, so that limits of risk and of correlation bind now and then.
/// Prices are pulled back to 50, so that they stay prices however long it runs.
class SyntheticMarket {
 public:
  explicit SyntheticMarket(std::size_t instruments);
  /// The next bar. Valid until the call after it.
  const model::Bar& next();
  /// The next bar, of which one close in `one_in` lacks.
  const model::Bar& next_with_holes(unsigned one_in);
  static std::vector<std::string> names(std::size_t instruments);

 private:
  std::mt19937_64 random_{20240229};
  std::normal_distribution<double> normal_{0, 1};
  std::vector<double> price_;
  model::Bar bar_;
  std::int64_t day_ = 10'000;
};

}  // namespace cadre::bench

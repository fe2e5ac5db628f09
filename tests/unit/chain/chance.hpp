#pragma once

#include <random>
#include <string>

namespace cadre::test {

/// Random books of one test, others with every run. What fails says the seed.
struct Chance {
  unsigned seed = std::random_device{}();
  std::mt19937 random{seed};

  std::string said() const { return "seed " + std::to_string(seed); }
  double uniform(double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
  }
};

}  // namespace cadre::test

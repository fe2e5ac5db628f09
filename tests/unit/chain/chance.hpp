#pragma once

#include <cstdlib>
#include <random>
#include <string>

namespace cadre::test {

/// Random books of one test, others with every run. What fails says the seed; with it in CADRE_TEST_SEED it
/// comes again.
struct Chance {
  unsigned seed = std::getenv("CADRE_TEST_SEED") != nullptr
                      ? static_cast<unsigned>(std::strtoul(std::getenv("CADRE_TEST_SEED"), nullptr, 10))
                      : std::random_device{}();
  std::mt19937 random{seed};

  std::string said() const { return "seed " + std::to_string(seed); }
  double uniform(double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
  }
};

}  // namespace cadre::test

#include "host/chain/final_cut.hpp"

#include <cmath>

namespace cadre::chain {

double cut_target(double current, double target, double factor) {
  const bool flips = (current > 0 && target < 0) || (current < 0 && target > 0);
  if (flips) return factor * target;
  if (std::fabs(target) <= std::fabs(current)) return target;
  return factor == 1 ? target : current + factor * (target - current);
}

}  // namespace cadre::chain

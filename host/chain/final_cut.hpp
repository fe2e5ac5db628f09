#pragma once

namespace cadre::chain {

/// How finely the feasible factor is searched. Historical VaR is not convex in it, so the search is a walk
/// down a grid, not a bisection.
inline constexpr int cut_steps = 64;

/// One target after the cut: what reduces the position stays whole, the part that increases it is scaled by
/// `factor` (0 .. 1). A flip counts as a reduction to zero and an increase from there.
double cut_target(double current, double target, double factor);

/// The largest factor on the grid `from`/64 ... 1/64, 0 that `feasible(factor)` accepts; -1 when not even 0
/// does.
template <class Feasible>
double largest_feasible_factor(int from, Feasible&& feasible) {
  for (int step = from; step >= 0; --step) {
    const double factor = static_cast<double>(step) / cut_steps;
    if (feasible(factor)) return factor;
  }
  return -1;
}

}  // namespace cadre::chain

#pragma once

namespace cadre::chain {

/// How finely the feasible factor is searched. Historical VaR is not convex in it, so the search is a walk
/// down a grid, not a bisection.
inline constexpr int cut_steps = 16;
/// Halvings of one step of it that are tried at most.
inline constexpr int refinements = 24;

/// One target after the cut: what reduces the position stays whole, the part that increases it is scaled by
/// `factor` (0 .. 1). A flip counts as a reduction to zero and an increase from there.
double cut_target(double current, double target, double factor);

/// The largest factor on the grid from/16 ... 1/16, 0 that `feasible(factor)` accepts; -1 when not even 0
/// does.
template <class Feasible>
double largest_feasible_factor(int from, Feasible&& feasible) {
  for (int step = from; step >= 0; --step) {
    const double factor = static_cast<double>(step) / cut_steps;
    if (feasible(factor)) return factor;
  }
  return -1;
}

/// Between a feasible factor and one that is not: halved until the largest increase, in lots, would change by
/// less than one.
template <class Feasible>
double refined_factor(double feasible_at, double above, double largest_increase, Feasible&& feasible) {
  for (int k = 0; k < refinements && (above - feasible_at) * largest_increase >= 1; ++k) {
    const double middle = 0.5 * (feasible_at + above);
    (feasible(middle) ? feasible_at : above) = middle;
  }
  return feasible_at;
}

}  // namespace cadre::chain

#pragma once

#include <string>

#include "host/experiment/comparison.hpp"

namespace cadre::experiment {

/// The verdict, and what it means: "worse: the candidate returns less than the control".
std::string verdict_words(Verdict verdict);

/// One JSON object: verdict, reason, n, warm_up, from, to, test, alpha, power, margin_bp, horizon,
/// mean_difference, newey_west {lag, variance, t, p, ci_low, ci_high}, sequential {variance, half_width,
/// ci_low, ci_high, p, first_exclusion}, equivalence_p, minimum_detectable_effect, periods_needed,
/// periods_needed_for_bp, in this order. Differences are simple returns per period (0.0001 is one basis
/// point), margins basis points. What is undefined is null.
std::string to_json(const Comparison& comparison);

/// For people: the verdict in words first, then the figures in basis points.
std::string summary(const Comparison& comparison);

}  // namespace cadre::experiment

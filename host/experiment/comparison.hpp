#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cadre/quant/inference_results.hpp"
#include "host/base/problem.hpp"
#include "host/experiment/series.hpp"

namespace cadre::experiment {

enum class Verdict { better, worse, equivalent, inconclusive, invalid };
std::string_view verdict_name(Verdict verdict);

/// The one test that decides; the other is printed as a diagnostic.
enum class DecidingTest {
  sequential,  ///< the confidence sequence: may be looked at every day
  newey_west   ///< once, when the declared horizon is reached
};
std::string_view test_name(DecidingTest test);

/// The rule, declared before the data are looked at.
struct ComparisonOptions {
  DecidingTest test = DecidingTest::sequential;
  double alpha = 0.05;  ///< above 0, at most 0.5
  double power = 0.8;
  std::optional<double>
      margin_bp{};      ///< differences inside of it do not matter; basis points per period, above 0
  int64_t horizon = 0;  ///< periods, at least quant::first_look; 0: as many as there are
};

/// Fewer pairs than this are no comparison.
inline constexpr int64_t minimum_pairs = quant::first_look;

/// Differences of simple returns per period, candidate minus control, as fractions. NaN where undefined.
struct Comparison {
  Verdict verdict = Verdict::invalid;
  std::string reason;       ///< one sentence, or several, joined by "; "
  base::Problems problems;  ///< each date that one series alone has
  ComparisonOptions rule;   ///< with the horizon that was meant

  int64_t n = 0;             ///< differences
  int64_t warm_up = 0;       ///< periods before them in which neither arm's value moved: left out
  int32_t from = 0, to = 0;  ///< dates of the first and last difference
  double mean_difference = 0;
  std::vector<int32_t> dates;  ///< of the differences
  std::vector<double> differences;
  quant::NeweyWest newey_west{};
  double newey_west_half_width = 0;            ///< z_{1-alpha/2} standard errors
  double equivalence_p = 0;                    ///< two one-sided tests inside the margin; NaN without one
  quant::SequencePoint sequential{};           ///< after n
  std::vector<quant::SequencePoint> sequence;  ///< after each of the periods from quant::first_look on
  int64_t first_exclusion = 0;           ///< the look at which the sequence first excluded zero; 0: never
  double minimum_detectable_effect = 0;  ///< of the deciding test at n
  double effect_bp = 0;                  ///< what periods_needed is for: the margin, or 1 basis point
  double periods_needed = 0;             ///< of the deciding test, rounded up
};

/// The verdict. Dates are joined; a date that one series alone has makes the comparison invalid, since the
/// arms then did not see the same inputs; so do different kinds of series, fewer than 20 pairs, numbers
/// without a return, and a difference that never varies (but is not zero). Otherwise, with a margin,
/// `equivalent` when the deciding test finds the mean inside of it: the sequence's interval after n, or two
/// one-sided tests. Else `better` or `worse` when the deciding test excludes zero: the sequence at any look
/// from the 60th period on (the sign is the first one's), or Newey-West at the horizon. Else `inconclusive`,
/// as is everything before the 60th period or the horizon. Periods after the horizon of Newey-West are not
/// used.
Comparison compare(const Series& control, const Series& candidate, const ComparisonOptions& options);

}  // namespace cadre::experiment

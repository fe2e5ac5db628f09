#pragma once

#include <span>
#include <string_view>

namespace cadre::base {

/// What a problem's code stands for, whatever its message says about the case at hand.
struct ProblemCode {
  std::string_view code;
  std::string_view meaning;     ///< one sentence without a full stop
  std::string_view what_to_do;  ///< one sentence without a full stop
};

/// Every code of a problem that the host reports, sorted by code.
std::span<const ProblemCode> problem_codes();

}  // namespace cadre::base

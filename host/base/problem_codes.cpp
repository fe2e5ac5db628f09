#include "host/base/problem_codes.hpp"

namespace cadre::base {

namespace {

#include "host/base/problem_codes.inc"

}  // namespace

std::span<const ProblemCode> problem_codes() {
  return kCodes;
}

}  // namespace cadre::base

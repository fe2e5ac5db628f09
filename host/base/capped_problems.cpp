#include "host/base/capped_problems.hpp"

#include <utility>

namespace cadre::base {

namespace {

/// What more of one kind may have against a file is no answer to anyone.
constexpr size_t kMaxShown = 50;

}  // namespace

void CappedProblems::error(std::string code, Place place, std::string message, std::string next_step) {
  if (++errors_ > kMaxShown) return;
  problems_.error(std::move(code), std::move(place), std::move(message), std::move(next_step));
}

void CappedProblems::warning(std::string code, Place place, std::string message, std::string next_step) {
  if (++warnings_ > kMaxShown) return;
  problems_.warning(std::move(code), std::move(place), std::move(message), std::move(next_step));
}

void CappedProblems::append(const Problems& found) {
  for (const Problem& problem : found) {
    if (problem.severity == Severity::error)
      error(problem.code, problem.place, problem.message, problem.next_step);
    else
      warning(problem.code, problem.place, problem.message, problem.next_step);
  }
}

bool CappedProblems::is_enough() {
  is_cut_ = is_cut_ || errors_ >= kMaxShown;
  return is_cut_;
}

Problems CappedProblems::take() {
  const auto more = [](std::size_t count) { return "and " + std::to_string(count - kMaxShown) + " more"; };
  if (is_cut_)
    problems_.error("AND_MORE", {.file = file_}, "and more: what follows was not looked at");
  else if (errors_ > kMaxShown)
    problems_.error("AND_MORE", {.file = file_}, more(errors_));
  if (warnings_ > kMaxShown) problems_.warning("AND_MORE", {.file = file_}, more(warnings_));
  return std::move(problems_);
}

}  // namespace cadre::base

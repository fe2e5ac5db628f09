#include "host/base/problem.hpp"

#include <algorithm>
#include <utility>

namespace cadre::base {

std::string to_line(const Problem& problem) {
  const Place& place = problem.place;
  std::string line = place.file;
  if (place.line > 0) line += (line.empty() ? "line " : ":") + std::to_string(place.line);
  if (place.line > 0 && place.column > 0) line += ":" + std::to_string(place.column);
  if (!place.pointer.empty()) line += (line.empty() ? "" : " ") + place.pointer;
  if (!line.empty()) line += ": ";
  if (problem.severity == Severity::warning) line += "warning: ";
  line += problem.message;
  if (!problem.next_step.empty()) line += "; " + problem.next_step;
  if (!problem.code.empty()) line += " [" + problem.code + "]";
  return line;
}

void Problems::error(std::string code, Place place, std::string message, std::string next_step) {
  add({Severity::error, std::move(code), std::move(place), std::move(message), std::move(next_step)});
}

void Problems::warning(std::string code, Place place, std::string message, std::string next_step) {
  add({Severity::warning, std::move(code), std::move(place), std::move(message), std::move(next_step)});
}

void Problems::add(Problem problem) {
  problems_.push_back(std::move(problem));
}

void Problems::append(const Problems& others) {
  // By index and reserved: appending a list to itself doubles it and never reads moved storage.
  const size_t count = others.size();
  problems_.reserve(problems_.size() + count);
  for (size_t i = 0; i < count; ++i)
    problems_.push_back(others.problems_[i]);
}

bool Problems::has_errors() const {
  return std::any_of(begin(), end(), [](const Problem& p) { return p.severity == Severity::error; });
}

Problems asked_for_at(const Problems& problems, const Place& place) {
  Problems placed;
  for (Problem problem : problems) {
    if (problem.code.starts_with("FILE_")) {
      problem.message = problem.place.file + ": " + problem.message;
      problem.place = place;
    }
    placed.add(std::move(problem));
  }
  return placed;
}

}  // namespace cadre::base

#include "host/base/invariant.hpp"

namespace cadre::base {

Occasion& occasion() {
  thread_local Occasion now;
  return now;
}

InvariantBroken::InvariantBroken(std::string_view name, const std::string& message)
    : std::logic_error(message), name_(name) {}

void invariant_broken(std::string_view name, std::string_view claim, const char* file, int line) {
  std::string_view place = file;
  place.remove_prefix(place.rfind('/') == std::string_view::npos ? 0 : place.rfind('/') + 1);
  std::string message = "the invariant " + std::string(name) + " is broken: " + std::string(claim) + " (";
  const Occasion& now = occasion();
  if (!now.book.empty())
    message += "book " + std::string(now.book) + ", event " + std::to_string(now.event) + ", ";
  message += std::string(place) + ":" + std::to_string(line) + ")";
  throw InvariantBroken(name, message);
}

}  // namespace cadre::base

#include "groups.hpp"

#include <algorithm>

namespace cadre::risk_manager {

namespace {

std::string_view group_of(const sdk::State& state, std::size_t i) {
  return sdk::view_of(state.instrument(static_cast<Eigen::Index>(i)).group);
}

}  // namespace

bool Groups::are_of(const sdk::State& state) const {
  if (of_.size() != static_cast<std::size_t>(state.size())) return false;
  for (std::size_t i = 0; i < of_.size(); ++i) {
    const std::string_view known =
        of_[i] == market ? std::string_view() : names_[static_cast<std::size_t>(of_[i])];
    if (group_of(state, i) != known) return false;
  }
  return true;
}

void Groups::follow(const sdk::State& state) {
  if (are_of(state)) return;
  names_.clear();
  of_.assign(static_cast<std::size_t>(state.size()), market);
  for (std::size_t i = 0; i < of_.size(); ++i) {
    const std::string_view group = group_of(state, i);
    if (group.empty()) continue;
    const auto known = std::find(names_.begin(), names_.end(), group);
    of_[i] = static_cast<std::int32_t>(known - names_.begin());
    if (known == names_.end()) names_.emplace_back(group);
  }
  members_.clear();
  begins_.assign(1, 0);
  for (std::size_t g = 0; g < names_.size(); ++g) {
    for (std::size_t i = 0; i < of_.size(); ++i) {
      if (of_[i] == static_cast<std::int32_t>(g)) members_.push_back(static_cast<std::int64_t>(i));
    }
    begins_.push_back(members_.size());
  }
}

}  // namespace cadre::risk_manager

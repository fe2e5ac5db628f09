#include "host/execution/group_limits.hpp"

#include <algorithm>

namespace cadre::execution {

void GroupLimits::enter(const model::Universe& universe, const std::vector<config::GroupWeight>& limits) {
  most_.clear();
  names_.clear();
  groups_.assign(universe.size(), {});
  const auto limit_of = [&](std::string_view group) -> const config::GroupWeight* {
    const auto named = [&](std::string_view name) {
      return std::find_if(limits.begin(), limits.end(),
                          [&](const config::GroupWeight& limit) { return limit.group == name; });
    };
    auto found = named(group);
    if (found == limits.end()) found = named("*");
    return found == limits.end() ? nullptr : &*found;
  };
  for (std::size_t i = 0; i < universe.size(); ++i) {
    for (const std::string& group : universe.instruments[i].groups) {
      const config::GroupWeight* limit = limit_of(group);
      if (limit == nullptr) continue;
      const auto known = std::find(names_.begin(), names_.end(), group);
      groups_[i].push_back(static_cast<std::uint32_t>(known - names_.begin()));
      if (known != names_.end()) continue;
      names_.push_back(group);
      most_.push_back(limit->max);
    }
  }
}

}  // namespace cadre::execution

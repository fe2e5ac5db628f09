#include "host/experiment/decision_difference.hpp"

#include <algorithm>

namespace cadre::experiment {

std::optional<DecisionDifference> difference_of(const journal::DecisionRecord& a,
                                                const journal::DecisionRecord& b,
                                                const std::vector<std::string>& names) {
  const auto differing = [](const std::vector<double>& x, const std::vector<double>& y) {
    std::size_t count = x.size() == y.size() ? 0 : std::max(x.size(), y.size());
    for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i)
      count += x[i] != y[i] ? 1 : 0;
    return count;
  };
  if (a.position_e9 != b.position_e9 || a.equity != b.equity) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < std::min(a.position_e9.size(), b.position_e9.size()); ++i)
      count += a.position_e9[i] != b.position_e9[i] ? 1 : 0;
    return DecisionDifference{a.date, "portfolio", count};
  }
  for (std::size_t k = 0; k < std::min(a.stages.size(), b.stages.size()); ++k) {
    const std::size_t count = differing(a.stages[k].target, b.stages[k].target);
    if (count != 0)
      return DecisionDifference{a.date, k < names.size() ? names[k] : "stage " + std::to_string(k), count};
  }
  if (a.stages.size() != b.stages.size()) return DecisionDifference{a.date, "chain", 0};
  return std::nullopt;
}

std::vector<std::pair<std::string, std::uint64_t>> first_stages(
    const std::vector<DecisionDifference>& differences) {
  std::vector<std::pair<std::string, std::uint64_t>> counts;
  for (const DecisionDifference& difference : differences) {
    const auto found = std::find_if(counts.begin(), counts.end(),
                                    [&](const auto& c) { return c.first == difference.stage; });
    if (found != counts.end())
      ++found->second;
    else
      counts.emplace_back(difference.stage, 1);
  }
  std::stable_sort(counts.begin(), counts.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  return counts;
}

}  // namespace cadre::experiment

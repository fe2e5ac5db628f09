#pragma once

#include "tests/unit/plugins/agent_under_test.hpp"

namespace cadre::test {

constexpr const char* rules_plugin = "execution_rules";
constexpr const char* rules_id = "cadre.execution_rules";
constexpr std::int64_t one = 1'000'000'000;

/// What the execution rules made of needs.
struct Applied {
  std::vector<cadre_action> orders;
  std::vector<cadre_reason> reasons;
  std::vector<cadre_slice> slices;

  /// Of an order, in units.
  std::vector<double> parts(std::size_t order) const {
    std::vector<double> all;
    for (std::uint64_t k = 0; k < orders[order].slice_count; ++k)
      all.push_back(static_cast<double>(slices[orders[order].first_slice + k].quantity_e9) * 1e-9);
    return all;
  }
};

inline Applied apply(const AgentUnderTest& test, const FakeState& state, const Numbers& units,
                     const Numbers& reference, const std::vector<cadre_open_order>& open = {},
                     std::vector<std::uint8_t> for_limit = {}) {
  std::vector<std::int64_t> quantity;
  std::vector<std::int64_t> price;
  for (std::size_t i = 0; i < units.size(); ++i) {
    quantity.push_back(std::llround(units[i] * 1e9));
    price.push_back(std::llround(reference[i] * 1e9));
  }
  const Numbers weight(units.size(), 0.0);
  for_limit.resize(units.size());
  const cadre_needs needs{sizeof needs,    state.size(), quantity.data(),          price.data(),
                          weight.data(),   open.data(),  sizeof(cadre_open_order), open.size(),
                          for_limit.data()};
  Applied applied{std::vector<cadre_action>(units.size() + open.size()),
                  std::vector<cadre_reason>(units.size()), std::vector<cadre_slice>(64)};
  cadre_action_list list{sizeof list,           0, applied.orders.data(), sizeof(cadre_action),
                         applied.orders.size(), 0, applied.slices.data(), sizeof(cadre_slice),
                         applied.slices.size(), 0};
  EXPECT_EQ(test.agent.table<cadre_execution_rules>().apply_rules(test.agent.self(), &state.raw(), &needs,
                                                                  &list, applied.reasons.data()),
            CADRE_OK);
  applied.orders.resize(list.needed);
  applied.slices.resize(list.slices_needed);
  return applied;
}

inline FakeState at_ten(std::size_t n = 3) {
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < n; ++i)
    ids.push_back("S" + std::to_string(i));
  FakeState state(ids);
  state.close(Numbers(n, 10.0));
  return state;
}

}  // namespace cadre::test

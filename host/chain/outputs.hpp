#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "cadre/proposal.h"
#include "cadre/role/execution_rules.h"
#include "cadre/state.h"
#include "host/config/scenario_config.hpp"

namespace cadre::chain {

// What the host demands of agents' outputs. One bad entry rejects the whole output. Each of these says the
// first thing that is wrong, in a sentence that names the instrument, the value and the bound; empty: nothing
// is, and nothing was allocated. `state` is what the agent was shown. Fields and flags that have no meaning
// yet have to be zero: otherwise they could never be given one.

/// `offered`: how many the list had room for; `given`: how many the agent says there are.
std::string fault_of_signals(const cadre_execution_state& state, std::span<const cadre_signal> offered,
                             std::uint64_t given);
std::string fault_of_views(const cadre_execution_state& state, const cadre_views& views);
/// Targets may not leave the constraints; where the book at `current` is outside already, not farther.
std::string fault_of_targets(const cadre_execution_state& state, const cadre_targets& targets,
                             std::span<const double> current, const config::ConstraintsConfig& bounds);
std::string fault_of_report(const cadre_execution_state& state, const cadre_risk_report& report);
std::string fault_of_reason(const cadre_reason& reason);

/// What execution rules may ask for.
struct ActionGround {
  std::span<const std::int64_t> need_e9;
  std::span<const cadre_open_order> orders;  ///< that are open
  bool replaces = false;                     ///< whether the environment does
  std::span<std::int64_t> added_e9;          ///< room for a number of each instrument
};
/// New orders go in the direction of the need, and together with what replacements add they are for no more
/// than it; requests are about open orders of which nothing is asked yet; the slices of an order add up to
/// it. action_faults.cpp
std::string fault_of_actions(const cadre_execution_state& state, std::span<const cadre_action> offered,
                             std::span<const cadre_slice> slices, const cadre_action_list& given,
                             const ActionGround& ground, std::span<const cadre_reason> reasons);

/// Whether every one is a number, infinity not. One pass without branches.
bool all_finite(std::span<const double> values);

/// What caused an order names it: book.sequence.instrument, and which of several it is from the second on.
cadre_id client_order_id(std::string_view book, std::uint64_t sequence, std::uint32_t instrument,
                         std::uint32_t number = 1);
/// book.sequence.rN, the Nth request of a decision, from 1 on: no order has such an id.
cadre_id request_id(std::string_view book, std::uint64_t sequence, std::uint32_t number);

}  // namespace cadre::chain

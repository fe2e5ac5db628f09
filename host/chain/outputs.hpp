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
/// New orders alone, each whole, in the direction of the need and for no more than it, with known codes. A
/// second order for an instrument is the gate's to refuse.
std::string fault_of_actions(const cadre_execution_state& state, std::span<const cadre_action> offered,
                             const cadre_action_list& given, std::span<const std::int64_t> need_e9,
                             std::span<const cadre_reason> reasons);

/// Whether every one is a number, infinity not. One pass without branches.
bool all_finite(std::span<const double> values);

/// What caused an order names it: book.sequence.instrument.
cadre_id client_order_id(std::string_view book, std::uint64_t sequence, std::uint32_t instrument);

}  // namespace cadre::chain

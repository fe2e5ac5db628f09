#pragma once

#include <cstddef>
#include <string>

#include "cadre/proposal.h"
#include "cadre/role/execution_rules.h"
#include "host/model/output_buffer.hpp"

namespace cadre::chain {

/// Where the agents of a chain write what they answer. Every output has pages of its own: what an agent
/// writes behind the end of one is found before anybody looks at it, and is nobody else's. What is valid is
/// copied to where others read it. [decision-thread]
struct AgentOutputs {
  /// Sizes all of them for so many instruments. `service`: doubles of the largest service.
  void size(std::size_t instruments, std::size_t signal_capacity, std::size_t service) {
    weight.become(instruments);
    reasons.become(instruments);
    score.become(instruments);
    confidence.become(instruments);
    valid.become(instruments);
    signals.become(signal_capacity);
    actions.become(action_capacity(instruments));
    slices.become(slices_at_first);
    values.become(service);
  }

  /// Each is checked after every call that had it; both sides of an "and", so that all of them are whole
  /// again.
  bool targets_intact() { return static_cast<int>(weight.intact()) & static_cast<int>(reasons.intact()); }
  bool views_intact() {
    return static_cast<int>(score.intact()) & static_cast<int>(confidence.intact()) &
           static_cast<int>(valid.intact());
  }
  bool actions_intact() {
    return static_cast<int>(actions.intact()) & static_cast<int>(slices.intact()) &
           static_cast<int>(reasons.intact());
  }
  /// Makes room for an answer of execution rules that had too little. False: it had enough, or asks for more
  /// than anybody gets.
  bool grow(const cadre_action_list& answer) {
    const bool lacks_actions = answer.needed > actions.size() && answer.needed <= actions_most;
    const bool lacks_slices = answer.slices_needed > slices.size() && answer.slices_needed <= slices_most;
    if (lacks_actions) actions.become(answer.needed);
    if (lacks_slices) slices.become(answer.slices_needed);
    return lacks_actions || lacks_slices;
  }
  static constexpr std::size_t slices_at_first = 64;
  static constexpr std::size_t actions_most = std::size_t{1} << 16, slices_most = std::size_t{1} << 20;
  /// Actions that execution rules have room for: one of each instrument, and of each open order some.
  static constexpr std::size_t action_capacity(std::size_t instruments) { return 2 * instruments + 16; }

  model::OutputBuffer<double> weight;         ///< of targets
  model::OutputBuffer<cadre_reason> reasons;  ///< of targets, and of what execution rules leave out
  model::OutputBuffer<double> score, confidence;
  model::OutputBuffer<std::uint8_t> valid;
  model::OutputBuffer<cadre_signal> signals;
  model::OutputBuffer<cadre_action> actions;
  model::OutputBuffer<cadre_slice> slices;
  model::OutputBuffer<double> values;  ///< of a service
};

/// What is wrong with an agent that wrote behind the end of an output.
inline std::string fault_of_room(bool intact, const char* output) {
  return intact ? std::string() : std::string("it wrote behind the end of its ") + output;
}

}  // namespace cadre::chain

#pragma once

#include <cstdint>
#include <string_view>

#include "cadre/cpp/agent.hpp"

namespace cadre::simulated_execution {

/// Numbers out of the host's random service, each by what it is about: the order, the event and the purpose.
/// So they are the same in a replay, and whatever else is drawn before them.
class Chance {
 public:
  enum class Purpose : std::uint64_t { reject = 1, whether_partial = 2, how_much = 3, slippage = 4 };

  Chance(const sdk::Agent& agent, std::uint64_t seed) : agent_(&agent), seed_(seed) {}

  /// Uniform in 0 .. 999,999,999. Throws Refusal where the host has no random service.
  std::int64_t share_e9(Purpose purpose, std::string_view client_id, std::uint64_t sequence) const;
  /// Whether something of this probability happens; draws nothing when it cannot.
  bool happens(std::int64_t probability_e9, Purpose purpose, std::string_view client_id,
               std::uint64_t sequence) const {
    return probability_e9 > 0 && share_e9(purpose, client_id, sequence) < probability_e9;
  }

 private:
  const sdk::Agent* agent_;
  std::uint64_t seed_;
};

}  // namespace cadre::simulated_execution

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "cadre/cadre.h"
#include "host/base/codec.hpp"
#include "host/base/problem.hpp"

namespace cadre::agent {

/// What the host asks of an agent in another process. One request, one reply, over a CallRing; the arena is
/// mapped by both, so only what is not in the arena is sent. A request begins with the call and the agent's
/// seat. Whatever is not said otherwise is answered with a status, and behind one of a refusal a reason.
enum class Call : std::uint32_t {
  start = 1,     ///< of the process: library, agent id, instance, book, seed of each seat -> what was loaded
  take_secrets,  ///< before init: bytes of a memory file, whose descriptor comes over the socket
  init,          ///< configuration -> requirements and warnings, or a reason
  enter_arena,   ///< of the process; the arena's descriptor comes over the socket
  activate,
  deactivate,
  observe,
  observe_together,  ///< of several seats: event, state, seats -> the answer of observe for each
  destroy,
  save_state,
  load_state,
  generate_signals,
  aggregate_signals,
  change_targets,
  analyze_risk,
  adjust_for_risk,
  analyze_correlations,
  adjust_for_correlation,
  apply_rules,
  publish,
  capabilities,
  execute_trade,
  execute_together,  ///< several orders, one after the other -> the answer to each
  replace_order,
  cancel_order,
  query_order,
  next_report,  ///< how many at most -> the status behind the last one, and the reports
  begin_probe,  ///< of the process, before start: its one agent is only tried, and whether it would enter
                ///< the host
  unload,       ///< of the process of a probe, behind destroy: its library
  account       ///< room for positions and orders -> what was needed, cash, positions and orders
};

/// Reports that cross together at most.
inline constexpr std::uint32_t reports_at_once = 64;

/// The descriptors that a child begins with, from this one on: its socket, requests, replies. The socket
/// carries descriptors, and tells each side that the other one is gone.
inline constexpr int first_descriptor = 3;

/// False: the other side is gone, or did not take it in time.
bool send_descriptor(int socket, int descriptor, int time_ms);
/// The descriptor that was sent, the receiver's to close; -1: there is none.
int receive_descriptor(int socket);

/// Begins a request anew.
void begin_request(base::Encoder& to, Call call, std::size_t seat);

// What goes along with calls. Readers refuse what does not fit, through the decoder.

/// An event with its payload; the instruments of the present universe are counted by the state.
void put_event(base::Encoder& to, const cadre_event& event, const cadre_execution_state& state);
/// An event that owns its payload.
class OwnedEvent {
 public:
  OwnedEvent() = default;
  OwnedEvent(const OwnedEvent&) = delete;
  OwnedEvent& operator=(const OwnedEvent&) = delete;
  bool take(base::Decoder& from, std::uint32_t instruments);
  const cadre_event& event() const { return event_; }

 private:
  cadre_event event_{sizeof(cadre_event), 0, 0, 0, nullptr};
  cadre_execution_report report_{};
  cadre_signal signal_{};
  cadre_outcome outcome_{};
  cadre_timer timer_{};
  cadre_universe_change change_{sizeof(cadre_universe_change), 0, 0, nullptr, nullptr};
  std::vector<std::int32_t> old_to_new_, new_to_old_;
};

void put_reasons(base::Encoder& to, std::span<const cadre_reason> reasons);
bool get_reasons(base::Decoder& from, std::span<cadre_reason> reasons);
void put_weights(base::Encoder& to, std::span<const double> weights);
bool get_weights(base::Decoder& from, std::span<double> weights);

/// A risk report with its arrays. `get` fills the arrays the report points to, as far as their capacity goes.
void put_report(base::Encoder& to, const cadre_risk_report& report);
bool get_report(base::Decoder& from, cadre_risk_report& report);
void put_report(base::Encoder& to, const cadre_correlation_report& report);
bool get_report(base::Decoder& from, cadre_correlation_report& report);

/// The same with the report's capacity, for an agent that only reads it: an owned report takes it up.
void put_sized_report(base::Encoder& to, const cadre_risk_report& report);
void put_sized_report(base::Encoder& to, const cadre_correlation_report& report);

/// No report names more limits or pairs than these.
inline constexpr std::uint32_t capacity_most = 1u << 16;

/// A report that owns its arrays.
struct OwnedRiskReport {
  cadre_risk_report report{};
  std::vector<cadre_limit_use> limits;
  std::vector<double> component_risk;
  void size(std::uint32_t instruments, std::uint32_t limit_capacity);
  bool take(base::Decoder& from, std::uint32_t instruments);
};
struct OwnedCorrelationReport {
  cadre_correlation_report report{};
  std::vector<cadre_pair> pairs;
  void size(std::uint32_t pair_capacity);
  bool take(base::Decoder& from);
};

/// Errors as the other side found them: code, message and next step; their places are its own.
void put_problems(base::Encoder& to, const base::Problems& problems);
base::Problems get_problems(base::Decoder& from, const base::Place& place);

}  // namespace cadre::agent

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "cadre/cadre.h"
#include "host/base/codec.hpp"
#include "host/base/problem.hpp"

namespace cadre::agent {

/// What the host asks of an agent in another process. One request, one reply, on a stream socket; the arena
/// is mapped by both, so only what is not in the arena is sent.
enum class Call : std::uint32_t {
  start = 1,    ///< agent id, instance, book, seed -> what it observes, its state schema
  init,         ///< configuration -> requirements and warnings, or a reason
  enter_arena,  ///< with the arena's descriptor attached
  activate,
  deactivate,
  observe,
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
  execute_trade,
  cancel_order,
  query_order,
  next_report
};

/// When a whole exchange has to be over, by the monotonic clock, however slowly its bytes come; or never.
class Deadline {
 public:
  static Deadline never() { return Deadline(std::nullopt); }
  static Deadline in(std::chrono::milliseconds time) {
    return Deadline(std::chrono::steady_clock::now() + time);
  }
  /// For poll: 0 when it has passed, -1 when there is none.
  int left_ms() const;

 private:
  explicit Deadline(std::optional<std::chrono::steady_clock::time_point> at) : at_(at) {}
  std::optional<std::chrono::steady_clock::time_point> at_;
};

/// A frame: u32 length, then bytes; a descriptor may ride along, and is the receiver's to close. False: the
/// other side is gone, or did not take or give all of it in time.
bool send_frame(int socket, std::span<const std::byte> bytes, Deadline deadline, int descriptor = -1);
bool receive_frame(int socket, std::vector<std::byte>& bytes, Deadline deadline, int* descriptor = nullptr);

// What goes along with calls. Readers refuse what does not fit, through the decoder.

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

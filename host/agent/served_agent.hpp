#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/agent/isolated_protocol.hpp"
#include "host/agent/live_agent.hpp"
#include "host/model/arena.hpp"
#include "host/model/output_buffer.hpp"

/// What the child process of isolated agents is made of (agent_server.cpp): what its agents are shown, and
/// each of them with its answers.
namespace cadre::agent {

/// The state that the agents of this process are shown: the book's arena, mapped read-only, with what comes
/// along with a call.
class ServedState {
 public:
  ServedState();
  ~ServedState();
  ServedState(const ServedState&) = delete;
  ServedState& operator=(const ServedState&) = delete;

  /// Maps another arena; the descriptor stays the caller's. False: there is none then.
  bool enter_arena(int descriptor, std::size_t bytes);
  bool has_arena() const { return arena_ != nullptr; }
  /// The state of this call: the arena's, with the services and the reports that came along.
  bool take(base::Decoder& from);
  const cadre_execution_state& raw() const;
  std::uint32_t instruments() const { return raw().instrument_count; }

 private:
  class MappedArena;
  std::unique_ptr<MappedArena> arena_;
  std::vector<cadre_service> services_;
  OwnedRiskReport risk_;
  OwnedCorrelationReport correlation_;
};

/// One agent of this process. Every answer goes behind what `to` has already.
class ServedAgent {
 public:
  ServedAgent(std::string library, ServedState& state, base::Encoder& to)
      : library_(std::move(library)), state_(state), to_(to) {}

  /// What the host said it is.
  InstanceSpec spec;
  CatalogEntry entry;
  std::shared_ptr<Library> loaded;

  /// Values for its configuration, by pointer; said by none of its sentences. False: there are none.
  bool take_secrets(std::map<std::string, std::string> values) {
    secrets_ = std::move(values);
    return !secrets_.empty();
  }

  /// A call of its own; `call` is one of those that have a seat.
  void answer(Call call, base::Decoder& from);
  /// An event that is decoded already, in a state that was taken.
  void observe(const cadre_event& event);
  /// Its library, when the agent is gone; it has to be gone then.
  void unload();
  /// Takes back what was answered, for a refusal with this sentence.
  void refuse(std::string_view why);

 private:
  /// Begins a reply: the status, and behind one of a refusal the reason.
  void status(cadre_status value);
  void refuse(const base::Problems& problems);
  void refuse_mode();
  void init(base::Decoder& from);
  void observe(base::Decoder& from);
  void no_observe();
  void save_state();
  void load_state(base::Decoder& from);
  void generate_signals(base::Decoder& from);
  void aggregate_signals(base::Decoder& from);
  template <class Change>
  void with_targets(base::Decoder& from, Change&& change);
  void analyze_risk(base::Decoder& from);
  void adjust_for_risk(base::Decoder& from);
  void analyze_correlations(base::Decoder& from);
  void adjust_for_correlation(base::Decoder& from);
  void apply_rules(base::Decoder& from);
  void publish(base::Decoder& from);
  void capabilities();
  void execute_trade(base::Decoder& from);
  void execute_together(base::Decoder& from);
  void replace_order(base::Decoder& from);
  void cancel_order(base::Decoder& from);
  void query_order(base::Decoder& from);
  void account(base::Decoder& from);
  void next_report(base::Decoder& from);
  void decide(Call call, base::Decoder& from);
  void destroy();
  bool rooms_intact();
  /// Room for an output, all zero. It is made anew when another size is asked for.
  template <class T>
  std::span<T> room(model::OutputBuffer<T>& buffer, std::size_t count) {
    if (buffer.size() != count || buffer.data() == nullptr)
      buffer = model::OutputBuffer<T>(count, spec.probe ? model::Guard::tight : model::Guard::strip);
    std::fill_n(reinterpret_cast<std::byte*>(buffer.data()), count * sizeof(T), std::byte{});
    return buffer.span();
  }

  std::string library_;
  Call call_ = Call::init;  ///< under way, or the last one
  std::map<std::string, std::string> secrets_;
  ServedState& state_;
  base::Encoder& to_;
  std::shared_ptr<LiveAgent> live_;
  OwnedRiskReport risk_;  ///< its own, not the latest of the book
  OwnedCorrelationReport correlation_;
  // Rooms of their own, as in the host: an overrun is found here, before it spoils this process.
  model::OutputBuffer<double> weight_room_, score_room_, confidence_room_, component_room_, service_room_;
  model::OutputBuffer<cadre_reason> reason_room_;
  model::OutputBuffer<std::uint8_t> valid_room_;
  model::OutputBuffer<cadre_signal> signal_room_;
  model::OutputBuffer<cadre_limit_use> limit_room_;
  model::OutputBuffer<cadre_pair> pair_room_;
  model::OutputBuffer<cadre_action> action_room_;
  model::OutputBuffer<cadre_slice> slice_room_;
};

}  // namespace cadre::agent

#include "host/agent/served_agent.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cmath>
#include <thread>
#include <utility>

#include "cadre/cadre.h"
#include "host/agent/control_word.hpp"

namespace cadre::agent {

namespace {

/// What is noted of a call of the role; others are noted where they are made.
std::optional<Flight> deciding_flight(Call call) {
  switch (call) {
    case Call::generate_signals:
    case Call::aggregate_signals:
    case Call::change_targets:
    case Call::analyze_correlations:
    case Call::adjust_for_correlation:
    case Call::apply_rules:
    case Call::publish:
      return Flight::decide;
    case Call::analyze_risk:
      return Flight::analyze_risk;
    case Call::adjust_for_risk:
      return Flight::adjust_trades;
    case Call::capabilities:
      return Flight::capabilities;
    case Call::execute_trade:
    case Call::execute_together:
      return Flight::execute_trade;
    case Call::account:
      return Flight::account;
    case Call::replace_order:
      return Flight::replace_order;
    case Call::cancel_order:
      return Flight::cancel_order;
    case Call::query_order:
      return Flight::query_order;
    case Call::next_report:
      return Flight::next_report;
    default:
      return std::nullopt;
  }
}

}  // namespace

class ServedState::MappedArena {
 public:
  MappedArena(int descriptor, std::size_t bytes) : bytes_(bytes) {
    data_ = mmap(nullptr, bytes, PROT_READ, MAP_SHARED, descriptor, 0);
    if (data_ != MAP_FAILED) view.bind(static_cast<const std::byte*>(data_));
  }
  ~MappedArena() {
    if (data_ != MAP_FAILED) munmap(data_, bytes_);
  }
  MappedArena(const MappedArena&) = delete;
  MappedArena& operator=(const MappedArena&) = delete;
  bool mapped() const { return data_ != MAP_FAILED; }
  const std::byte* data() const { return static_cast<const std::byte*>(data_); }
  std::size_t bytes() const { return bytes_; }

  model::StateView view;

 private:
  void* data_ = MAP_FAILED;
  std::size_t bytes_;
};

ServedState::ServedState() = default;
ServedState::~ServedState() = default;

bool ServedState::enter_arena(int descriptor, std::size_t bytes) {
  arena_ = std::make_unique<MappedArena>(descriptor, bytes);
  if (!arena_->mapped()) arena_.reset();
  return has_arena();
}

const cadre_execution_state& ServedState::raw() const {
  return arena_->view.raw;
}

bool ServedState::take(base::Decoder& from) {
  if (arena_ == nullptr) return false;
  cadre_execution_state& raw = arena_->view.raw;
  arena_->view.refresh();
  services_.assign(from.get_count(28), {});
  for (cadre_service& service : services_) {
    const auto place = from.get<std::uint64_t>();
    std::string id;
    from.get_text(id);
    std::copy_n(id.data(), std::min(id.size(), sizeof(service.id.text)), service.id.text);
    from.get(service.matrix.rows);
    from.get(service.matrix.columns);
    from.get(service.matrix.stride);
    from.get(service.observations);
    if (place != 0 && place - 1 < arena_->bytes())
      service.matrix.values = reinterpret_cast<const double*>(arena_->data() + place - 1);
  }
  raw.services = services_.data();
  raw.service_count = services_.size();
  bool has_risk = false;
  from.get(has_risk);
  raw.risk = nullptr;
  if (has_risk) {
    if (!risk_.take(from, raw.instrument_count)) return false;
    raw.risk = &risk_.report;
  }
  bool has_correlation = false;
  from.get(has_correlation);
  raw.correlation = nullptr;
  if (has_correlation) {
    if (!correlation_.take(from)) return false;
    raw.correlation = &correlation_.report;
  }
  return from.ok();
}

void ServedAgent::status(cadre_status value) {
  to_.put(value);
  if (value != CADRE_OK && value != CADRE_DISCARD)
    to_.put_text(live_ != nullptr ? without_secrets(live_->reason().take(), secrets_) : std::string());
}

void ServedAgent::refuse(const base::Problems& found) {
  std::string text;
  base::Problems problems;
  for (base::Problem p : found) {
    p.message = without_secrets(std::move(p.message), secrets_);
    if (p.severity == base::Severity::error) text += (text.empty() ? "" : "; ") + p.message;
    problems.add(std::move(p));
  }
  to_.put(cadre_status{CADRE_REJECTED});
  to_.put_text(text);
  put_problems(to_, problems);
}

void ServedAgent::answer(Call call, base::Decoder& from) {
  call_ = call;
  if (call == Call::init) return init(from);
  if (live_ == nullptr) return status(CADRE_ERROR);
  live_->reason().forget();
  const ControlWord computing;
  if (const auto flight = deciding_flight(call)) {
    const FlightNote note(live_->flight(), *flight);
    decide(call, from);
  } else {
    decide(call, from);
  }
  if (!computing.keep()) refuse(ControlWord::changed);
  if (!rooms_intact()) refuse("it wrote behind the end of its output");
}

void ServedAgent::refuse(std::string_view why) {
  to_.clear();
  to_.put(cadre_status{CADRE_REJECTED});
  to_.put_text(why);
  if (call_ == Call::observe) to_.put_structs(std::vector<TimerRequest>{});
}

void ServedAgent::refuse_mode() {
  base::Problems problems;
  problems.error("AGENT_CONFIG", base::Place::of(library_),
                 entry.agent->id + " " + entry.manifest->version.to_string() + ": in create or init, " +
                     std::string(ControlWord::changed));
  refuse(problems);
}

void ServedAgent::destroy() {
  if (spec.probe)
    live_.reset();  // how it goes is what the host wants to see
  else              // It may take its time, or not come back: the others of this process do not wait for it.
    std::thread([gone = std::move(live_)]() mutable { gone.reset(); }).detach();
  to_.put(cadre_status{CADRE_OK});
}

void ServedAgent::unload() {
  call_ = Call::unload;
  to_.clear();
  const ControlWord computing;
  const std::filesystem::path path = loaded != nullptr ? loaded->path() : std::filesystem::path();
  loaded.reset();
  to_.put(cadre_status{CADRE_OK});
  if (!computing.keep()) refuse(ControlWord::changed);
  if (is_mapped(path)) refuse("its library is still mapped after it was closed");
}

bool ServedAgent::rooms_intact() {
  bool are_intact = true;
  const auto look = [&](auto&... buffers) { ((are_intact = buffers.intact() && are_intact), ...); };
  look(weight_room_, score_room_, confidence_room_, component_room_, service_room_, reason_room_, valid_room_,
       signal_room_, limit_room_, pair_room_, action_room_, slice_room_);
  return are_intact;
}

void ServedAgent::decide(Call call, base::Decoder& from) {
  switch (call) {
    case Call::activate:
      return status(live_->activate());
    case Call::deactivate:
      live_->deactivate();
      return status(CADRE_OK);
    case Call::destroy:
      return destroy();
    case Call::observe:
      return observe(from);
    case Call::save_state:
      return save_state();
    case Call::load_state:
      return load_state(from);
    case Call::generate_signals:
      return generate_signals(from);
    case Call::aggregate_signals:
      return aggregate_signals(from);
    case Call::change_targets:
      return with_targets(
          from, [&](cadre_targets& targets) { return live_->change_targets(&state_.raw(), &targets); });
    case Call::analyze_risk:
      return analyze_risk(from);
    case Call::adjust_for_risk:
      return adjust_for_risk(from);
    case Call::analyze_correlations:
      return analyze_correlations(from);
    case Call::adjust_for_correlation:
      return adjust_for_correlation(from);
    case Call::apply_rules:
      return apply_rules(from);
    case Call::publish:
      return publish(from);
    case Call::capabilities:
      return capabilities();
    case Call::execute_trade:
      return execute_trade(from);
    case Call::execute_together:
      return execute_together(from);
    case Call::account:
      return account(from);
    case Call::replace_order:
      return replace_order(from);
    case Call::cancel_order:
      return cancel_order(from);
    case Call::query_order:
      return query_order(from);
    case Call::next_report:
      return next_report(from);
    default:
      return status(CADRE_UNSUPPORTED);
  }
}

void ServedAgent::init(base::Decoder& from) {
  from.get_text(spec.config);
  if (!secrets_.empty()) spec.config = with_secrets(spec.config, secrets_);
  const ControlWord computing;
  auto live = LiveAgent::create(loaded, entry, spec, base::Place::of(library_));
  const bool is_kept = computing.keep();
  if (!live) return refuse(live.problems());
  if (!is_kept) return refuse_mode();
  live_ = *live;
  status(CADRE_OK);
  to_.put_struct(live_->requirements());
  std::vector<std::string> warnings;
  for (const base::Problem& problem : live.problems())
    warnings.push_back(without_secrets(problem.message, secrets_));
  to_.put_texts(warnings);
}

void ServedAgent::observe(base::Decoder& from) {
  OwnedEvent event;
  if (!state_.has_arena() || !event.take(from, state_.instruments()) || !state_.take(from))
    return no_observe();
  observe(event.event());
}

void ServedAgent::observe(const cadre_event& event) {
  if (live_ == nullptr) return no_observe();
  live_->reason().forget();
  status(live_->observe(event, state_.raw()));
  to_.put_structs(live_->timers().requests());
}

void ServedAgent::no_observe() {
  status(CADRE_ERROR);
  to_.put_structs(std::vector<TimerRequest>{});
}

void ServedAgent::save_state() {
  auto saved = live_->save_state(1, {});
  if (!saved) return status(CADRE_ERROR);
  status(CADRE_OK);
  to_.put_text(saved->bytes);
}

void ServedAgent::load_state(base::Decoder& from) {
  SavedState saved;
  saved.agent_id = entry.agent->id;
  from.get(saved.schema);
  const auto count = from.get<std::uint32_t>();
  from.get_text(saved.bytes);
  saved.instruments.resize(count);  // the number is what the agent is told
  status(from.ok() && !live_->load_state(saved).has_errors() ? CADRE_OK : CADRE_REJECTED);
}

void ServedAgent::generate_signals(base::Decoder& from) {
  const auto capacity = from.get<std::uint64_t>();
  if (!state_.take(from) || capacity > (1u << 24)) return status(CADRE_ERROR);
  const auto signals = room(signal_room_, capacity);
  cadre_signal_list list{sizeof(cadre_signal_list), 0, signals.data(), sizeof(cadre_signal), capacity, 0};
  status(live_->table<cadre_signal_source>().generate_signals(live_->self(), &state_.raw(), &list));
  to_.put(list.needed);
  to_.put_structs(std::span<const cadre_signal>(signals.first(std::min(list.needed, capacity))));
}

void ServedAgent::aggregate_signals(base::Decoder& from) {
  if (!state_.take(from)) return status(CADRE_ERROR);
  const auto score = room(score_room_, state_.instruments());
  const auto confidence = room(confidence_room_, state_.instruments());
  const auto valid = room(valid_room_, state_.instruments());
  cadre_views views{sizeof(cadre_views), state_.instruments(), score.data(), confidence.data(), valid.data()};
  status(live_->table<cadre_signal_aggregator>().aggregate_signals(live_->self(), &state_.raw(), &views));
  put_weights(to_, score);
  put_weights(to_, confidence);
  to_.put_array(std::span<const std::uint8_t>(valid));
}

/// Reads targets and state, lets `change` work on the targets, sends them back.
template <class Change>
void ServedAgent::with_targets(base::Decoder& from, Change&& change) {
  if (!state_.has_arena()) return status(CADRE_ERROR);
  const std::uint32_t n = state_.instruments();
  room(weight_room_, n);
  room(reason_room_, n);
  if (!get_weights(from, weight_room_.span()) || !get_reasons(from, reason_room_.span()) ||
      !state_.take(from))
    return status(CADRE_ERROR);
  cadre_targets targets{sizeof(cadre_targets), n, weight_room_.data(), reason_room_.data()};
  const cadre_status answered = change(targets);
  const bool weights_intact = weight_room_.intact();
  if (!reason_room_.intact() || !weights_intact) {
    live_->reason().say("it wrote behind the end of its targets");
    return status(CADRE_REJECTED);
  }
  status(answered);
  put_weights(to_, weight_room_.span());
  put_reasons(to_, reason_room_.span());
}

void ServedAgent::analyze_risk(base::Decoder& from) {
  if (!state_.has_arena()) return status(CADRE_ERROR);
  std::vector<double> weight(state_.instruments(), 0);
  if (!get_weights(from, weight)) return status(CADRE_ERROR);
  const auto capacity = from.get<std::uint32_t>();
  if (!state_.take(from) || capacity > capacity_most) return status(CADRE_ERROR);
  risk_.size(state_.instruments(), capacity);
  risk_.report.component_risk = room(component_room_, state_.instruments()).data();
  risk_.report.limits = room(limit_room_, capacity).data();
  status(live_->table<cadre_risk_manager>().analyze_risk(live_->self(), &state_.raw(), weight.data(),
                                                         &risk_.report));
  put_report(to_, risk_.report);
}

void ServedAgent::adjust_for_risk(base::Decoder& from) {
  if (!state_.has_arena()) return status(CADRE_ERROR);
  if (!risk_.take(from, state_.instruments())) return status(CADRE_ERROR);
  with_targets(from, [&](cadre_targets& targets) {
    return live_->table<cadre_risk_manager>().adjust_trades(live_->self(), &state_.raw(), &risk_.report,
                                                            &targets);
  });
}

void ServedAgent::analyze_correlations(base::Decoder& from) {
  if (!state_.has_arena()) return status(CADRE_ERROR);
  std::vector<double> weight(state_.instruments(), 0);
  if (!get_weights(from, weight)) return status(CADRE_ERROR);
  const auto capacity = from.get<std::uint32_t>();
  if (!state_.take(from) || capacity > capacity_most) return status(CADRE_ERROR);
  correlation_.size(capacity);
  correlation_.report.pairs = room(pair_room_, capacity).data();
  status(live_->table<cadre_correlation_adjuster>().analyze_correlations(
      live_->self(), &state_.raw(), weight.data(), &correlation_.report));
  put_report(to_, correlation_.report);
}

void ServedAgent::adjust_for_correlation(base::Decoder& from) {
  if (!state_.has_arena()) return status(CADRE_ERROR);
  if (!correlation_.take(from)) return status(CADRE_ERROR);
  with_targets(from, [&](cadre_targets& targets) {
    return live_->table<cadre_correlation_adjuster>().adjust_trades(live_->self(), &state_.raw(),
                                                                    &correlation_.report, &targets);
  });
}

void ServedAgent::publish(base::Decoder& from) {
  std::string service;
  from.get_text(service);
  if (!state_.take(from)) return status(CADRE_ERROR);
  const auto values = room(service_room_, std::size_t{state_.instruments()} * state_.instruments());
  cadre_service_output out{sizeof(cadre_service_output),
                           state_.instruments(),
                           state_.instruments(),
                           0,
                           values.data(),
                           state_.instruments(),
                           nullptr};
  status(live_->table<cadre_service_provider>().publish(live_->self(), &state_.raw(),
                                                        {service.data(), service.size()}, &out));
  for (std::uint32_t c = 0; c < state_.instruments() && out.lent != nullptr; ++c)
    std::copy_n(out.lent + c * out.stride, state_.instruments(),
                values.data() + std::size_t{c} * state_.instruments());
  to_.put(out.observations);
  to_.put_array(std::span<const double>(values));
}

}  // namespace cadre::agent

#include "host/agent/isolated_tables.hpp"

#include <algorithm>
#include <cstring>

#include "host/agent/isolated_agent.hpp"
#include "host/agent/roles.hpp"

namespace cadre::agent {

/// The agent behind a `self`, and what to do about one that does not speak the protocol.
struct IsolatedPeer {
  static IsolatedAgent& of(const void* self) { return *static_cast<IsolatedAgent*>(const_cast<void*>(self)); }
  static cadre_status damaged(IsolatedAgent& agent) {
    agent.process_->lose(agent.seat_, "it does not speak the protocol");  // nothing it says can be relied on
    return agent.say_gone();
  }
};

/// One static function per entry of a function table. `self` is the IsolatedAgent.
struct IsolatedCalls : IsolatedPeer {
  static cadre_status init(void* self, cadre_string config) {
    IsolatedAgent& agent = of(self);
    agent.request(Call::init).put_text({config.data, config.length});
    const cadre_status status = agent.ask();
    if (status != CADRE_OK && !agent.is_gone()) agent.refusal_ = get_problems(agent.reply(), {});
    if (status != CADRE_OK) return status;
    agent.reply().get_struct(agent.requirements_);
    agent.reply().get_texts(agent.warnings_);
    return agent.reply().ok() ? status : damaged(agent);
  }
  static cadre_status requirements(const void* self, cadre_requirements* out) {
    *out = of(self).requirements_;
    return CADRE_OK;
  }
  static cadre_status plain(void* self, Call call) {
    of(self).request(call);
    return of(self).ask();
  }
  static cadre_status activate(void* self) { return plain(self, Call::activate); }
  static void deactivate(void* self) { plain(self, Call::deactivate); }
  static void destroy(void*) {}  // ends with the IsolatedAgent

  static cadre_status observe(void* self, const cadre_event* event, const cadre_execution_state* state) {
    IsolatedAgent& agent = of(self);
    if (agent.observed_) return agent.take_observed();
    put_event(agent.request(Call::observe), *event, *state);
    agent.put_state(*state);
    const cadre_status status = agent.ask();
    if (agent.is_gone()) return status;
    std::vector<TimerRequest> asked;
    agent.reply().get_structs(asked);
    if (!agent.reply().ok()) return damaged(agent);
    agent.timers().set(std::move(asked));
    return status;
  }

  static cadre_status save_state(const void* self, cadre_buffer* out) {
    IsolatedAgent& agent = of(self);
    agent.request(Call::save_state);
    const cadre_status status = agent.ask();
    if (status != CADRE_OK) return status;
    std::string bytes;
    agent.reply().get_text(bytes);
    if (!agent.reply().ok()) return damaged(agent);
    out->needed = bytes.size();
    std::copy_n(bytes.data(), std::min<std::uint64_t>(bytes.size(), out->capacity), out->data);
    return CADRE_OK;
  }
  static cadre_status load_state(void* self, std::uint32_t schema, std::uint32_t count,
                                 const std::uint8_t* data, std::uint64_t length) {
    IsolatedAgent& agent = of(self);
    base::Encoder& to = agent.request(Call::load_state);
    to.put(schema);
    to.put(count);
    to.put_text({reinterpret_cast<const char*>(data), length});
    return agent.ask();
  }

  static const void* get_interface(const void* self, cadre_string id);
};

/// The same for the tables of roles.
struct IsolatedRoleCalls : IsolatedPeer {
  template <class T>
  static void copy_items(const std::vector<T>& from, T* items, std::uint64_t stride) {
    for (std::size_t k = 0; k < from.size(); ++k) {
      std::memcpy(reinterpret_cast<char*>(items) + k * stride, &from[k],
                  std::min<std::uint64_t>(sizeof(T), stride));
    }
  }

  static cadre_status generate_signals(const void* self, const cadre_execution_state* state,
                                       cadre_signal_list* out) {
    IsolatedAgent& agent = of(self);
    agent.request(Call::generate_signals).put(out->capacity);
    agent.put_state(*state);
    const cadre_status status = agent.ask();
    if (status != CADRE_OK) return status;
    std::vector<cadre_signal> signals;
    agent.reply().get(out->needed);
    agent.reply().get_structs(signals);
    if (!agent.reply().ok() || signals.size() > out->capacity) return damaged(agent);
    copy_items(signals, out->items, out->stride);
    return status;
  }

  static cadre_status aggregate_signals(const void* self, const cadre_execution_state* state,
                                        cadre_views* out) {
    IsolatedAgent& agent = of(self);
    agent.request(Call::aggregate_signals);
    agent.put_state(*state);
    const cadre_status status = agent.ask();
    if (status != CADRE_OK) return status;
    std::vector<std::uint8_t> valid;
    const bool fits = get_weights(agent.reply(), {out->score, out->instrument_count}) &&
                      get_weights(agent.reply(), {out->confidence, out->instrument_count});
    agent.reply().get_array(valid);
    if (!fits || !agent.reply().ok() || valid.size() != out->instrument_count) return damaged(agent);
    std::copy(valid.begin(), valid.end(), out->valid);
    return status;
  }

  /// Targets go there and come back changed.
  static cadre_status targets(IsolatedAgent& agent, const cadre_execution_state* state,
                              cadre_targets* targets) {
    put_weights(agent.encoder_, {targets->weight, targets->instrument_count});
    put_reasons(agent.encoder_, {targets->reasons, targets->instrument_count});
    agent.put_state(*state);
    const cadre_status status = agent.ask();
    if (status != CADRE_OK) return status;
    if (!get_weights(agent.reply(), {targets->weight, targets->instrument_count}) ||
        !get_reasons(agent.reply(), {targets->reasons, targets->instrument_count}))
      return damaged(agent);
    return status;
  }
  static cadre_status change_targets(const void* self, const cadre_execution_state* state,
                                     cadre_targets* out) {
    of(self).request(Call::change_targets);
    return targets(of(self), state, out);
  }

  static cadre_status analyze_risk(const void* self, const cadre_execution_state* state, const double* weight,
                                   cadre_risk_report* out) {
    IsolatedAgent& agent = of(self);
    base::Encoder& to = agent.request(Call::analyze_risk);
    put_weights(to, {weight, state->instrument_count});
    to.put(out->limit_capacity);
    agent.put_state(*state);
    const cadre_status status = agent.ask();
    if (status != CADRE_OK) return status;
    return get_report(agent.reply(), *out) ? status : damaged(agent);
  }
  static cadre_status adjust_for_risk(const void* self, const cadre_execution_state* state,
                                      const cadre_risk_report* report, cadre_targets* out) {
    put_sized_report(of(self).request(Call::adjust_for_risk), *report);
    return targets(of(self), state, out);
  }
  static cadre_status analyze_correlations(const void* self, const cadre_execution_state* state,
                                           const double* weight, cadre_correlation_report* out) {
    IsolatedAgent& agent = of(self);
    base::Encoder& to = agent.request(Call::analyze_correlations);
    put_weights(to, {weight, state->instrument_count});
    to.put(out->pair_capacity);
    agent.put_state(*state);
    const cadre_status status = agent.ask();
    if (status != CADRE_OK) return status;
    return get_report(agent.reply(), *out) ? status : damaged(agent);
  }
  static cadre_status adjust_for_correlation(const void* self, const cadre_execution_state* state,
                                             const cadre_correlation_report* report, cadre_targets* out) {
    put_sized_report(of(self).request(Call::adjust_for_correlation), *report);
    return targets(of(self), state, out);
  }

  static cadre_status apply_rules(const void* self, const cadre_execution_state* state,
                                  const cadre_needs* needs, cadre_action_list* out, cadre_reason* reasons) {
    IsolatedAgent& agent = of(self);
    const std::uint32_t n = needs->instrument_count;
    base::Encoder& to = agent.request(Call::apply_rules);
    to.put_array(std::span<const std::int64_t>(needs->quantity_e9, n));
    to.put_array(std::span<const std::int64_t>(needs->reference_price_e9, n));
    put_weights(to, {needs->target_weight, n});
    to.put_structs(std::span<const cadre_open_order>(needs->orders, needs->order_count));
    to.put_array(std::span<const std::uint8_t>(needs->for_limit, needs->for_limit == nullptr ? 0 : n));
    to.put(out->capacity);
    to.put(out->slice_capacity);
    agent.put_state(*state);
    const cadre_status status = agent.ask();
    if (status != CADRE_OK) return status;
    std::vector<cadre_action> actions;
    std::vector<cadre_slice> slices;
    agent.reply().get(out->needed);
    agent.reply().get(out->slices_needed);
    agent.reply().get_structs(actions);
    agent.reply().get_structs(slices);
    if (!get_reasons(agent.reply(), {reasons, n}) || actions.size() > out->capacity ||
        slices.size() > out->slice_capacity)
      return damaged(agent);
    copy_items(actions, out->items, out->stride);
    copy_items(slices, out->slices, out->slice_stride);
    return status;
  }

  static cadre_status publish(const void* self, const cadre_execution_state* state, cadre_string service,
                              cadre_service_output* out) {
    IsolatedAgent& agent = of(self);
    agent.request(Call::publish).put_text({service.data, service.length});
    agent.put_state(*state);
    const cadre_status status = agent.ask();
    if (status != CADRE_OK) return status;
    std::vector<double> values;
    agent.reply().get(out->observations);
    agent.reply().get_array(values);
    const std::size_t rows = out->rows;
    if (!agent.reply().ok() || (out->observations != 0 && values.size() != rows * out->columns))
      return damaged(agent);
    for (std::size_t c = 0; c < out->columns && !values.empty(); ++c)
      std::copy_n(values.data() + c * rows, rows, out->data + c * out->stride);
    return status;
  }

  static cadre_status capabilities(const void* self, cadre_environment_capabilities* out) {
    of(self).request(Call::capabilities);
    return struct_reply(of(self), *out);
  }
  static cadre_status account(const void* self, cadre_venue_account* out) {
    IsolatedAgent& agent = of(self);
    base::Encoder& to = agent.request(Call::account);
    to.put(out->position_capacity);
    to.put(out->order_capacity);
    const cadre_status status = agent.ask();
    if (status != CADRE_OK) return status;
    std::vector<cadre_venue_position> positions;
    std::vector<cadre_id> orders;
    agent.reply().get(out->has_cash);
    agent.reply().get(out->cash_e6);
    agent.reply().get(out->positions_needed);
    agent.reply().get(out->orders_needed);
    agent.reply().get_structs(positions);
    agent.reply().get_structs(orders);
    if (!agent.reply().ok() || positions.size() > out->position_capacity ||
        orders.size() > out->order_capacity)
      return damaged(agent);
    copy_items(positions, out->positions, out->position_stride);
    std::copy(orders.begin(), orders.end(), out->orders);
    return status;
  }
  /// The host asks it of nobody yet.
  static cadre_status wake_descriptor(const void*, std::int32_t*) { return CADRE_UNSUPPORTED; }

  static cadre_status execute_trade(void* self, const cadre_order* order, cadre_trade_result* out) {
    return of(self).execute_trade(*order, *out);
  }
  static cadre_status replace_order(void* self, const cadre_replacement* replacement) {
    of(self).request(Call::replace_order).put_struct(*replacement);
    return of(self).ask();
  }
  static cadre_status cancel_order(void* self, cadre_id client_id) {
    of(self).request(Call::cancel_order).put_struct(client_id);
    return of(self).ask();
  }
  static cadre_status query_order(const void* self, cadre_id client_id, cadre_trade_result* out) {
    of(self).request(Call::query_order).put_struct(client_id);
    return struct_reply(of(self), *out);
  }
  static cadre_status next_report(void* self, cadre_execution_report* out) {
    return of(self).next_report(*out);
  }
  template <class T>
  static cadre_status struct_reply(IsolatedAgent& agent, T& out) {
    const cadre_status status = agent.ask();
    if (status != CADRE_OK) return status;
    agent.reply().get_struct(out);
    return agent.reply().ok() ? status : damaged(agent);
  }
};

const void* IsolatedCalls::get_interface(const void* self, cadre_string id) {
  using C = IsolatedRoleCalls;
  static constexpr cadre_signal_source source{sizeof source, 0, &C::generate_signals};
  static constexpr cadre_signal_aggregator aggregator{sizeof aggregator, 0, &C::aggregate_signals};
  static constexpr cadre_risk_manager risk{sizeof risk, 0, &C::analyze_risk, &C::adjust_for_risk};
  static constexpr cadre_correlation_adjuster correlation{sizeof correlation, 0, &C::analyze_correlations,
                                                          &C::adjust_for_correlation};
  // Roles that only change targets have one table: the other side knows which function it is.
  static constexpr cadre_trade_adjuster targets{sizeof targets, 0, &C::change_targets};
  static constexpr cadre_execution_rules rules{sizeof rules, 0, &C::apply_rules};
  static constexpr cadre_service_provider provider{sizeof provider, 0, &C::publish};
  static constexpr cadre_execution_environment environment{sizeof environment, 0,
                                                           &C::capabilities,   &C::execute_trade,
                                                           &C::replace_order,  &C::cancel_order,
                                                           &C::query_order,    &C::next_report,
                                                           &C::account,        &C::wake_descriptor};
  static constexpr cadre_state_table state{sizeof state, 0, &save_state, &load_state};
  const std::string_view wanted{id.data, id.length};
  const IsolatedAgent& agent = of(self);
  if (wanted == CADRE_EXT_STATE) return agent.state_schema() != 0 ? &state : nullptr;
  const Role* role = wanted == agent.process_->seats()[agent.seat_].role ? find_role(wanted) : nullptr;
  if (role == nullptr) return nullptr;
  if (role->change_targets != nullptr) return &targets;
  switch (role->number) {
    case RoleId::service:
      return &provider;
    case RoleId::signal_source:
      return &source;
    case RoleId::signal_aggregator:
      return &aggregator;
    case RoleId::risk_manager:
      return &risk;
    case RoleId::correlation_adjuster:
      return &correlation;
    case RoleId::execution_rules:
      return &rules;
    case RoleId::execution_environment:
      return &environment;
    default:
      return nullptr;
  }
}

cadre_agent isolated_agent_table(IsolatedAgent* agent) {
  using C = IsolatedCalls;
  return {sizeof(cadre_agent), 0,           agent,       &C::init,         &C::requirements, &C::activate,
          &C::deactivate,      &C::destroy, &C::observe, &C::get_interface};
}

}  // namespace cadre::agent

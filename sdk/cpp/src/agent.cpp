#include "cadre/cpp/agent.hpp"

#include <algorithm>
#include <cstring>
#include <exception>
#include <memory>

namespace cadre::sdk {

namespace {

const Agent& agent_of(const void* self) {
  return *static_cast<const Agent*>(self);
}
Agent& agent_of(void* self) {
  return *static_cast<Agent*>(self);
}

/// The guard: no exception leaves the plugin. The host shows the sentence.
template <class Body>
cadre_status guarded(const Agent& agent, Body&& body) noexcept {
  try {
    return body();
  } catch (const Refusal& refusal) {
    // One without a text is the host's, which has said why.
    if (*refusal.what() != '\0') agent.say_reason(refusal.what());
    return CADRE_REJECTED;
  } catch (const std::exception& error) {
    agent.say_reason(error.what());
    return CADRE_ERROR;
  } catch (...) {
    agent.say_reason("an exception that is no std::exception");
    return CADRE_ERROR;
  }
}

/// The same for bodies that give no status: CADRE_OK when nothing is thrown.
template <class Body>
cadre_status done(const Agent& agent, Body&& body) noexcept {
  return guarded(agent, [&] {
    body();
    return cadre_status{CADRE_OK};
  });
}

/// The same for calls that only compute: `void` bodies mean CADRE_OK.
template <class Role, class Body>
cadre_status decide(const void* self, Body&& body) noexcept {
  const auto& agent = static_cast<const Role&>(agent_of(self));
  return done(agent, [&] { body(agent); });
}

/// Fills what the host lent, as far as the host knows it: its struct may be older and end earlier.
template <class Struct>
void give(Struct& out, const Struct& value) noexcept {
  const std::uint32_t size = out.size;
  std::memcpy(&out, &value, std::min<std::size_t>(size, sizeof(Struct)));
  out.size = std::min<std::uint32_t>(size, sizeof(Struct));
}

}  // namespace

struct AgentCalls {
  static cadre_status init(void* self, cadre_string config) noexcept {
    Agent& agent = agent_of(self);
    return done(agent, [&] { agent.configure(Config(agent.host_, config)); });
  }
  static cadre_status requirements(const void* self, cadre_requirements* out) noexcept {
    return decide<Agent>(self, [&](const Agent& agent) { agent.require(*out); });
  }
  static cadre_status activate(void* self) noexcept {
    return done(agent_of(self), [&] { agent_of(self).activate(); });
  }
  static void deactivate(void* self) noexcept {
    done(agent_of(self), [&] { agent_of(self).deactivate(); });
  }
  static void destroy(void* self) noexcept { delete &agent_of(self); }
  static cadre_status observe(void* self, const cadre_event* event,
                              const cadre_execution_state* state) noexcept {
    return done(agent_of(self), [&] { agent_of(self).observe(*event, State(*state)); });
  }
  static const void* get_interface(const void* self, cadre_string id) noexcept;

  static cadre_status save_state(const void* self, cadre_buffer* out) noexcept {
    return decide<Agent>(self, [&](const Agent& agent) {
      StateWriter writer(*out);
      agent.save(writer);
    });
  }
  static cadre_status load_state(void* self, std::uint32_t schema, std::uint32_t count,
                                 const std::uint8_t* data, std::uint64_t length) noexcept {
    return done(agent_of(self), [&] {
      StateReader reader(data, length);
      agent_of(self).load(reader, schema, count);
    });
  }

  static cadre_status prepare_config(const void* self, cadre_string config, void** prepared) noexcept {
    const Agent& agent = agent_of(self);
    *prepared = nullptr;
    return done(agent, [&] { *prepared = agent.prepare(Config(agent.host_, config)).release(); });
  }
  static void commit_prepared(void* self, void* prepared) noexcept {
    const std::unique_ptr<Agent::Prepared> taken(static_cast<Agent::Prepared*>(prepared));
    if (taken != nullptr) agent_of(self).commit(*taken);
  }
  static void discard_prepared(const void*, void* prepared) noexcept {
    delete static_cast<Agent::Prepared*>(prepared);
  }

  static const cadre_agent* adopt(Agent& agent, const cadre_host* host) {
    agent.host_ = host;
    agent.raw_ = cadre_agent{sizeof(cadre_agent), 0,           &agent,   &init,    &requirements,
                             &activate,           &deactivate, &destroy, &observe, &get_interface};
    return &agent.raw_;
  }
};

const void* AgentCalls::get_interface(const void* self, cadre_string id) noexcept {
  static constexpr cadre_state_table state_table{sizeof(cadre_state_table), 0, &save_state, &load_state};
  static constexpr cadre_hot_config hot_table{sizeof(cadre_hot_config), 0, &prepare_config, &commit_prepared,
                                              &discard_prepared};
  const Agent& agent = agent_of(self);
  if (view_of(id) == CADRE_EXT_HOT_CONFIG) return agent.has_hot_config() ? &hot_table : nullptr;
  if (view_of(id) == CADRE_EXT_STATE) return agent.has_state() ? &state_table : nullptr;
  return agent.role_table(view_of(id));
}

void Agent::log(std::uint32_t level, std::string_view message) const {
  if (host_ == nullptr) return;
  const auto* table = static_cast<const cadre_log*>(host_->get_extension(host_, CADRE_TEXT(CADRE_EXT_LOG)));
  if (table != nullptr) table->write(host_, level, text_of(message));
}

void Agent::say_reason(std::string_view sentence) const {
  if (host_ == nullptr) return;
  const auto* table =
      static_cast<const cadre_reason_table*>(host_->get_extension(host_, CADRE_TEXT(CADRE_EXT_REASON)));
  if (table != nullptr) table->say(host_, text_of(sentence));
}

namespace {

const cadre_timer_table& timers_of(const cadre_host* host) {
  const void* table = host == nullptr ? nullptr : host->get_extension(host, CADRE_TEXT(CADRE_EXT_TIMER));
  if (table == nullptr) throw Refusal("this host does not offer " CADRE_EXT_TIMER);
  return *static_cast<const cadre_timer_table*>(table);
}

}  // namespace

void Agent::arm_timer(std::uint64_t id, std::int64_t time_ns, std::int64_t period_ns) const {
  if (timers_of(host_).arm(host_, id, time_ns, period_ns) != CADRE_OK) throw Refusal("");
}

void Agent::disarm_timer(std::uint64_t id) const {
  if (timers_of(host_).disarm(host_, id) != CADRE_OK) throw Refusal("");
}

std::uint64_t Agent::random_bits(std::uint64_t sequence, std::uint64_t draw) const {
  const void* table = host_ == nullptr ? nullptr : host_->get_extension(host_, CADRE_TEXT(CADRE_EXT_RANDOM));
  if (table == nullptr) throw Refusal("this host does not offer " CADRE_EXT_RANDOM);
  return static_cast<const cadre_random*>(table)->bits(host_, sequence, draw);
}

cadre_status adopt_agent(Agent* agent, const cadre_host* host, const cadre_agent** out) noexcept {
  if (agent == nullptr) return CADRE_ERROR;
  *out = AgentCalls::adopt(*agent, host);
  return CADRE_OK;
}

const void* SignalSource::role_table(std::string_view id) const {
  static constexpr cadre_signal_source table{
      sizeof table, 0, [](const void* self, const cadre_execution_state* state, cadre_signal_list* out) {
        return decide<SignalSource>(self, [&](const SignalSource& agent) {
          Output output(*out);
          agent.generate_signals(State(*state), output);
        });
      }};
  return id == CADRE_ROLE_SIGNAL_SOURCE ? &table : nullptr;
}

const void* SignalAggregator::role_table(std::string_view id) const {
  static constexpr cadre_signal_aggregator table{
      sizeof table, 0, [](const void* self, const cadre_execution_state* state, cadre_views* out) {
        return decide<SignalAggregator>(
            self, [&](const SignalAggregator& agent) { agent.aggregate_signals(State(*state), *out); });
      }};
  return id == CADRE_ROLE_SIGNAL_AGGREGATOR ? &table : nullptr;
}

struct TargetCalls {
  static cadre_status change(const void* self, const cadre_execution_state* state,
                             cadre_targets* targets) noexcept {
    const auto& agent = static_cast<const TargetChanger&>(agent_of(self));
    return guarded(agent, [&] {
      Targets view(*targets);
      return agent.change(State(*state), view);
    });
  }
};

const void* TargetChanger::table() {
  // Tables of these roles differ in the name of their one function only.
  static_assert(sizeof(cadre_position_sizer) == sizeof(cadre_trade_adjuster) &&
                sizeof(cadre_portfolio_optimizer) == sizeof(cadre_trade_adjuster));
  static constexpr cadre_trade_adjuster table{sizeof table, 0, &TargetCalls::change};
  return &table;
}

const void* RiskManager::role_table(std::string_view id) const {
  static constexpr cadre_risk_manager table{
      sizeof table, 0,
      [](const void* self, const cadre_execution_state* state, const double* weight, cadre_risk_report* out) {
        return decide<RiskManager>(self, [&](const RiskManager& agent) {
          agent.analyze_risk(State(*state), Weights(weight, state->instrument_count), *out);
        });
      },
      [](const void* self, const cadre_execution_state* state, const cadre_risk_report* report,
         cadre_targets* targets) {
        return decide<RiskManager>(self, [&](const RiskManager& agent) {
          Targets view(*targets);
          agent.adjust_trades(State(*state), *report, view);
        });
      }};
  return id == CADRE_ROLE_RISK_MANAGER ? &table : nullptr;
}

const void* CorrelationAdjuster::role_table(std::string_view id) const {
  static constexpr cadre_correlation_adjuster table{
      sizeof table, 0,
      [](const void* self, const cadre_execution_state* state, const double* weight,
         cadre_correlation_report* out) {
        return decide<CorrelationAdjuster>(self, [&](const CorrelationAdjuster& agent) {
          agent.analyze_correlations(State(*state), Weights(weight, state->instrument_count), *out);
        });
      },
      [](const void* self, const cadre_execution_state* state, const cadre_correlation_report* report,
         cadre_targets* targets) {
        return decide<CorrelationAdjuster>(self, [&](const CorrelationAdjuster& agent) {
          Targets view(*targets);
          agent.adjust_trades(State(*state), *report, view);
        });
      }};
  return id == CADRE_ROLE_CORRELATION_ADJUSTER ? &table : nullptr;
}

const void* ExecutionRules::role_table(std::string_view id) const {
  static constexpr cadre_execution_rules table{
      sizeof table, 0,
      [](const void* self, const cadre_execution_state* state, const cadre_needs* needs,
         cadre_action_list* out, cadre_reason* reasons) {
        return decide<ExecutionRules>(self, [&](const ExecutionRules& agent) {
          Output output(*out);
          agent.apply_rules(State(*state), *needs, output, reasons);
        });
      }};
  return id == CADRE_ROLE_EXECUTION_RULES ? &table : nullptr;
}

const void* ExecutionEnvironment::role_table(std::string_view id) const {
  static constexpr auto environment = [](void* self) -> ExecutionEnvironment& {
    return static_cast<ExecutionEnvironment&>(agent_of(self));
  };
  static constexpr cadre_execution_environment table{
      sizeof table,
      0,
      [](const void* self, cadre_environment_capabilities* out) {
        return decide<ExecutionEnvironment>(self, [&](const ExecutionEnvironment& agent) {
          cadre_environment_capabilities capabilities{};
          capabilities.size = sizeof capabilities;
          agent.capabilities(capabilities);
          give(*out, capabilities);
        });
      },
      [](void* self, const cadre_order* order, cadre_trade_result* out) {
        return guarded(agent_of(self), [&] {
          give(*out, environment(self).execute_trade(*order));
          return cadre_status{CADRE_OK};
        });
      },
      [](void* self, const cadre_replacement* replacement) {
        return guarded(agent_of(self), [&] { return environment(self).replace_order(*replacement); });
      },
      [](void* self, cadre_id client_id) {
        return guarded(agent_of(self), [&] {
          return cadre_status{environment(self).cancel_order(view_of(client_id))
                                  ? cadre_status{CADRE_OK}
                                  : cadre_status{CADRE_REJECTED}};
        });
      },
      [](const void* self, cadre_id client_id, cadre_trade_result* out) {
        const auto& agent = static_cast<const ExecutionEnvironment&>(agent_of(self));
        return guarded(agent, [&] {
          cadre_trade_result result{};
          result.size = sizeof result;
          if (!agent.query_order(view_of(client_id), result)) return cadre_status{CADRE_REJECTED};
          give(*out, result);
          return cadre_status{CADRE_OK};
        });
      },
      [](void* self, cadre_execution_report* out) {
        return guarded(agent_of(self), [&] {
          cadre_execution_report report{};
          report.size = sizeof report;
          if (!environment(self).next_report(report)) return cadre_status{CADRE_DISCARD};
          give(*out, report);
          return cadre_status{CADRE_OK};
        });
      },
      [](const void* self, cadre_venue_account* out) {
        const auto& agent = static_cast<const ExecutionEnvironment&>(agent_of(self));
        return guarded(agent, [&] { return agent.account(*out); });
      },
      [](const void* self, std::int32_t* out) {
        const auto& agent = static_cast<const ExecutionEnvironment&>(agent_of(self));
        return guarded(agent, [&] { return agent.wake_descriptor(*out); });
      }};
  return id == CADRE_ROLE_EXECUTION_ENVIRONMENT ? &table : nullptr;
}

const void* ServiceProvider::role_table(std::string_view id) const {
  static constexpr cadre_service_provider table{sizeof table, 0,
                                                [](const void* self, const cadre_execution_state* state,
                                                   cadre_string service, cadre_service_output* out) {
                                                  return decide<ServiceProvider>(
                                                      self, [&](const ServiceProvider& agent) {
                                                        agent.publish(State(*state), view_of(service), *out);
                                                      });
                                                }};
  return id == CADRE_ROLE_SERVICE_PROVIDER || id == CADRE_ROLE_COVARIANCE_ESTIMATOR ? &table : nullptr;
}

}  // namespace cadre::sdk

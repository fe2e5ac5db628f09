#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "cadre/agent.h"
#include "cadre/cpp/bytes.hpp"
#include "cadre/cpp/config.hpp"
#include "cadre/cpp/state.hpp"
#include "cadre/ext/hot_config.h"
#include "cadre/ext/log.h"
#include "cadre/ext/random.h"
#include "cadre/ext/reason.h"
#include "cadre/ext/state.h"
#include "cadre/ext/timer.h"
#include "cadre/role/correlation_adjuster.h"
#include "cadre/role/execution_environment.h"
#include "cadre/role/execution_rules.h"
#include "cadre/role/portfolio_optimizer.h"
#include "cadre/role/position_sizer.h"
#include "cadre/role/risk_manager.h"
#include "cadre/role/service_provider.h"
#include "cadre/role/signal_aggregator.h"
#include "cadre/role/signal_source.h"
#include "cadre/role/trade_adjuster.h"

/// One small base class per role. Override what the role asks for; throw Refusal for input you will not work
/// with, anything else for a failure: the guard turns exceptions into statuses, none leaves the plugin.
/// Threads and lifetimes are those of the C headers.
namespace cadre::sdk {

class Agent {
 public:
  virtual ~Agent() = default;

  /// Takes the configuration; throws Refusal with a sentence for the user.
  virtual void configure(const Config& config) = 0;
  /// Declares the history this agent needs.
  virtual void require(cadre_requirements&) const {}
  virtual void activate() {}
  virtual void deactivate() {}
  /// Learns. The only function that may change what the agent knows.
  virtual void observe(const cadre_event&, const State&) {}

  /// Whether save and load do something. An agent without state says false and is never asked.
  virtual bool has_state() const { return false; }
  virtual void save(StateWriter&) const {}
  virtual void load(StateReader&, std::uint32_t /*schema_version*/, std::uint32_t /*instrument_count*/) {}

  /// A configuration that was read and not yet taken over.
  class Prepared {
   public:
    virtual ~Prepared() = default;
  };
  /// Whether some of the configuration may change while the agent is live (the manifest's hot_keys).
  virtual bool has_hot_config() const { return false; }
  /// Reads a new configuration without touching this agent; throws Refusal.
  virtual std::unique_ptr<Prepared> prepare(const Config&) const { return nullptr; }
  /// Takes over what prepare returned. Cannot fail.
  virtual void commit(Prepared&) noexcept {}

  /// The role's function table.
  virtual const void* role_table(std::string_view id) const = 0;

  void log(std::uint32_t level, std::string_view message) const;
  /// Why the call that is running will be refused, for the person who has to mend it. Throwing a Refusal says
  /// its text by itself.
  void say_reason(std::string_view sentence) const;
  /// Within observe alone, as cadre/ext/timer.h says: a CADRE_EVENT_TIMER when the book's time has come to
  /// `time_ns`, and after every period when that is above 0. Throws Refusal where the host does not do it.
  void arm_timer(std::uint64_t id, std::int64_t time_ns, std::int64_t period_ns = 0) const;
  void disarm_timer(std::uint64_t id) const;
  /// 64 uniform bits, as cadre/ext/random.h says: the same for the same run, book, stage, `sequence` (of the
  /// event) and `draw`, in whatever order they are drawn. Throws Refusal where the host does not offer them.
  std::uint64_t random_bits(std::uint64_t sequence, std::uint64_t draw) const;

 private:
  friend struct AgentCalls;

  cadre_agent raw_{};
  const cadre_host* host_ = nullptr;
};

class SignalSource : public Agent {
 public:
  /// Hands out signals one by one, counting past the host's capacity.
  class Output {
   public:
    explicit Output(cadre_signal_list& list) : list_(&list) { list_->needed = 0; }
    void add(const cadre_signal& signal) {
      if (list_->needed < list_->capacity)
        std::memcpy(reinterpret_cast<char*>(list_->items) + list_->needed * list_->stride, &signal,
                    std::min<std::uint64_t>(sizeof signal, list_->stride));
      ++list_->needed;
    }

   private:
    cadre_signal_list* list_;
  };
  virtual void generate_signals(const State&, Output&) const = 0;
  const void* role_table(std::string_view id) const final;
};

class SignalAggregator : public Agent {
 public:
  virtual void aggregate_signals(const State&, cadre_views& out) const = 0;
  const void* role_table(std::string_view id) const final;
};

/// Base of the roles that get targets and change them, and do nothing else.
class TargetChanger : public Agent {
 protected:
  friend struct TargetCalls;
  virtual cadre_status change(const State&, Targets&) const = 0;
  /// The function table that all such roles share.
  static const void* table();
};

class PositionSizer : public TargetChanger {
 public:
  virtual void propose_trades(const State&, Targets&) const = 0;
  const void* role_table(std::string_view id) const final {
    return id == CADRE_ROLE_POSITION_SIZER ? table() : nullptr;
  }

 protected:
  cadre_status change(const State& state, Targets& targets) const final {
    propose_trades(state, targets);
    return CADRE_OK;
  }
};

class PortfolioOptimizer : public TargetChanger {
 public:
  /// CADRE_DISCARD: no feasible or no better point.
  virtual cadre_status optimize_targets(const State&, Targets&) const = 0;
  const void* role_table(std::string_view id) const final {
    return id == CADRE_ROLE_PORTFOLIO_OPTIMIZER ? table() : nullptr;
  }

 protected:
  cadre_status change(const State& state, Targets& targets) const final {
    return optimize_targets(state, targets);
  }
};

class RiskManager : public Agent {
 public:
  virtual void analyze_risk(const State&, const Weights& weight, cadre_risk_report& out) const = 0;
  virtual void adjust_trades(const State&, const cadre_risk_report&, Targets&) const = 0;
  const void* role_table(std::string_view id) const final;
};

class CorrelationAdjuster : public Agent {
 public:
  virtual void analyze_correlations(const State&, const Weights& weight,
                                    cadre_correlation_report& out) const = 0;
  virtual void adjust_trades(const State&, const cadre_correlation_report&, Targets&) const = 0;
  const void* role_table(std::string_view id) const final;
};

class TradeAdjuster : public TargetChanger {
 public:
  virtual void adjust_trades(const State&, Targets&) const = 0;
  const void* role_table(std::string_view id) const final {
    return id == CADRE_ROLE_TRADE_ADJUSTER ? table() : nullptr;
  }

 protected:
  cadre_status change(const State& state, Targets& targets) const final {
    adjust_trades(state, targets);
    return CADRE_OK;
  }
};

/// An order of execution rules, without prices: what of cadre_action has to be said for each.
inline cadre_action new_order(std::uint32_t instrument, std::int64_t signed_quantity_e9, std::uint32_t type,
                              std::uint32_t time_in_force) {
  cadre_action action{};
  action.size = sizeof action;
  action.kind = CADRE_ACTION_NEW;
  action.instrument = instrument;
  action.side = signed_quantity_e9 > 0 ? CADRE_SIDE_BUY : CADRE_SIDE_SELL;
  action.type = type;
  action.time_in_force = time_in_force;
  action.quantity_e9 = signed_quantity_e9 > 0 ? signed_quantity_e9 : -signed_quantity_e9;
  return action;
}

class ExecutionRules : public Agent {
 public:
  /// Hands out actions and slices one by one, counting past the host's capacity.
  class Output {
   public:
    explicit Output(cadre_action_list& list) : list_(&list) { list_->needed = list_->slices_needed = 0; }
    /// Returns its place, for links.
    std::uint32_t add(const cadre_action& action) {
      if (list_->needed < list_->capacity)
        std::memcpy(reinterpret_cast<char*>(list_->items) + list_->needed * list_->stride, &action,
                    std::min<std::uint64_t>(sizeof action, list_->stride));
      return static_cast<std::uint32_t>(list_->needed++);
    }
    /// Returns its place, for the action it belongs to.
    std::uint64_t add(const cadre_slice& slice) {
      if (list_->slices_needed < list_->slice_capacity)
        std::memcpy(reinterpret_cast<char*>(list_->slices) + list_->slices_needed * list_->slice_stride,
                    &slice, std::min<std::uint64_t>(sizeof slice, list_->slice_stride));
      return list_->slices_needed++;
    }

   private:
    cadre_action_list* list_;
  };
  virtual void apply_rules(const State&, const cadre_needs&, Output&, cadre_reason* reasons) const = 0;
  const void* role_table(std::string_view id) const final;
};

class ExecutionEnvironment : public Agent {
 public:
  /// What it takes; constant. Unless it says otherwise: market and limit orders of the day.
  virtual void capabilities(cadre_environment_capabilities& out) const {
    out.order_types = CADRE_BIT_OF(CADRE_ORDER_MARKET) | CADRE_BIT_OF(CADRE_ORDER_LIMIT);
    out.times_in_force = CADRE_BIT_OF(CADRE_TIF_DAY);
  }
  virtual cadre_trade_result execute_trade(const cadre_order&) = 0;
  /// CADRE_REJECTED: no such open order.
  virtual cadre_status replace_order(const cadre_replacement&) { return CADRE_UNSUPPORTED; }
  /// False: no such open order.
  virtual bool cancel_order(std::string_view client_id) = 0;
  virtual bool query_order(std::string_view client_id, cadre_trade_result&) const = 0;
  /// False: no report is waiting.
  virtual bool next_report(cadre_execution_report&) = 0;
  virtual cadre_status account(cadre_venue_account&) const { return CADRE_UNSUPPORTED; }
  virtual cadre_status wake_descriptor(std::int32_t&) const { return CADRE_UNSUPPORTED; }
  const void* role_table(std::string_view id) const final;
};

class ServiceProvider : public Agent {
 public:
  virtual void publish(const State&, std::string_view service, cadre_service_output& out) const = 0;
  const void* role_table(std::string_view id) const final;
};

/// What `create` of a plugin calls. Nothing of the host is called before init.
cadre_status adopt_agent(Agent* agent, const cadre_host* host, const cadre_agent** out) noexcept;

}  // namespace cadre::sdk

#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cadre/agent.h"
#include "host/agent/agent_process.hpp"
#include "host/agent/isolated_protocol.hpp"
#include "host/agent/last_reason.hpp"
#include "host/agent/secrets.hpp"
#include "host/agent/timer_requests.hpp"
#include "host/base/result.hpp"
#include "host/model/arena.hpp"

namespace cadre::agent {

/// An agent that lives in a child process, alone or with others of its book, and looks like any other:
/// agent() has the same function tables. Reads the book's arena, mapped read-only; its outputs are copied
/// before anything looks at them. When the process is gone every call is CADRE_FATAL, and the stage's policy
/// decides. [decision-thread]
class IsolatedAgent {
 public:
  /// Takes a seat of a process. Errors: those of loading it there, ISOLATION_START.
  static base::Result<std::unique_ptr<IsolatedAgent>> take_seat(std::shared_ptr<AgentProcess> process,
                                                                std::size_t seat);
  ~IsolatedAgent();
  IsolatedAgent(const IsolatedAgent&) = delete;
  IsolatedAgent& operator=(const IsolatedAgent&) = delete;

  /// self and function tables, as if the library were loaded here.
  const cadre_agent& agent() const { return agent_; }
  std::uint32_t observes() const { return observes_; }
  std::uint32_t state_schema() const { return state_schema_; }
  /// What the agent warned of when it took its configuration.
  const std::vector<std::string>& warnings() const { return warnings_; }
  /// Gives the child the arena its views are made from; before any call with a state.
  bool enter_arena(const model::Arena& arena);
  /// Before its configuration: the values that it names there. Errors: those of SecretsOnTheirWay::pack;
  /// ISOLATION_START when the process did not take them.
  base::Problems give(const Secrets& secrets, const std::vector<SecretUse>& uses, const base::Place& place);
  const AgentProcess& process() const { return *process_; }
  /// Why the last call was refused, or how the process ended.
  LastReason& reason() { return reason_; }
  /// What its process found when it did not take its configuration.
  const base::Problems& refusal() const { return refusal_; }
  /// What it asked for in its last observe.
  TimerRequests& timers() { return timers_; }

  /// Shows one event to agents of one process, in one crossing: the next observe of each answers from it.
  /// `listener`: as of AgentProcess::call.
  static void observe_together(std::span<IsolatedAgent* const> agents, const cadre_event& event,
                               const cadre_execution_state& state, AgentProcess::Listener& listener);
  std::size_t seat() const { return seat_; }
  /// Call::destroy, then Call::unload, of one that is alone in a process and was tried.
  cadre_status retire(Call call);
  /// Sends orders in one crossing, one after the other: the next execute_trade of each answers from it.
  void execute_together(std::span<const cadre_order> orders);

 private:
  friend struct IsolatedPeer;
  friend struct IsolatedCalls;
  friend struct IsolatedRoleCalls;
  IsolatedAgent() = default;
  /// Begins a request; what the call needs is put behind.
  base::Encoder& request(Call call);
  /// Sends it and waits. Returns the agent's status, CADRE_FATAL without a reply; the rest of the reply is in
  /// reply(). Behind a status that is neither CADRE_OK nor CADRE_DISCARD comes the reason.
  cadre_status ask(int descriptor = -1);
  /// The status of a reply, and its reason.
  cadre_status take_status(base::Decoder& from);
  /// What it answered to observe_together.
  cadre_status take_observed();
  bool is_gone() const { return process_->is_gone(); }
  /// The process is gone: says why.
  cadre_status say_gone();
  base::Decoder& reply() { return *reply_; }
  cadre_status execute_trade(const cadre_order& order, cadre_trade_result& out);
  /// The next report of an environment.
  cadre_status next_report(cadre_execution_report& out);
  /// What of the state is not in the arena: services, and the latest risk report.
  void put_state(const cadre_execution_state& state);

  cadre_agent agent_{};
  std::shared_ptr<AgentProcess> process_;
  std::size_t seat_ = 0;
  std::uint32_t observes_ = 0;
  std::uint32_t state_schema_ = 0;
  cadre_requirements requirements_{};
  std::vector<std::string> warnings_;
  LastReason reason_;
  TimerRequests timers_;
  base::Problems refusal_;
  /// What it answered when it was shown an event together with others; observe has not asked for it yet.
  struct Observed {
    cadre_status status = CADRE_ERROR;
    std::string reason;
    std::vector<TimerRequest> timers;
  };
  std::optional<Observed> observed_;
  /// Reports that came together and were not asked for yet, the next one last; and what came behind them.
  struct Reports {
    std::vector<cadre_execution_report> waiting;
    cadre_status status = CADRE_OK;  ///< CADRE_OK: there may be more
    std::string reason;
  };
  Reports reports_;
  /// What orders that crossed together were answered with, the next one last.
  struct Executed {
    cadre_id client_id;
    cadre_status status = CADRE_ERROR;
    std::string reason;
    cadre_trade_result result{};
  };
  std::vector<Executed> executed_;
  const model::Arena* arena_ = nullptr;
  base::Encoder encoder_;
  std::vector<std::byte> bytes_;
  std::optional<base::Decoder> reply_;
};

}  // namespace cadre::agent

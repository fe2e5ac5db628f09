#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cadre/agent.h"
#include "host/agent/isolated_protocol.hpp"
#include "host/agent/last_reason.hpp"
#include "host/agent/timer_requests.hpp"
#include "host/base/result.hpp"
#include "host/model/arena.hpp"

namespace cadre::agent {

/// An agent that lives in a child process (cadre-agent-host, beside this program) and looks like any other:
/// agent() has the same function tables. Reads the book's arena, mapped read-only; its outputs are copied
/// before anything looks at them. The child is in a sandbox (host/agent/sandbox.hpp). When it is gone, has
/// not answered ten seconds after a call began, or does not speak the protocol, it is killed, every call is
/// CADRE_FATAL, and the stage's policy decides. [decision-thread]
class IsolatedAgent {
 public:
  struct Started {
    std::string agent_id;
    std::string role;
    std::string instance;
    std::string book;
    std::uint64_t seed = 0;
    bool allow_weak_sandbox = false;
  };

  /// Starts the child with the store's copy of a library. Errors: ISOLATION_START.
  static base::Result<std::unique_ptr<IsolatedAgent>> start(const std::filesystem::path& copy,
                                                            const Started& what);
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
  int process() const { return process_; }
  /// Why the last call was refused, or how the process ended.
  LastReason& reason() { return reason_; }
  /// What its process found when it did not take its configuration.
  const base::Problems& refusal() const { return refusal_; }
  /// What it asked for in its last observe.
  TimerRequests& timers() { return timers_; }

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
  /// The child has ended, or ends here with all of its group: says once why, by which signal, with which exit
  /// status, or `how` it failed.
  void lose(std::string how);
  base::Decoder& reply() { return *reply_; }
  /// What of the state is not in the arena: services, and the latest risk report.
  void put_state(const cadre_execution_state& state);

  cadre_agent agent_{};
  Started started_;
  int process_ = -1;
  int socket_ = -1;
  bool gone_ = false;
  std::uint32_t observes_ = 0;
  std::uint32_t state_schema_ = 0;
  cadre_requirements requirements_{};
  std::vector<std::string> warnings_;
  LastReason reason_;
  TimerRequests timers_;
  base::Problems refusal_;
  std::string end_;  ///< how the process ended
  const model::Arena* arena_ = nullptr;
  base::Encoder encoder_;
  std::vector<std::byte> bytes_;
  std::optional<base::Decoder> reply_;
};

}  // namespace cadre::agent

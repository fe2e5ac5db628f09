#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cadre/agent.h"
#include "cadre/ext/hot_config.h"
#include "cadre/ext/state.h"
#include "host/agent/catalog.hpp"
#include "host/agent/flight_recorder.hpp"
#include "host/agent/instance_quarantine.hpp"
#include "host/agent/isolated_agent.hpp"
#include "host/agent/isolation.hpp"
#include "host/agent/library.hpp"
#include "host/agent/probe_terms.hpp"
#include "host/agent/roles.hpp"
#include "host/agent/secrets.hpp"
#include "host/agent/services.hpp"

namespace cadre::agent {

/// What an instance is made from. Two instances with equal specifications behave alike, so a new revision
/// keeps the old instance.
struct InstanceSpec {
  std::string name;  ///< in the configuration: "risk"
  std::string book;
  std::string config;  ///< canonical JSON text, complete
  std::uint64_t seed = 0;
  Isolation isolation = Isolation::none;
  bool allow_weak_sandbox = false;    ///< its process may do without a bound on files
  std::optional<ProbeTerms> probe{};  ///< it is only tried
  std::vector<SecretUse> secrets{};   ///< references in `config`; only of one in another process

  bool operator==(const InstanceSpec&) const = default;
};

/// Learned bytes, with what is needed to give them back: under which universe they were saved, and by what.
struct SavedState {
  std::string agent_id;
  std::uint32_t schema = 0;
  std::uint64_t epoch = 0;
  std::vector<std::string> instruments;
  std::string bytes;
};

/// What has to be known before an agent is called.
class Callee {
 public:
  /// What calls of it are noted on.
  const FlightCardHolder& flight() const { return flight_; }
  /// Why nothing of it is loaded, and it is never called; empty: it is.
  const std::string& left_out() const { return left_out_; }

 protected:
  Callee() = default;
  FlightCardHolder flight_;
  std::string left_out_;
};

class LiveAgent;
/// Whether its process has ended: it answers nothing any more. Never of one in this process. [any-thread]
bool is_gone(const LiveAgent& agent);
/// The place of one that is in quarantine: nothing of it is loaded. It keeps the state that it is given,
/// hears nothing, and is never asked: its book decides nothing while it is there.
std::shared_ptr<LiveAgent> leave_out(const CatalogEntry& entry, const InstanceSpec& spec,
                                     const std::string& why);

/// One instance of an agent: owns it, its services and a share of its library, in the order in which they
/// have to go.
class LiveAgent : public Callee {
 public:
  /// create, check that the role's table is complete, init. Errors: AGENT_CREATE, AGENT_INCOMPLETE,
  /// AGENT_CONFIG (with the agent's own sentence), all at `place`.
  static base::Result<std::shared_ptr<LiveAgent>> create(std::shared_ptr<Library> library,
                                                         const CatalogEntry& entry, const InstanceSpec& spec,
                                                         const base::Place& place);
  /// The same in another process: in a seat of one that was started for it, or in one of its own, from the
  /// store's copy of the library. Errors: those above, ISOLATION_START, and
  /// those of Secrets.
  struct Elsewhere {
    std::filesystem::path copy;
    std::shared_ptr<AgentProcess> process{};  ///< null: one of its own
    std::size_t seat = 0;
    const Secrets* secrets = nullptr;  ///< it has to outlive the instance; null: there are none
  };
  static base::Result<std::shared_ptr<LiveAgent>> create_isolated(const Elsewhere& where,
                                                                  const CatalogEntry& entry,
                                                                  const InstanceSpec& spec,
                                                                  const base::Place& place);
  ~LiveAgent();
  LiveAgent(const LiveAgent&) = delete;
  LiveAgent& operator=(const LiveAgent&) = delete;

  const InstanceSpec& spec() const { return spec_; }
  const AgentDeclaration& declaration() const { return *entry_.agent; }
  const Manifest& manifest() const { return *entry_.manifest; }
  const CatalogEntry& entry() const { return entry_; }
  void* self() const { return agent_.self; }
  /// The role's function table, of the type that belongs to declaration().role.
  template <class Table>
  const Table& table() const {
    return *reinterpret_cast<const Table*>(table_.data());
  }
  /// Changes targets, as an agent of a role that only does that. [decision-thread]
  cadre_status change_targets(const cadre_execution_state* state, cadre_targets* targets) const {
    return role_->change_targets(table_.data(), agent_.self, state, targets);
  }
  const cadre_requirements& requirements() const { return requirements_; }

  /// The arena that states come from: before the first call with a state, and whenever it is another one.
  /// False: the agent's process is gone.
  bool enter_arena(const model::Arena& arena) {
    return isolated_ == nullptr || isolated_->enter_arena(arena);
  }
  cadre_status activate();
  void deactivate();
  /// Passes on an event the agent wants to hear of, unless it is quarantined. [decision-thread]
  cadre_status observe(const cadre_event& event, const cadre_execution_state& state);
  /// What it asked for in the observe that was the last one.
  TimerRequests& timers() const { return services_ != nullptr ? services_->timers() : isolated_->timers(); }
  InstanceQuarantine& quarantine() { return quarantine_; }

  /// Why its last call was refused, in its own words, or how its process ended; empty when nobody said.
  LastReason& reason() const { return services_ != nullptr ? services_->reason() : isolated_->reason(); }

  /// Whether it wants to hear of this kind of event.
  bool observes(std::uint32_t kind) const { return (observes_ & kind) != 0 && agent_.observe != nullptr; }

  /// New settings for an instance that stays.
  class HotSettings {
   public:
    explicit HotSettings(LiveAgent& agent) : agent_(agent) {}
    /// Reads them without touching the instance. Errors: AGENT_CONFIG. [control-thread]
    base::Result<void*> prepare(const std::string& config, const base::Place& place) const;
    /// Takes over what prepare gave; the specification says so afterwards. [decision-thread]
    void commit(void* prepared, const std::string& config);
    /// [control-thread]
    void discard(void* prepared) const;

   private:
    LiveAgent& agent_;
  };
  HotSettings hot() { return HotSettings(*this); }

  bool has_state() const { return state_.size != 0 || kept_state_.has_value(); }
  /// Const for the agent. Empty bytes without state, and where one that is left out keeps that of another
  /// universe. Errors: STATE_SAVE.
  base::Result<SavedState> save_state(std::uint64_t epoch, std::vector<std::string> instruments) const;
  /// Not active. Errors: STATE_REFUSED.
  base::Problems load_state(const SavedState& saved);

 private:
  friend void observe_together(std::span<LiveAgent* const> agents, const cadre_event& event,
                               const cadre_execution_state& state);
  friend void execute_together(LiveAgent& environment, std::span<const cadre_order> orders);
  friend base::Result<std::shared_ptr<LiveAgent>> made_again(const LiveAgent& agent);
  friend bool is_gone(const LiveAgent& agent);
  friend std::string retire(LiveAgent& agent);
  friend std::shared_ptr<LiveAgent> leave_out(const CatalogEntry& entry, const InstanceSpec& spec,
                                              const std::string& why);
  LiveAgent() = default;
  static base::Result<std::shared_ptr<LiveAgent>> create_elsewhere(const Elsewhere& where,
                                                                   const CatalogEntry& entry,
                                                                   const InstanceSpec& spec,
                                                                   const base::Place& place);
  bool has_hot_config() const { return hot_.size != 0; }
  /// Takes an instance over: checks its tables, gives it its configuration, asks what it requires.
  base::Problems begin(const cadre_agent& made, const base::Place& place);
  base::Problems make(const base::Place& place);
  /// What it says of the history it needs; a sentence for what is wrong with that.
  std::vector<std::string> ask_requirements();
  /// What is missing from its tables, or said otherwise by its manifest; a sentence each.
  std::vector<std::string> take_tables();

  // Destroyed from the bottom up: the instance first, the library last.
  std::shared_ptr<Library> library_;
  std::filesystem::path copy_;        ///< of the library, for a process of its own
  const Secrets* secrets_ = nullptr;  ///< as of Elsewhere
  CatalogEntry entry_;
  InstanceSpec spec_;
  std::unique_ptr<HostServices> services_;
  std::unique_ptr<IsolatedAgent> isolated_;  ///< nullptr: in this process
  // What the agent gave, copied once: calls never read its memory for where they go.
  cadre_agent agent_{};               ///< size 0: none was made
  std::vector<std::uint64_t> table_;  ///< the role's, in this host's size
  cadre_state_table state_{};         ///< size 0: it has none
  cadre_hot_config hot_{};            ///< size 0: it has none
  const Role* role_ = nullptr;        ///< null for one that this host does not know
  cadre_requirements requirements_{};
  std::uint32_t observes_ = 0;
  bool active_ = false;
  InstanceQuarantine quarantine_;
  std::optional<SavedState> kept_state_;  ///< of one that is left out
};

/// Shows an event to all that want to hear of it and share a process, in one crossing for each process. The
/// next observe of each is about this event, and answers from it. [decision-thread]
void observe_together(std::span<LiveAgent* const> agents, const cadre_event& event,
                      const cadre_execution_state& state);

/// Orders that an environment in another process is sent next, in this order, whatever becomes of each: they
/// cross together, and the next execute_trade of each answers from it. [decision-thread]
void execute_together(LiveAgent& environment, std::span<const cadre_order> orders);

/// What a process has to know to have such an instance.
AgentProcess::Seat seat_of(const std::filesystem::path& copy, const CatalogEntry& entry,
                           const InstanceSpec& spec);

/// A fresh instance of the same library under the same specification. Errors: as LiveAgent::create.
base::Result<std::shared_ptr<LiveAgent>> made_again(const LiveAgent& agent);

/// Ends an instance that was tried: deactivate, destroy, and the end of its library, which has to be gone
/// afterwards. In one sentence the first of these that did not go well; empty: all of them did. It is never
/// called again. Does nothing for one in this process.
std::string retire(LiveAgent& agent);

/// What is said of one whose state is not what it was after it decided, and of one that saves something else
/// than it was given.
inline constexpr const char* learned_while_deciding =
    "decide: it changes its state while it decides; only observe may";
inline constexpr const char* forgets_its_state =
    "load_state: it forgets what it is given; what it saves afterwards is not the same";

/// Whether a second instance that is given what one has saved saves the same: in one sentence what is wrong,
/// or empty. Makes one.
std::string forgets(const LiveAgent& agent, const SavedState& saved);

/// "adjuster (my.agent 1.0.0) was tried on a copy of book main at event 57: "; empty without a probe.
std::string tried_text(const LiveAgent& agent);

/// "rejected: the moon is full": the status of the agent's last call, and why.
std::string with_reason(const LiveAgent& agent, cadre_status status);

/// "ok", "discard", "rejected", "error", "fatal", "unsupported", or "status 17".
std::string status_name(cadre_status status);

}  // namespace cadre::agent

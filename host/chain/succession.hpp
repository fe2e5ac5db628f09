#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/chain/chain.hpp"
#include "host/journal/records.hpp"
#include "host/model/arena.hpp"

namespace cadre::chain {

/// Where a book stands when its chains change: what an agent that comes new is shown.
struct Present {
  const model::Arena& arena;
  const cadre_execution_state& state;
  cadre_event event;  ///< the present, as a bar
  std::uint64_t epoch = 0;
  std::vector<std::string> instruments;  ///< of the epoch, by index
};

/// What a new chain makes of one stage of the running one.
struct StageChange {
  enum class How { new_instance, new_settings, earlier_instance };
  const Stage* stage = nullptr;   ///< of the new chain
  const Stage* before = nullptr;  ///< of the running one; null: the stage is new
  How how = How::new_instance;
};

/// An agent that answered an event with a failure: what it knows may be wrong from then on.
struct ObserveFailure {
  std::string stage;
  cadre_status status = CADRE_ERROR;
  std::string reason;          ///< its own sentence; may be empty
  bool replaced = false;       ///< it does not decide any more
  bool asked_in_vain = false;  ///< it took the event in; what it asked the host for was not done
};

/// A timer that the agent of a stage armed or disarmed.
struct TimerAsked {
  std::string stage;
  agent::TimerRequest request;
};

/// What becomes of a checkpoint when an agent cannot save its state.
enum class Unsaved { refused, left_out };

/// The chain that runs a book and the one it replaced. The replaced agents go on observing, so that a
/// rollback finds them up to date. One rule says which instance is kept, which hands over what it learned,
/// and which is shown the present. [decision-thread]
class Succession {
 public:
  /// The first chain of a book.
  void begin(std::shared_ptr<Chain> first) { running_ = std::move(first); }

  const std::shared_ptr<Chain>& running() const { return running_; }
  /// Null before the first swap.
  const Chain* replaced() const { return replaced_.get(); }

  /// Activates the agents of a chain. Errors: AGENT_ACTIVATE.
  static base::Problems activate(Chain& chain, const base::Place& place);
  /// First half of a swap: hands over what was learned, shows fresh agents the present, and activates. The
  /// running chain is only read from. Errors: STATE_HAND_OFF_REFUSED, STATE_..., AGENT_ACTIVATE.
  base::Problems prepare(Chain& next, bool migrate, const Present& present) const;
  /// Second half; cannot fail. The chain that nobody needs any more, to be destroyed where that may take its
  /// time.
  std::shared_ptr<Chain> commit(std::shared_ptr<Chain> next);

  /// Shows an event to every agent of both chains once. What the running environment answered.
  cadre_status observe(const cadre_event& event, const cadre_execution_state& state);
  /// The agents that could not take in the event that was shown last.
  const std::vector<ObserveFailure>& observe_failures() const { return observe_failures_; }
  /// What the agents of the running chain asked for while they took it in.
  const std::vector<TimerAsked>& timers_asked() const { return timers_asked_; }
  bool anyone_observes(std::uint32_t kind) const;
  /// The most that any agent of both chains asks for, and room for their services.
  cadre_requirements requirements() const;
  std::size_t service_count() const;
  void enter_arena(const model::Arena& arena);

  /// Shows an event that is one stage's own to the agent that runs there.
  void observe_alone(std::string_view stage, const cadre_event& event, const cadre_execution_state& state);
  /// Puts a fresh instance of the same agent in the place of one that failed, warmed up by the present; the
  /// chain that runs may be the one that is deciding, but not just now. Errors: those of making it,
  /// AGENT_WARM_UP, AGENT_ACTIVATE; then the old one stays.
  base::Problems reset(std::string_view stage, const Present& present);

  /// Puts `fresh`, made again of the agent of a stage, in its place; afterwards that is the one that has to
  /// go, to be destroyed where that may take its time. `knows`: it is up to date; else it is warmed up by the
  /// present. Errors: AGENT_WARM_UP, AGENT_ACTIVATE; then the old one stays.
  base::Problems restart(std::string_view stage, std::shared_ptr<agent::LiveAgent>& fresh, bool knows,
                         const Present& present);

  /// What every agent of the running chain has learned; of one whose process is gone, what it had at the last
  /// checkpoint. Errors: STATE_SAVE, unless those that cannot save are left out.
  base::Result<journal::CheckpointRecord> checkpoint(std::uint64_t epoch,
                                                     std::vector<std::string> instruments,
                                                     Unsaved unsaved = Unsaved::refused) const;
  /// Gives the agents of the running chain what they had learned; those that the record does not know are
  /// shown the present, when there is one. Errors: STATE_REFUSED.
  base::Problems load(const journal::CheckpointRecord& learned, const Present* present);

 private:
  void keep_observing(const Chain& earlier);
  base::Problems replace(Stage& stage, std::shared_ptr<agent::LiveAgent>& fresh, bool knows,
                         const Present& present);
  void leave_the_process(std::shared_ptr<Chain>& retired);
  base::Result<agent::SavedState> learned_by(const Stage& stage, std::uint64_t epoch,
                                             const std::vector<std::string>& instruments) const;

  void show_together(const cadre_event& event, const cadre_execution_state& state);
  void show(Stage& stage, const cadre_event& event, const cadre_execution_state& state, bool replaced);

  std::shared_ptr<Chain> running_;
  std::shared_ptr<Chain> replaced_;
  /// What agents had learned when that was last asked for or given to them, by stage.
  mutable std::map<std::string, agent::SavedState, std::less<>> last_learned_;
  std::vector<ObserveFailure> observe_failures_;
  std::vector<TimerAsked> timers_asked_;
  std::vector<agent::LiveAgent*> isolated_;  ///< who may share a process; filled for each event
  cadre_status answered_ = CADRE_OK;         ///< of the agent that was shown something last
};

/// The stages that `next` fills anew or gives other settings, in the order of a decision. `replaced`: the
/// chain that went on observing; may be null.
std::vector<StageChange> stage_changes(const Chain& running, const Chain* replaced, const Chain& next);

}  // namespace cadre::chain

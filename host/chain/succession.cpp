#include "host/chain/succession.hpp"

#include <algorithm>
#include <utility>

#include "cadre/cadre.h"

namespace cadre::chain {

namespace {

/// Gives `to` what `from` has learned, and looks whether it took all of it: one that forgets half of it is
/// found here, not in a trade.
base::Problems migrate_state(const agent::LiveAgent& from, agent::LiveAgent& to, const Present& present) {
  auto saved = from.save_state(present.epoch, present.instruments);
  if (!saved) return saved.problems();
  base::Problems problems = to.load_state(*saved);
  if (problems.has_errors()) return problems;
  const auto wrong = [&](const char* what) {
    problems.error("STATE_MIGRATED_WRONGLY", base::Place::of(to.manifest().library.string()),
                   to.spec().name + ": " + what,
                   "correct load_state, or set the stage's \"state\" to \"reset\"");
  };
  const auto taken = to.save_state(present.epoch, present.instruments);
  if (!taken) return taken.problems();
  const bool same_format = from.declaration().id == to.declaration().id && saved->schema == taken->schema &&
                           from.spec().config == to.spec().config;
  if (same_format && saved->bytes != taken->bytes)
    wrong("it saves other bytes than it has just loaded, of the same schema and under the same settings");
  if (problems.has_errors()) return problems;
  problems.append(to.load_state(*taken));
  if (problems.has_errors()) return problems;
  const auto again = to.save_state(present.epoch, present.instruments);
  if (!again) return again.problems();
  if (again->bytes != taken->bytes) wrong("saving, loading and saving its state gives different bytes");
  return problems;
}

bool is_failure(cadre_status status) {
  return status != CADRE_OK && status != CADRE_DISCARD;
}

/// Shows a fresh instance the present. One that cannot take it in may not decide.
base::Problems warm_up(const Stage& stage, const Present& present) {
  base::Problems problems;
  const cadre_status status = stage.agent->observe(present.event, present.state);
  if (!is_failure(status)) return problems;
  problems.error(
      "AGENT_WARM_UP", base::Place::of(stage.agent->manifest().library),
      stage.name + ": it answered the first event with " + agent::with_reason(*stage.agent, status),
      "try it with `cadre agent try`");
  return problems;
}

/// One stage of a chain that comes: keeps its instance, takes over state, or begins with the present.
base::Problems hand_over(const Stage* before, Stage& stage, bool observed, bool migrate,
                         const Present& present) {
  base::Problems problems;
  const agent::LiveAgent* old = before == nullptr ? nullptr : before->agent.get();
  if (old == stage.agent.get()) return problems;  // kept, with everything it knows
  stage.agent->enter_arena(present.arena);
  if (observed) return problems;  // it went on observing since it was replaced
  const bool knows = old != nullptr && old->has_state();
  const bool same_agent = old != nullptr && old->declaration().id == stage.agent->declaration().id;
  if (migrate && knows && stage.hand_off == config::HandOff::refuse) {
    problems.error("STATE_HAND_OFF_REFUSED", {},
                   stage.name + ": its \"state\" is \"refuse\", and " + old->declaration().id +
                       " has learned something that would be lost",
                   "set it to \"migrate\" or \"reset\"");
    return problems;
  }
  const bool migrates =
      migrate && knows && same_agent && stage.agent->has_state() && stage.hand_off != config::HandOff::reset;
  if (migrates) return migrate_state(*old, *stage.agent, present);
  // A fresh instance is warmed up by what the host has: the windows, through one look at the present.
  return warm_up(stage, present);
}

}  // namespace

base::Problems Succession::activate(Chain& chain, const base::Place& place) {
  base::Problems problems;
  chain.each_stage([&](Stage& stage) {
    if (!stage.agent->left_out().empty()) return;
    const cadre_status status = stage.agent->activate();
    if (status == CADRE_OK) return;
    problems.error("AGENT_ACTIVATE", place,
                   stage.name + ": activate answered " + agent::with_reason(*stage.agent, status), "");
  });
  return problems;
}

base::Problems Succession::prepare(Chain& next, bool migrate, const Present& present) const {
  base::Problems problems;
  next.each_stage([&](Stage& stage) {
    const bool observed = replaced_ != nullptr && replaced_->runs(stage.agent);
    problems.append(
        hand_over(std::as_const(*running_).stage_named(stage.name), stage, observed, migrate, present));
  });
  if (problems.has_errors()) return problems;
  return activate(next, {});
}

std::shared_ptr<Chain> Succession::commit(std::shared_ptr<Chain> next) {
  for (HotChange& change : next->hot_changes)
    change.commit();
  next->hot_changes.clear();  // who has them keeps no instance
  std::shared_ptr<Chain> retired = std::exchange(replaced_, std::move(running_));
  running_ = std::move(next);
  if (retired != nullptr) keep_observing(*retired);
  leave_the_process(retired);
  return retired;
}

/// An agent that has moved into a process of its own leaves no instance in the host's, where the library may
/// be trusted no more. A rollback that brings it back gives a new one what it has learned.
void Succession::leave_the_process(std::shared_ptr<Chain>& retired) {
  replaced_->each_stage([&](Stage& stage) {
    const Stage* now = std::as_const(*running_).stage_named(stage.name);
    if (now == nullptr || stage.agent->spec().isolation != agent::Isolation::none ||
        now->agent->spec().isolation == agent::Isolation::none ||
        now->agent->manifest().sha256 != stage.agent->manifest().sha256)
      return;
    if (retired == nullptr) retired = std::make_shared<Chain>();
    retired->stages.push_back(stage);
    stage.agent = now->agent;
  });
}

/// A stage that was not replaced now keeps what it replaced earlier, one instance per stage: a rollback
/// across several changes finds it, with all it has observed.
void Succession::keep_observing(const Chain& earlier) {
  replaced_->each_stage([&](Stage& stage) {
    if (!running_->runs(stage.agent)) return;  // replaced just now: its own predecessor has to go
    const Stage* old = earlier.stage_named(stage.name);
    if (old != nullptr && !running_->runs(old->agent)) stage.agent = old->agent;
  });
  cadre_requirements& need = replaced_->requirements;
  const std::uint32_t warm_up_bars = need.warm_up_bars;
  raise_requirements(need, earlier.requirements);
  need.warm_up_bars = warm_up_bars;  // the replaced chain never decides
}

cadre_status Succession::observe(const cadre_event& event, const cadre_execution_state& state) {
  observe_failures_.clear();
  timers_asked_.clear();
  show_together(event, state);
  running_->each_stage([&](Stage& stage) { show(stage, event, state, false); });
  const cadre_status environment = answered_;  // the last stage
  if (replaced_ == nullptr) return environment;
  replaced_->each_stage([&](Stage& stage) {
    if (!running_->runs(stage.agent)) show(stage, event, state, true);
  });
  return environment;
}

/// What agents in one process are shown crosses to it once; what they answered is taken by show.
void Succession::show_together(const cadre_event& event, const cadre_execution_state& state) {
  isolated_.clear();
  const auto collect = [&](const Stage& stage) {
    if (stage.agent->spec().isolation == agent::Isolation::process) isolated_.push_back(stage.agent.get());
  };
  std::as_const(*running_).each_stage(collect);
  if (replaced_ != nullptr) {
    std::as_const(*replaced_).each_stage([&](const Stage& stage) {
      if (!running_->runs(stage.agent)) collect(stage);
    });
  }
  if (isolated_.size() > 1) agent::observe_together(isolated_, event, state);
}

void Succession::observe_alone(std::string_view name, const cadre_event& event,
                               const cadre_execution_state& state) {
  observe_failures_.clear();
  timers_asked_.clear();
  running_->each_stage([&](Stage& stage) {
    if (stage.name == name) show(stage, event, state, false);
  });
}

void Succession::show(Stage& stage, const cadre_event& event, const cadre_execution_state& state,
                      bool replaced) {
  answered_ = stage.agent->observe(event, state);
  if (is_failure(answered_))
    observe_failures_.push_back({stage.name, answered_, stage.agent->reason().take(), replaced});
  // One that was replaced has no timers: its stage's are its successor's.
  if (replaced || !stage.agent->observes(event.kind)) return;
  for (const agent::TimerRequest& request : stage.agent->timers().requests())
    timers_asked_.push_back({stage.name, request});
}

namespace {

Stage* stage_of(Chain& chain, std::string_view name) {
  Stage* found = nullptr;
  chain.each_stage([&](Stage& stage) {
    if (stage.name == name) found = &stage;
  });
  return found;
}

}  // namespace

/// The agent of a stage gives way to `fresh`, unless that one cannot take its place: afterwards `fresh` is
/// the one of the two that has to go.
base::Problems Succession::replace(Stage& stage, std::shared_ptr<agent::LiveAgent>& fresh, bool knows,
                                   const Present& present) {
  base::Problems problems;
  std::swap(stage.agent, fresh);
  stage.agent->enter_arena(present.arena);
  if (!knows) problems.append(warm_up(stage, present));
  const cadre_status status = problems.has_errors() ? cadre_status{CADRE_OK} : stage.agent->activate();
  if (status != CADRE_OK)
    problems.error("AGENT_ACTIVATE", base::Place::of(stage.agent->manifest().library),
                   stage.name + ": activate answered " + agent::with_reason(*stage.agent, status), "");
  if (problems.has_errors()) {
    std::swap(stage.agent, fresh);
  } else if (replaced_ != nullptr) {
    replaced_->each_stage([&](Stage& other) {
      if (other.agent == fresh) other.agent = stage.agent;
    });
  }
  return problems;
}

base::Problems Succession::reset(std::string_view name, const Present& present) {
  Stage* stage = stage_of(*running_, name);
  if (stage == nullptr) return {};
  auto made = agent::made_again(*stage->agent);
  if (!made) return made.problems();
  std::shared_ptr<agent::LiveAgent> fresh = std::move(made).take();
  return replace(*stage, fresh, false, present);
}

base::Problems Succession::restart(std::string_view name, std::shared_ptr<agent::LiveAgent>& fresh,
                                   bool knows, const Present& present) {
  Stage* stage = stage_of(*running_, name);
  return stage == nullptr ? base::Problems{} : replace(*stage, fresh, knows, present);
}

base::Result<agent::SavedState> Succession::learned_by(const Stage& stage, std::uint64_t epoch,
                                                       const std::vector<std::string>& instruments) const {
  auto saved = stage.agent->save_state(epoch, instruments);
  const auto earlier = last_learned_.find(stage.name);
  if (saved) {
    last_learned_[stage.name] = *saved;
    return saved;
  }
  const bool was_known = earlier != last_learned_.end() && earlier->second.epoch == epoch &&
                         earlier->second.agent_id == stage.agent->declaration().id;
  if (!was_known || !agent::is_gone(*stage.agent)) return saved;
  return earlier->second;
}

bool Succession::anyone_observes(std::uint32_t kind) const {
  const auto asks = [&](const Stage& stage) { return stage.agent->observes(kind); };
  return std::as_const(*running_).find_stage(asks) != nullptr ||
         (replaced_ != nullptr && std::as_const(*replaced_).find_stage(asks) != nullptr);
}

cadre_requirements Succession::requirements() const {
  cadre_requirements need = running_->requirements;
  if (replaced_ != nullptr) raise_requirements(need, replaced_->requirements);
  return need;
}

std::size_t Succession::service_count() const {
  return std::max(running_->services.size(), replaced_ == nullptr ? 0 : replaced_->services.size());
}

void Succession::enter_arena(const model::Arena& arena) {
  const auto give = [&](Stage& stage) { stage.agent->enter_arena(arena); };
  running_->each_stage(give);
  if (replaced_ != nullptr) replaced_->each_stage(give);
}

base::Result<journal::CheckpointRecord> Succession::checkpoint(std::uint64_t epoch,
                                                               std::vector<std::string> instruments,
                                                               Unsaved unsaved) const {
  journal::CheckpointRecord record;
  record.revision = running_->revision;
  record.epoch = epoch;
  record.instruments = std::move(instruments);
  base::Problems problems;
  std::as_const(*running_).each_stage([&](const Stage& stage) {
    if (!stage.agent->has_state()) return;
    auto saved = learned_by(stage, epoch, record.instruments);
    if (unsaved == Unsaved::refused) problems.append(saved.problems());
    if (!saved) return;
    if (!stage.agent->left_out().empty() && saved->bytes.empty()) return;  // of a universe that is gone
    record.agents.push_back({stage.name, saved->agent_id, stage.agent->manifest().sha256, saved->schema,
                             std::move(saved->bytes)});
  });
  if (problems.has_errors()) return problems;
  return record;
}

base::Problems Succession::load(const journal::CheckpointRecord& learned, const Present* present) {
  base::Problems problems;
  running_->each_stage([&](Stage& stage) {
    const auto saved = std::find_if(learned.agents.begin(), learned.agents.end(), [&](const auto& agent) {
      return agent.stage == stage.name && agent.agent == stage.agent->declaration().id;
    });
    const bool knows = saved != learned.agents.end();
    const bool takes_state = stage.agent->has_state() || !stage.agent->left_out().empty();
    if (knows && takes_state) {
      agent::SavedState& last = last_learned_[stage.name];
      last = {saved->agent, saved->schema, learned.epoch, learned.instruments, saved->bytes};
      problems.append(stage.agent->load_state(last));
    }
    if (!knows && present != nullptr) problems.append(warm_up(stage, *present));
  });
  return problems;
}

std::vector<StageChange> stage_changes(const Chain& running, const Chain* replaced, const Chain& next) {
  std::vector<StageChange> changes;
  next.each_stage([&](const Stage& stage) {
    const Stage* before = running.stage_named(stage.name);
    const bool hot =
        std::any_of(next.hot_changes.begin(), next.hot_changes.end(),
                    [&](const HotChange& change) { return &change.agent() == stage.agent.get(); });
    if (before != nullptr && before->agent == stage.agent && !hot) return;
    const bool observed = replaced != nullptr && replaced->runs(stage.agent);
    changes.push_back({&stage, before,
                       hot        ? StageChange::How::new_settings
                       : observed ? StageChange::How::earlier_instance
                                  : StageChange::How::new_instance});
  });
  return changes;
}

}  // namespace cadre::chain

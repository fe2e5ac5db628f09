#include "host/shadow/shadow_arm.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "host/book/dated_changes.hpp"
#include "host/book/probe.hpp"
#include "host/live/probe_ground.hpp"

namespace cadre::shadow {

namespace {

constexpr std::size_t usual_bars = 1024;

}  // namespace

void ShadowArm::place_agents(chain::ChainPlan& plan, const chain::Chain& running, const Ground& ground) {
  const std::vector<std::string> fresh = book::new_stages(plan, &running, nullptr).fresh;
  for (chain::PlannedStage& stage : plan.stages) {
    stage.allow_weak_sandbox = ground.allow_weak_sandbox;
    if (stage.is_isolation_said) continue;
    const bool is_new = std::find(fresh.begin(), fresh.end(), stage.instance->name) != fresh.end();
    if (is_new ||
        running.stage_named(stage.instance->name)->agent->spec().isolation != agent::Isolation::none)
      plan.isolate(stage);
  }
}

base::Result<std::unique_ptr<ShadowArm>> ShadowArm::build(std::string name,
                                                          std::unique_ptr<config::ScenarioConfig> config,
                                                          const agent::Catalog& catalog,
                                                          const Ground& ground) {
  base::Problems problems;
  auto plan = chain::plan_chain(*config, catalog);
  if (!plan) return plan.problems();
  for (const chain::PlannedStage& stage : plan->stages) {
    if (stage.instance->role != agent::RoleId::execution_environment || stage.entry.agent->simulated)
      continue;
    problems.error("EXPERIMENT_NOT_SIMULATED", {"", 0, 0, "/simulation"},
                   stage.entry.agent->id +
                       " is not declared as simulated by its manifest: a shadow arm must "
                       "not reach a market",
                   R"(name one that is, "simulation": {"agent": "cadre.simulated_execution"})");
  }
  if (problems.has_errors()) return problems;
  const chain::Chain& running = ground.runner.chain();
  place_agents(*plan, running, ground);
  if (const auto fresh = book::new_stages(*plan, &running, nullptr).fresh; ground.probes && !fresh.empty()) {
    problems =
        book::probe_chain(*config, *plan, fresh, ground.store, agent::probe_terms(ground.probe_timeout_ms),
                          live::probe_source(ground.runner, *config, {}));
    if (problems.has_errors()) return problems;
  }
  auto chain = chain::build_chain(*config, *plan, ground.store, nullptr);
  if (!chain) return chain.problems();
  std::unique_ptr<ShadowArm> arm(new ShadowArm());
  arm->name_ = std::move(name);
  arm->config_ = std::move(config);
  arm->instruments_ = ground.runner.instruments();
  arm->chain_ = std::move(chain).take();
  arm->stages_ = chain::effect_names(*arm->chain_);
  arm->book_ = std::make_unique<book::Book>(*arm->config_, arm->instruments_, usual_bars);
  return {std::move(arm), plan.problems()};
}

void ShadowArm::stand(const book::Book& control, std::uint64_t revision) {
  revision_ = book::revision_record(revision, 0, control.ledger().date(), *config_, *chain_);
  book::stand_beside(*book_, control);
}

base::Problems ShadowArm::enter(const journal::CheckpointRecord& learned) {
  recorder_ = std::make_unique<book::RunRecorder>(*book_, instruments_, config_->instruments, 0.0);
  book_->listen(recorder_.get());
  book_->listen(&hash_);
  base::Problems problems = book_->enter_beside(learned, chain_, revision_);
  loop_ = std::make_unique<book::BookLoop>(*book_, *config_);
  equity_.name = name_;
  if (revision_.date != 0) {
    experiment::note(equity_, revision_.date, book_->ledger().portfolio().equity().to_double());
  }
  return problems;
}

void ShadowArm::step(const model::Bar& bar, std::span<const model::ExternalSignal> signals,
                     bool stands_still) {
  book_->set_halted(stands_still);
  const base::Problems failed = loop_->step(bar, signals);
  decided_ = loop_->decision() != nullptr;
  if (decided_) decision_ = loop_->decision()->record;
  if (failed.has_errors()) failure_ = name_ + ": " + failed[0].message;
  // A comparison with a chain that lacks one of its agents says nothing of either.
  std::as_const(*chain_).each_stage([&](const chain::Stage& stage) {
    if (!failure_.empty() || !stage.agent->quarantine().holds()) return;
    failure_ = name_ + ": " + stage.name + " (" + stage.agent->declaration().id + " " +
               stage.agent->manifest().version.to_string() + ") can be called no more, " +
               stage.agent->quarantine().why();
  });
  note_equity(stands_still);
}

void ShadowArm::note_equity(bool stands_still) {
  const double equity = book_->ledger().portfolio().equity().to_double();
  if (!stands_still) {
    experiment::note(equity_, book_->ledger().date(), equity * still_factor_);
  } else if (!equity_.values.empty() && equity != 0) {
    still_factor_ = equity_.values.back() / equity;
  }
}

boost::json::array ShadowArm::agents() const {
  boost::json::array agents;
  std::as_const(*chain_).each_stage([&](const chain::Stage& stage) {
    const auto& manifest = stage.agent->manifest();
    agents.push_back({{"stage", stage.name},
                      {"id", stage.agent->declaration().id},
                      {"version", manifest.version.to_string()},
                      {"sha256", manifest.sha256}});
  });
  return agents;
}

report::RunResult ShadowArm::result() const {
  report::RunCounts counts = recorder_->counts();
  counts.order_hash = hash_.hex_so_far();
  return report::summarise(recorder_->series(), counts, config_->data.periods_per_year);
}

}  // namespace cadre::shadow

#include "host/shadow/shadow_arm.hpp"

#include <boost/json.hpp>
#include <utility>

#include "host/book/dated_changes.hpp"

namespace cadre::shadow {

namespace {

constexpr std::size_t usual_bars = 1024;

}  // namespace

base::Result<std::unique_ptr<ShadowArm>> ShadowArm::build(std::string name,
                                                          std::unique_ptr<config::ScenarioConfig> config,
                                                          const agent::Catalog& catalog,
                                                          const agent::Store& store,
                                                          std::vector<std::string> data_instruments) {
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
  auto chain = chain::build_chain(*config, *plan, store, nullptr);
  if (!chain) return chain.problems();
  std::unique_ptr<ShadowArm> arm(new ShadowArm());
  arm->name_ = std::move(name);
  arm->config_ = std::move(config);
  arm->instruments_ = std::move(data_instruments);
  arm->chain_ = std::move(chain).take();
  return {std::move(arm), plan.problems()};
}

base::Problems ShadowArm::begin(const book::Book& control, const journal::CheckpointRecord& learned) {
  book_ = std::make_unique<book::Book>(*config_, instruments_, usual_bars);
  recorder_ = std::make_unique<book::RunRecorder>(*book_, instruments_, 0.0);
  book_->listen(recorder_.get());
  book_->listen(&hash_);
  stages_ = chain::effect_names(*chain_);
  const journal::RevisionRecord revision =
      book::revision_record(control.chain().revision, 0, control.ledger().date(), *config_, *chain_);
  book::stand_beside(*book_, control);
  const base::Problems problems = book_->enter_beside(learned, chain_, revision);
  loop_ = std::make_unique<book::BookLoop>(*book_, *config_);
  equity_.name = name_;
  if (control.ledger().date() != 0) {
    equity_.dates.push_back(control.ledger().date());
    equity_.values.push_back(book_->ledger().portfolio().equity().to_double());
  }
  return problems;
}

void ShadowArm::step(const model::Bar& bar, std::span<const model::ExternalSignal> signals) {
  const base::Problems failed = loop_->step(bar, signals);
  decided_ = loop_->decision() != nullptr;
  if (decided_) decision_ = loop_->decision()->record;
  if (failed.has_errors()) failure_ = name_ + ": " + failed[0].message;
  equity_.dates.push_back(book_->ledger().date());
  equity_.values.push_back(book_->ledger().portfolio().equity().to_double());
}

report::RunResult ShadowArm::result() const {
  report::RunCounts counts = recorder_->counts();
  counts.order_hash = hash_.hex_so_far();
  return report::summarise(recorder_->series(), counts, config_->data.periods_per_year);
}

}  // namespace cadre::shadow

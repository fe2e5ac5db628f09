// Trying a run before anyone relies on it: every agent in a process of its own, up to the first decision.

#include <map>

#include "host/backtest/prepared_run.hpp"
#include "host/base/date.hpp"
#include "host/base/temporary_folder.hpp"
#include "host/book/probe.hpp"

namespace cadre::backtest {

namespace {

/// A history that ends with the first decision, and what its agents failed at until then.
class UntilDecided final : public book::MarketSource, public book::BookListener {
 public:
  UntilDecided(const PreparedRun& run, const book::Book& book)
      : history_(run.prices, run.signals), book_(book) {}

  const std::vector<std::string>& instruments() const override { return history_.instruments(); }
  std::size_t expected_bars() const override { return history_.expected_bars(); }
  bool next(model::Bar& bar, std::vector<model::ExternalSignal>& signals) override {
    return !decided_ && !problems_.has_errors() && history_.next(bar, signals);
  }

  void on_decision(std::uint64_t, const chain::Decision& decision) override {
    decided_ = true;
    for (const journal::StageFailure& failure : decision.record.failures)
      refuse(failure.instance, "deciding", failure.status, failure.reason);
  }
  void on_observe_failure(std::uint64_t, const chain::ObserveFailure& failure) override {
    refuse(failure.stage, "observe", failure.status, failure.reason);
  }

  const base::Problems& problems() const { return problems_; }

 private:
  void refuse(const std::string& stage, const char* call, cadre_status status, const std::string& reason) {
    const chain::Stage* failed = book_.chain().stage_named(stage);
    const agent::LiveAgent& agent = *failed->agent;
    problems_.error("PROBE_FAILED", base::Place::of(agent.manifest().library),
                    stage + " (" + agent.declaration().id + " " + agent.manifest().version.to_string() +
                        ") was tried on the data until " + base::format_date(book_.ledger().date()) + ": " +
                        call + " answered " + agent::status_name(status) +
                        (reason.empty() ? "" : ": " + reason),
                    "mend the agent, or look at the data of that day");
  }

  book::HistorySource history_;
  const book::Book& book_;
  bool decided_ = false;
  base::Problems problems_;
};

void refuse_tried(base::Problems& problems, const agent::LiveAgent& agent, const char* code,
                  const std::string& what) {
  problems.error(code, base::Place::of(agent.manifest().library), tried_text(agent) + what, "mend the agent");
}

using States = std::map<std::string, agent::SavedState>;

/// What the agents of the chain that ran last know, by stage.
States save_all(const book::Book& book, base::Problems& problems) {
  States states;
  book.chain().each_stage([&](const chain::Stage& stage) {
    if (!stage.agent->has_state()) return;
    auto saved = stage.agent->save_state(book.ledger().universe().epoch, book.ledger().instrument_ids());
    if (saved)
      states[stage.name] = std::move(saved).take();
    else
      refuse_tried(problems, *stage.agent, "PROBE_FAILED",
                   "save_state answered " + saved.problems()[0].message);
  });
  return states;
}

/// Decides once more on the last day, for nothing: none may know anything else afterwards, and a second
/// instance that is given what one knows has to know the same.
base::Problems look_at_states(book::Book& book) {
  base::Problems problems;
  const States before = save_all(book, problems);
  if (problems.has_errors()) return problems;
  consider(book);
  const States after = save_all(book, problems);
  book.chain().each_stage([&](const chain::Stage& stage) {
    const auto known = before.find(stage.name), now = after.find(stage.name);
    if (known == before.end() || now == after.end()) return;
    if (known->second.bytes != now->second.bytes)
      refuse_tried(problems, *stage.agent, "PROBE_LEARNS_WHILE_DECIDING", agent::learned_while_deciding);
    else if (const std::string how = forgets(*stage.agent, now->second); !how.empty())
      refuse_tried(problems, *stage.agent, "STATE_MIGRATED_WRONGLY", how);
  });
  return problems;
}

/// Lets the agents of the chain that ran last go, one after the other.
base::Problems retire_all(const book::Book& book) {
  base::Problems problems;
  book.chain().each_stage([&](const chain::Stage& stage) {
    if (const std::string how = agent::retire(*stage.agent); !how.empty())
      refuse_tried(problems, *stage.agent, "PROBE_FAILED", how);
  });
  return problems;
}

}  // namespace

base::Problems check_backtest(const BacktestOptions& options, std::uint64_t probe_timeout_ms) {
  auto prepared = prepare_run(options);
  if (!prepared) return prepared.problems();
  const base::TemporaryFolder folder;
  const agent::Store store(folder.path());
  base::Problems problems = prepared->warnings;
  const agent::ProbeTerms terms = agent::probe_terms(probe_timeout_ms);
  for (book::RevisionPlan::Step& step : prepared->revisions.steps) {
    if (step.rollback) continue;
    const std::vector<std::string> all = book::new_stages(step.plan, nullptr, nullptr).fresh;
    const config::ScenarioConfig& config = step.config ? *step.config : *prepared->config;
    problems.append(book::isolate_for_probe(config, step.plan, all, store, terms));
  }
  if (problems.has_errors()) return problems;
  // Agents say more about their settings than a schema can, and some only know when they see the market.
  book::Book book(*prepared->config, prepared->prices.instruments, prepared->prices.rows());
  UntilDecided source(*prepared, book);
  book::DatedChanges changes(book, prepared->revisions, store);
  book.listen(&source);
  problems.append(changes.start());
  if (problems.has_errors()) return problems;
  problems.append(book::BookLoop(book, *prepared->config).run(source, {}));
  problems.append(source.problems());
  if (!problems.has_errors()) problems.append(look_at_states(book));
  if (!problems.has_errors()) problems.append(retire_all(book));
  return problems;
}

}  // namespace cadre::backtest

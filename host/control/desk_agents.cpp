// An agent that has failed for good, or whose process is gone, gets another chance.

#include <boost/json.hpp>

#include "host/base/log.hpp"
#include "host/base/text.hpp"
#include "host/book/agent_restart.hpp"
#include "host/control/host_parts.hpp"
#include "host/control/operation.hpp"

namespace cadre::control {

namespace {

/// What a restart needs of the book, and what came of it; whoever waits may have gone.
struct Restart {
  std::shared_ptr<agent::LiveAgent> agent;
  std::vector<std::string> stages;
  std::unique_ptr<book::AgentRestart> restart;
  std::uint64_t journal_bytes = 0;
  base::Problems problems;
};

live::Answer not_answering(const live::BookRunner& runner) {
  base::Problems problems = runner.why_stopped();
  if (problems.empty()) problems.error("BOOK_ENDED", {}, "the book " + runner.id() + " has ended");
  return {live::Outcome::conflict, {}, problems};
}

base::Problems refusal(const live::BookRunner& runner, const std::string& stage, const Restart& found) {
  base::Problems problems;
  if (found.agent == nullptr)
    problems.error("STAGE_UNKNOWN", {}, "book " + runner.id() + " has no stage " + base::quote(stage),
                   "it has " + base::join(found.stages, ", "));
  else if (!found.agent->left_out().empty())
    problems.error("AGENT_QUARANTINED", {},
                   stage + " of book " + runner.id() + ": " + found.agent->left_out(),
                   "`cadre quarantine release` lets it in again");
  else if (found.agent->declaration().role == CADRE_ROLE_EXECUTION_ENVIRONMENT)
    problems.error(
        "ENVIRONMENT_RESTART", {},
        stage + " of book " + runner.id() + " is its execution environment, which knows its open orders",
        "start the host again: only a start asks about open orders");
  return problems;
}

/// The instance is made on this thread and shown there what it has missed, where a book does not wait for it.
live::Answer restart_in(HostParts& host, live::BookRunner& runner, const std::string& stage,
                        const live::Mandate& mandate) {
  const auto found = std::make_shared<Restart>();
  live::BookCheckpoints& checkpoints = runner.checkpoints();
  const live::Asked asked = runner.with_book([found, stage, &checkpoints](book::Book& book) {
    book.chain().each_stage([&](const chain::Stage& each) {
      found->stages.push_back(each.name);
      if (each.name == stage) found->agent = each.agent;
    });
    if (found->agent == nullptr) return;
    found->restart = std::make_unique<book::AgentRestart>(book, checkpoints.newest(), stage);
    found->journal_bytes = checkpoints.journal_bytes();
  });
  if (asked != live::Asked::done) return not_answering(runner);
  base::Problems problems = refusal(runner, stage, *found);
  if (problems.has_errors())
    return {found->agent == nullptr ? live::Outcome::unknown : live::Outcome::conflict, {}, problems};
  auto fresh = agent::made_again(*found->agent);
  if (!fresh) return {live::Outcome::conflict, {}, fresh.problems()};
  problems = found->restart->catch_up(std::move(fresh).take(), checkpoints.journal(), found->journal_bytes);
  if (problems.has_errors()) return {live::Outcome::conflict, {}, problems};
  const journal::CommandRecord command{book::agent_restarted, 0, mandate.actor, mandate.reason, {}};
  const live::Asked told = runner.with_book([found, command, &runner, &checkpoints](book::Book& book) {
    const auto taken =
        found->restart->commit(book, checkpoints.journal(), checkpoints.journal_bytes(), command);
    found->problems = taken.problems();
    if (taken) runner.take_command(*taken);
  });
  if (told != live::Asked::done) return not_answering(runner);
  if (found->problems.has_errors()) return {live::Outcome::conflict, {}, found->problems};
  base::log_event(
      base::LogLevel::warn, "agent_restarted",
      {{"book", runner.id()}, {"stage", stage}, {"actor", mandate.actor}, {"reason", mandate.reason}});
  host.feed.say(
      "agent_restarted",
      {{"book", runner.id()}, {"stage", stage}, {"actor", mandate.actor}, {"reason", mandate.reason}});
  return {live::Outcome::done, {{"book", runner.id()}, {"stage", stage}}, {}};
}

live::Answer restart(HostParts& host, const Call& call) {
  return host.reload->between_changes([&](const revision::Charge&) -> live::Answer {
    const auto runner = live::find_book(host.books, call.path[0]);
    if (runner == nullptr) return live::unknown_book(host.books, call.path[0]);
    return restart_in(host, *runner, call.path[1], call.mandate);
  });
}

}  // namespace

std::span<const Operation> agent_operations() {
  using Brings = Operation::Brings;
  static const Operation rows[] = {
      {"POST", "/v1/books/{book}/stages/{stage}:restart",
       "put a fresh instance in the place of a stage's agent, as if it had been there all along", restart,
       Brings::change}};
  return rows;
}

}  // namespace cadre::control

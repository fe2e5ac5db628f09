#include "host/control/agent_restarts.hpp"

#include <boost/json.hpp>
#include <limits>
#include <utility>

#include "host/base/json.hpp"
#include "host/base/log.hpp"
#include "host/base/text.hpp"
#include "host/book/agent_restart.hpp"

namespace cadre::control {

namespace json = boost::json;

namespace {

constexpr std::uint64_t new_events_only = std::numeric_limits<std::uint64_t>::max();

/// What a restart needs of the book, and what came of it; whoever waits may have gone.
struct Restart {
  std::shared_ptr<agent::LiveAgent> agent;
  bool is_lost = false;
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

bool has_stopped(const live::BookRunner& runner) {
  return runner.snapshot().state == live::BookState::stopped;
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

/// `found`: what was needed for it, with the agent that has to go.
live::Answer put_in_place(HostParts& host, live::BookRunner& runner, const std::string& stage,
                          const live::Mandate& mandate, Restarted which,
                          const std::shared_ptr<Restart>& found) {
  if (has_stopped(runner)) return not_answering(runner);
  live::BookCheckpoints& checkpoints = runner.checkpoints();
  const live::Asked asked = runner.with_book([found, stage, &checkpoints](book::Book& book) {
    book.chain().each_stage([&](const chain::Stage& each) {
      found->stages.push_back(each.name);
      if (each.name == stage) found->agent = each.agent;
    });
    if (found->agent == nullptr) return;
    found->is_lost = found->agent->quarantine().lost_its_process();
    const auto image = checkpoints.newest_of(stage);
    if (image == nullptr) {
      found->problems = checkpoints.why_none();
      return;
    }
    found->restart = std::make_unique<book::AgentRestart>(book, image, stage);
    found->journal_bytes = checkpoints.journal_bytes();
  });
  if (asked != live::Asked::done) return not_answering(runner);
  base::Problems problems = refusal(runner, stage, *found);
  problems.append(found->problems);
  if (!problems.has_errors() && which == Restarted::lost && !found->is_lost)
    return {live::Outcome::done, {}, {}};  // another one is there by now
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
  // In the journal or not at all: a book that cannot write it has stopped.
  if (has_stopped(runner)) return not_answering(runner);
  host.not_restarted.forget(runner.id(), stage);
  base::log_event(
      base::LogLevel::warn, "agent_restarted",
      {{"book", runner.id()}, {"stage", stage}, {"actor", mandate.actor}, {"reason", mandate.reason}});
  host.feed.say(
      "agent_restarted",
      {{"book", runner.id()}, {"stage", stage}, {"actor", mandate.actor}, {"reason", mandate.reason}});
  return {live::Outcome::done, {{"book", runner.id()}, {"stage", stage}}, {}};
}

}  // namespace

live::Answer restart_agent(HostParts& host, live::BookRunner& runner, const std::string& stage,
                           const live::Mandate& mandate, Restarted which) {
  auto found = std::make_shared<Restart>();
  live::Answer answer = put_in_place(host, runner, stage, mandate, which, found);
  if (found->agent == nullptr) return answer;
  const std::string library = found->agent->manifest().library.string();
  answer.problems.append(host.reload->retire(library, std::move(found)));
  return answer;
}

AgentRestarts::AgentRestarts(HostParts& host) : host_(host), thread_([this] { run(); }) {
  listener_ = host_.feed.listen(new_events_only, [this](std::uint64_t, const std::string& text) {
    // Cheap for all the others.
    if (text.find(book::agent_quarantined) == std::string::npos) return;
    hear(text);
  });
}

AgentRestarts::~AgentRestarts() {
  end();
  thread_.join();
}

void AgentRestarts::end() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(ends_, true)) return;
  }
  host_.feed.stop_listening(listener_);
  changed_.notify_all();
}

void AgentRestarts::hear(const std::string& text) {
  const auto document = base::JsonDocument::parse("event", text);
  if (!document) return;
  const json::object& event = document->root().as_object();
  if (event.at("event") != book::agent_quarantined) return;
  host_.not_restarted.forget(std::string(event.at("book").as_string()),
                             std::string(event.at("stage").as_string()));
  if (!event.at("restarts").as_bool()) return;
  const std::lock_guard lock(mutex_);
  lost_.push_back({std::string(event.at("book").as_string()), std::string(event.at("stage").as_string()),
                   std::string(event.at("why").as_string()), event.at("bar").to_number<std::uint64_t>()});
  changed_.notify_all();
}

void AgentRestarts::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ends_ || !lost_.empty(); });
    if (ends_) return;
    const Lost lost = std::move(lost_.front());
    lost_.pop_front();
    lock.unlock();
    // What is thrown here, or by the book in between, is no reason for the host to end.
    try {
      restart(lost);
    } catch (const std::exception& thrown) {
      say_not_restarted(lost, thrown.what());
    }
    lock.lock();
  }
}

void AgentRestarts::restart(const Lost& lost) {
  if (losses_.add(lost.book + '/' + lost.stage, lost.bar))
    return say_not_restarted(lost, "it was lost " + std::to_string(book::TooOften::too_many) +
                                       " times within " + std::to_string(book::TooOften::within_bars) +
                                       " bars");
  const live::Mandate mandate{"host", "restarted by its on_error, since it was lost: " + lost.why};
  const live::Answer answer = host_.reload->between_changes([&](const revision::Charge&) -> live::Answer {
    const auto runner = live::find_book(host_.books, lost.book);
    if (runner == nullptr) return live::unknown_book(host_.books, lost.book);
    return restart_agent(host_, *runner, lost.stage, mandate, Restarted::lost);
  });
  if (answer.outcome != live::Outcome::done)
    say_not_restarted(lost, answer.problems.empty() ? "the host is stopping" : answer.problems[0].message);
}

void AgentRestarts::say_not_restarted(const Lost& lost, const std::string& why) {
  base::log_event(base::LogLevel::error, "agent_not_restarted",
                  {{"book", lost.book}, {"stage", lost.stage}, {"why", why}});
  host_.not_restarted.say(lost.book, lost.stage, why);
  host_.feed.say("agent_not_restarted", {{"book", lost.book}, {"stage", lost.stage}, {"why", why}});
}

}  // namespace cadre::control

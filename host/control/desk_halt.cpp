// Trading states by an operator's order: ACTIVE, REDUCING, HALTED and the kill switch, of books, and of an
// agent or an instrument in them.

#include <algorithm>
#include <boost/json.hpp>

#include "host/base/text.hpp"
#include "host/control/host_parts.hpp"
#include "host/control/operation.hpp"
#include "host/control/state_json.hpp"

namespace cadre::control {

namespace json = boost::json;

namespace {

/// The books that an order is about, with what became of it.
struct Told {
  json::array done, waiting;
  json::object open_orders;  ///< how many, of the books that have some
  base::Problems problems;
};

/// Why a book did not hear of it. One that a change took out meanwhile has nothing to hear among others.
base::Problems why_not_told(const HostParts& host, const live::BookRunner& runner, bool is_among_others) {
  base::Problems why = runner.why_stopped();
  if (!why.empty()) return why;
  const bool is_gone = !host.stopped && live::find_book(host.books, runner.id()) == nullptr;
  if (is_gone && is_among_others) return why;
  if (is_gone)
    why.error("BOOK_ENDED", {}, "the book " + runner.id() + " was taken out of the host meanwhile",
              "`cadre status` lists those that there are");
  else
    why.error("BOOK_STOPPED", {}, "the book " + runner.id() + " decides nothing: the host ends",
              "start the host again");
  return why;
}

/// Writes the order down and tells every book of it, before it waits for any: one that is in the middle of
/// something long, or hangs, is in the way of no other. A problem for each that has stopped, or cannot write
/// down what was done: then it does nothing any more either.
Told tell_books(HostParts& host, const live::BookList::Books& chosen, live::HaltOrder& order) {
  Told told;
  for (const auto& runner : chosen)
    order.books.push_back(runner->id());
  order.every_book = !order.scope.agent.empty() && chosen.size() == host.books.size();
  {
    const std::lock_guard lock(host.halt_mutex);
    const base::Problems unwritten = host.halts->write(order);
    // A halt is carried out whatever the disk says. Going on can wait.
    if (unwritten.has_errors() && !order.restricts()) return {{}, {}, {}, unwritten};
    if (unwritten.has_errors())
      told.problems.error("HALT_NOT_DURABLE", unwritten[0].place,
                          "halted now, but it cannot be written down: " + unwritten[0].message,
                          "make room, and halt again: else it may not hold after a restart");
    for (const auto& runner : chosen)
      runner->halts().order(order);
  }
  std::vector<std::shared_ptr<live::BookErrand>> errands;
  errands.reserve(chosen.size());
  for (const auto& runner : chosen)
    errands.push_back(runner->halts().begin_taking());
  for (std::size_t b = 0; b < chosen.size(); ++b) {
    live::BookRunner& runner = *chosen[b];
    // Not given up with whoever waits: the journal is to say it as soon as the book comes to it.
    const live::Asked asked = errands[b]->wait(runner.pulse(), live::BookErrand::Unbegun::stays);
    const live::BookSnapshot now = runner.snapshot();
    if (now.open_orders != 0) told.open_orders[runner.id()] = now.open_orders;
    if (order.flatten && !now.not_closed.empty())
      told.problems.warning("POSITION_NOT_CLOSED", {}, "not closed in " + runner.id() + ": " + now.not_closed,
                            "give the order again when it can be traded");
    if (asked == live::Asked::stuck) {
      told.waiting.push_back(json::object{{"book", runner.id()}, {"why", now.reason}});
      told.done.push_back(json::value(runner.id()));
    } else if (now.state != live::BookState::stopped && asked == live::Asked::done && !host.stopped) {
      told.done.push_back(json::value(runner.id()));
    } else {
      told.problems.append(why_not_told(host, runner, chosen.size() > 1));
    }
  }
  return told;
}

live::Answer answer_of(const char* done, const live::HaltOrder& order, Told told) {
  const live::Outcome outcome = told.problems.has_errors() ? live::Outcome::conflict : live::Outcome::done;
  json::object body{{"number", order.number}, {done, std::move(told.done)}};
  if (!told.open_orders.empty()) body["open_orders"] = std::move(told.open_orders);
  if (!told.waiting.empty()) body["waiting"] = std::move(told.waiting);
  return {outcome, std::move(body), told.problems};
}

live::HaltOrder order_of(const Call& call, execution::TradingState state) {
  live::HaltOrder order;
  order.state = state;
  order.scope = {call.text("instrument"), call.text("agent")};
  order.actor = call.mandate.actor;
  order.reason = call.mandate.reason;
  order.cancel_orders = call.flag("cancel_orders");
  order.flatten = call.flag("flatten");
  order.rearms = call.flag("rearm");
  return order;
}

bool runs(const live::BookRunner& runner, const std::string& agent) {
  bool found = false;
  runner.chain().each_stage(
      [&](const chain::Stage& stage) { found = found || stage.agent->declaration().id == agent; });
  return found;
}

/// The books whose scope an order names: for an instrument those that have it; for an agent all, one that
/// takes it in later finds the order. Errors: STATE_SCOPE, SCOPE_UNKNOWN.
base::Problems narrow(live::BookList::Books& chosen, const live::HaltOrder& order) {
  base::Problems problems;
  const execution::StateScope& scope = order.scope;
  if (!scope.instrument.empty() && !scope.agent.empty())
    problems.error("STATE_SCOPE", {}, "an order is about an instrument or about an agent, not both",
                   "give two orders");
  if (order.flatten && (!scope.instrument.empty() || order.state == execution::TradingState::killed))
    problems.error("STATE_SCOPE", {},
                   "to flatten is to send orders for a whole book: not with an instrument or the kill switch",
                   "halt the book with --flatten, or leave --flatten away");
  if (problems.has_errors()) return problems;
  if (!scope.instrument.empty())
    std::erase_if(chosen, [&](const auto& runner) {
      const std::vector<std::string>& all = runner->instruments();
      return std::find(all.begin(), all.end(), scope.instrument) == all.end();
    });
  const bool is_known = scope.agent.empty() || order.state == execution::TradingState::active ||
                        std::any_of(chosen.begin(), chosen.end(),
                                    [&](const auto& runner) { return runs(*runner, scope.agent); });
  if (chosen.empty() || !is_known)
    problems.error("SCOPE_UNKNOWN", {},
                   chosen.empty() ? "no book has the instrument " + base::quote(scope.instrument)
                                  : "no book runs the agent " + base::quote(scope.agent),
                   chosen.empty() ? "`cadre portfolio` lists what the books have"
                                  : "`cadre status` lists the agents of each book");
  return problems;
}

/// Why nothing of a book is closed or canceled, although somebody asked for it.
base::Problems why_killed(const live::BookRunner& runner, const live::HaltOrder& order) {
  base::Problems why;
  why.error("BOOK_KILLED", {},
            "the kill switch was used on the book " + runner.id() + ", and " +
                (order.flatten ? "none of its positions was closed" : "no more of its orders are canceled"),
            order.flatten ? "`cadre halt --flatten --rearm --book " + runner.id() +
                                " --reason ...` closes them, and leaves the book HALTED"
                          : "the kill switch has canceled what was open");
  return why;
}

live::Answer restrict_to(HostParts& host, const Call& call, execution::TradingState state) {
  auto chosen = live::chosen_books(host.books, call.text("book"));
  if (chosen.empty()) return live::unknown_book(host.books, call.text("book"));
  live::HaltOrder order = order_of(call, state);
  if (base::Problems problems = narrow(chosen, order); problems.has_errors())
    return {live::Outcome::invalid, {}, problems};
  json::array stricter;
  base::Problems not_done;
  // An order about all books loosens none, and none ends the kill switch.
  std::erase_if(chosen, [&](const auto& runner) {
    const execution::TradingState now = host.halts->state_of(runner->id(), order.scope);
    const bool is_killed = now == execution::TradingState::killed;
    const bool is_armed = is_killed && order.rearms;
    const bool stays = now > state && !is_armed && (is_killed || call.text("book").empty());
    if (stays && is_killed && (order.flatten || order.cancel_orders))
      not_done.append(why_killed(*runner, order));
    if (stays) stricter.push_back({{"book", runner->id()}, {"state", execution::state_name(now)}});
    return stays;
  });
  Told told = chosen.empty() ? Told{} : tell_books(host, chosen, order);
  const char* done = state == execution::TradingState::reducing ? "reducing" : "halted";
  live::Answer answer = answer_of(done, order, std::move(told));
  if (chosen.empty()) answer.body.as_object().erase("number");  // nothing was ordered
  if (!stricter.empty()) answer.body.as_object()["stricter"] = std::move(stricter);
  if (not_done.has_errors()) answer.outcome = live::Outcome::conflict;
  answer.problems.append(not_done);
  return answer;
}

live::Answer halt(HostParts& host, const Call& call) {
  return restrict_to(host, call,
                     call.flag("kill") ? execution::TradingState::killed : execution::TradingState::halted);
}

live::Answer reduce(HostParts& host, const Call& call) {
  return restrict_to(host, call, execution::TradingState::reducing);
}

/// Those that have to be armed again, with an error each, leave the books that an order is to resume.
void leave_out_killed(const HostParts& host, live::BookList::Books& chosen, const live::HaltOrder& order,
                      base::Problems& unable) {
  std::erase_if(chosen, [&](const auto& runner) {
    if (order.rearms) return false;
    if (host.halts->state_of(runner->id(), order.scope) != execution::TradingState::killed) return false;
    unable.error(
        "BOOK_KILLED", {},
        "the kill switch was used on " + (order.scope.is_book() ? "the book " + runner->id()
                                          : order.scope.instrument.empty()
                                              ? order.scope.agent + " in the book " + runner->id()
                                              : order.scope.instrument + " in the book " + runner->id()),
        "`cadre resume --rearm` once it is clear that it may trade again");
    return true;
  });
}

/// What still holds a book that an order was to resume, by another scope.
json::array still_held(const live::BookList::Books& books) {
  json::array held;
  for (const auto& runner : books) {
    for (const execution::StateChange& change : runner->snapshot().states)
      held.push_back(state_json(change, runner->id()));
  }
  return held;
}

live::Answer resume(HostParts& host, const Call& call) {
  auto chosen = live::chosen_books(host.books, call.text("book"));
  if (chosen.empty()) return live::unknown_book(host.books, call.text("book"));
  live::HaltOrder order = order_of(call, execution::TradingState::active);
  if (base::Problems problems = narrow(chosen, order); problems.has_errors())
    return {live::Outcome::invalid, {}, problems};
  live::BookList::Books able;
  base::Problems unable;
  json::array not_halted;
  leave_out_killed(host, chosen, order, unable);
  for (const auto& runner : chosen) {
    const live::BookSnapshot now = runner->snapshot();
    const std::string& left_out = now.left_out;
    // A halt that nobody ended holds over the next start: what is refused must not end it.
    if (now.state == live::BookState::stopped) {
      unable.append(runner->why_stopped());
      continue;
    }
    const bool lives = now.state == live::BookState::deciding || now.state == live::BookState::warming_up;
    const bool stands = host.halts->state_of(runner->id(), order.scope) != execution::TradingState::active;
    if (order.scope.is_book() && lives && !stands && runner->halts().is_deciding())
      not_halted.push_back(json::value(runner->id()));
    else if (left_out.empty() || !order.scope.is_book())
      able.push_back(runner);
    else
      unable.error(
          "BOOK_QUARANTINED", {},
          "the book " + runner->id() + " cannot decide, an agent of it is in quarantine: " + left_out,
          "apply another version or other settings, or let it in with `cadre quarantine release`; then "
          "resume");
  }
  Told told = able.empty() ? Told{} : tell_books(host, able, order);
  told.problems.append(unable);
  live::Answer answer = answer_of("resumed", order, std::move(told));
  if (json::array held = still_held(able); !held.empty()) answer.body.as_object()["held"] = std::move(held);
  if (able.empty()) answer.body.as_object().erase("number");  // nothing was ordered
  if (!not_halted.empty()) answer.body.as_object()["not_halted"] = std::move(not_halted);
  return answer;
}

}  // namespace

std::span<const Operation> halt_operations() {
  using Brings = Operation::Brings;
  static const Operation rows[] = {{"POST",
                                    "/v1/halt",
                                    "stop deciding",
                                    halt,
                                    Brings::change,
                                    {{"book"},
                                     {"instrument"},
                                     {"agent"},
                                     {"kill", Member::Kind::flag},
                                     {"cancel_orders", Member::Kind::flag},
                                     {"flatten", Member::Kind::flag},
                                     {"rearm", Member::Kind::flag}}},
                                   {"POST",
                                    "/v1/reduce",
                                    "only reduce positions",
                                    reduce,
                                    Brings::change,
                                    {{"book"}, {"instrument"}, {"agent"}}},
                                   {"POST",
                                    "/v1/resume",
                                    "decide again",
                                    resume,
                                    Brings::change,
                                    {{"book"}, {"instrument"}, {"agent"}, {"rearm", Member::Kind::flag}}}};
  return rows;
}

}  // namespace cadre::control

// The kill switch: books that are told to stop deciding, and to go on.

#include <boost/json.hpp>

#include "host/control/host_parts.hpp"
#include "host/control/operation.hpp"

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
  {
    const std::lock_guard lock(host.halt_mutex);
    const base::Problems unwritten = host.halts->write(order);
    // A halt is carried out whatever the disk says. Going on can wait.
    if (unwritten.has_errors() && !order.halts) return {{}, {}, {}, unwritten};
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

live::Answer halt(HostParts& host, const Call& call) {
  const auto chosen = live::chosen_books(host.books, call.text("book"));
  if (chosen.empty()) return live::unknown_book(host.books, call.text("book"));
  live::HaltOrder order;
  order.actor = call.mandate.actor;
  order.reason = call.mandate.reason;
  order.cancel_orders = call.flag("cancel_orders");
  order.flatten = call.flag("flatten");
  return answer_of("halted", order, tell_books(host, chosen, order));
}

live::Answer resume(HostParts& host, const Call& call) {
  const auto chosen = live::chosen_books(host.books, call.text("book"));
  if (chosen.empty()) return live::unknown_book(host.books, call.text("book"));
  live::HaltOrder order;
  order.halts = false;
  order.actor = call.mandate.actor;
  order.reason = call.mandate.reason;
  live::BookList::Books able;
  base::Problems unable;
  json::array not_halted;
  for (const auto& runner : chosen) {
    const live::BookSnapshot now = runner->snapshot();
    const std::string& left_out = now.left_out;
    // A halt that nobody ended holds over the next start: what is refused must not end it.
    if (now.state == live::BookState::stopped) {
      unable.append(runner->why_stopped());
      continue;
    }
    const bool lives = now.state == live::BookState::deciding || now.state == live::BookState::warming_up;
    if (lives && runner->halts().is_deciding())
      not_halted.push_back(json::value(runner->id()));
    else if (left_out.empty())
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
  if (not_halted.empty()) return answer;
  if (able.empty()) answer.body.as_object().erase("number");  // nothing was ordered
  answer.body.as_object()["not_halted"] = std::move(not_halted);
  return answer;
}

}  // namespace

std::span<const Operation> halt_operations() {
  using Brings = Operation::Brings;
  static const Operation rows[] = {
      {"POST",
       "/v1/halt",
       "stop deciding",
       halt,
       Brings::change,
       {{"book"}, {"cancel_orders", Member::Kind::flag}, {"flatten", Member::Kind::flag}}},
      {"POST", "/v1/resume", "decide again", resume, Brings::change, {{"book"}}}};
  return rows;
}

}  // namespace cadre::control

// The kill switch: books that are told to stop deciding, and to go on.

#include <boost/json.hpp>
#include <future>

#include "host/base/invariant.hpp"
#include "host/control/host_parts.hpp"
#include "host/control/operation.hpp"

namespace cadre::control {

namespace json = boost::json;

namespace {

/// Does something with each of the chosen books between two of its events. All of them are told before any is
/// waited for: one that is in the middle of something long, or hangs, is in the way of no other. A conflict
/// when one of them has stopped, or cannot write down what was done: then it does nothing any more either.
live::Answer tell_books(HostParts& host, std::string_view id, const char* done,
                        const std::function<void(live::BookRunner&, book::Book&)>& work) {
  const auto chosen = live::chosen_books(host.books, id);
  if (chosen.empty()) return live::unknown_book(host.books, id);
  std::vector<std::future<void>> told;
  {
    const std::lock_guard lock(host.halt_mutex);
    for (live::BookRunner* runner : chosen) {
      const auto ended = std::make_shared<std::promise<void>>();
      told.push_back(ended->get_future());
      const bool taken = runner->post_work([runner, work, ended](book::Book& book) {
        try {
          work(*runner, book);
          ended->set_value();
        } catch (const base::InvariantBroken&) {
          ended->set_exception(std::current_exception());
          throw;  // the book stops too
        } catch (...) {
          ended->set_exception(std::current_exception());
        }
      });
      if (!taken) ended->set_value();
    }
  }
  for (std::future<void>& each : told)
    each.get();
  json::array list;
  base::Problems problems;
  for (live::BookRunner* runner : chosen) {
    const live::BookSnapshot now = runner->snapshot();
    if (now.state != live::BookState::stopped && !host.stopped) {
      list.push_back(json::value(runner->id()));
      continue;
    }
    problems.append(runner->why_stopped());
    if (problems.empty())
      problems.error("BOOK_STOPPED", {}, "the book " + runner->id() + " decides nothing: the host ends",
                     "start the host again");
  }
  const live::Outcome outcome = problems.has_errors() ? live::Outcome::conflict : live::Outcome::done;
  return {outcome, {{done, std::move(list)}}, problems};
}

live::Answer halt(HostParts& host, const Call& call) {
  const live::Mandate mandate = call.mandate;
  const bool flatten = call.flag("flatten");
  const bool cancel_orders = call.flag("cancel_orders");
  const std::string said =
      json::serialize(json::object{{"cancel_orders", cancel_orders}, {"flatten", flatten}});
  return tell_books(
      host, call.text("book"), "halted", [=, &host](live::BookRunner& runner, book::Book& book) {
        runner.take_command({"halt", book.ledger().date(), mandate.actor, mandate.reason, said});
        runner.set_halted(true, mandate.actor + ": " + mandate.reason);
        if (cancel_orders || flatten) book.cancel_all();
        if (flatten) book.flatten();
        runner.publish();
        host.feed.say("halt", {{"book", runner.id()},
                               {"actor", mandate.actor},
                               {"reason", mandate.reason},
                               {"cancel_orders", cancel_orders},
                               {"flatten", flatten}});
      });
}

live::Answer resume(HostParts& host, const Call& call) {
  const live::Mandate mandate = call.mandate;
  return tell_books(
      host, call.text("book"), "resumed", [mandate, &host](live::BookRunner& runner, book::Book& book) {
        runner.take_command({"resume", book.ledger().date(), mandate.actor, mandate.reason, ""});
        runner.set_halted(false, "");
        runner.publish();
        host.feed.say("resume",
                      {{"book", runner.id()}, {"actor", mandate.actor}, {"reason", mandate.reason}});
      });
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

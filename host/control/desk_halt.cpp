// The kill switch: books that are told to stop deciding, and to go on.

#include <boost/json.hpp>
#include <future>

#include "host/base/invariant.hpp"
#include "host/control/control_desk.hpp"

namespace cadre::control {

namespace json = boost::json;

/// Does something with each of the chosen books between two of its events. All of them are told before any is
/// waited for: one that is in the middle of something long, or hangs, is in the way of no other. A conflict
/// when one of them has stopped, or cannot write down what was done: then it does nothing any more either.
live::Answer ControlDesk::tell_books(std::string_view id, const char* done,
                                     const std::function<void(live::BookRunner&, book::Book&)>& work) {
  const auto chosen = live::chosen_books(host_.books, id);
  if (chosen.empty()) return live::unknown_book(host_.books, id);
  std::vector<std::future<void>> told;
  {
    const std::lock_guard lock(halt_mutex_);
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
    if (now.state != live::BookState::stopped && !host_.stopped) {
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

live::Answer ControlDesk::halt(const HaltRequest& request) {
  const json::object text{{"cancel_orders", request.cancel_orders}, {"flatten", request.flatten}};
  const std::string said = json::serialize(text);
  return tell_books(
      request.book, "halted", [this, request, said](live::BookRunner& runner, book::Book& book) {
        const live::Mandate& mandate = request.mandate;
        runner.take_command({"halt", book.ledger().date(), mandate.actor, mandate.reason, said});
        runner.set_halted(true, mandate.actor + ": " + mandate.reason);
        if (request.cancel_orders || request.flatten) book.cancel_all();
        if (request.flatten) book.flatten();
        runner.publish();
        host_.feed.say("halt", {{"book", runner.id()},
                                {"actor", mandate.actor},
                                {"reason", mandate.reason},
                                {"cancel_orders", request.cancel_orders},
                                {"flatten", request.flatten}});
      });
}

live::Answer ControlDesk::resume(const live::Mandate& mandate, std::string_view id) {
  return tell_books(id, "resumed", [this, mandate](live::BookRunner& runner, book::Book& book) {
    runner.take_command({"resume", book.ledger().date(), mandate.actor, mandate.reason, ""});
    runner.set_halted(false, "");
    runner.publish();
    host_.feed.say("resume", {{"book", runner.id()}, {"actor", mandate.actor}, {"reason", mandate.reason}});
  });
}

}  // namespace cadre::control

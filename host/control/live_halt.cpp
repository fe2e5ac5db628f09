// The kill switch: books that are told to stop deciding, and to go on.

#include <boost/json.hpp>
#include <future>

#include "host/control/live_host.hpp"

namespace cadre::control {

namespace json = boost::json;

/// Does something with each of the chosen books between two of its events. All of them are told before any is
/// waited for: one that is in the middle of something long, or hangs, is in the way of no other. A conflict
/// when one of them has stopped, or cannot write down what was done: then it does nothing any more either.
live::Answer LiveHost::tell_books(std::string_view id, const char* done,
                                  const std::function<void(live::BookRunner&, book::Book&)>& work) {
  const auto chosen = chosen_books(id);
  if (chosen.empty()) return unknown_book(id);
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
    if (now.state != "stopped" && !stopped_) {
      list.push_back(json::value(runner->id()));
      continue;
    }
    problems.error("BOOK_STOPPED", {},
                   "the book " + runner->id() + " has stopped: " + (stopped_ ? "the host ends" : now.reason),
                   "it decides nothing; mend that and start the host again");
  }
  const live::Outcome outcome = problems.has_errors() ? live::Outcome::conflict : live::Outcome::done;
  return {outcome, {{done, std::move(list)}}, problems};
}

live::Answer LiveHost::halt(const HaltRequest& request) {
  const json::object text{{"cancel_orders", request.cancel_orders}, {"flatten", request.flatten}};
  const std::string said = json::serialize(text);
  return tell_books(request.book, "halted",
                    [this, request, said](live::BookRunner& runner, book::Book& book) {
                      const live::Mandate& mandate = request.mandate;
                      runner.take_command({"halt", book.date(), mandate.actor, mandate.reason, said});
                      runner.set_halted(true, mandate.actor + ": " + mandate.reason);
                      if (request.cancel_orders || request.flatten) book.cancel_all();
                      if (request.flatten) book.flatten();
                      runner.publish();
                      feed_.say("halt", {{"book", runner.id()},
                                         {"actor", mandate.actor},
                                         {"reason", mandate.reason},
                                         {"cancel_orders", request.cancel_orders},
                                         {"flatten", request.flatten}});
                    });
}

live::Answer LiveHost::resume(const live::Mandate& mandate, std::string_view id) {
  return tell_books(id, "resumed", [this, mandate](live::BookRunner& runner, book::Book& book) {
    runner.take_command({"resume", book.date(), mandate.actor, mandate.reason, ""});
    runner.set_halted(false, "");
    runner.publish();
    feed_.say("resume", {{"book", runner.id()}, {"actor", mandate.actor}, {"reason", mandate.reason}});
  });
}

}  // namespace cadre::control

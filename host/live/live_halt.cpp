// The kill switch: books that are told to stop deciding, and to go on.

#include <boost/json.hpp>
#include <future>

#include "host/live/live_host.hpp"

namespace cadre::live {

namespace json = boost::json;

/// Does something with each of the chosen books between two of its events. All of them are told before any is
/// waited for: one that is in the middle of something long, or hangs, is in the way of no other. A conflict
/// when one of them has stopped, or cannot write down what was done: then it does nothing any more either.
Answer LiveHost::tell_books(std::string_view id, const char* done,
                            const std::function<void(BookRunner&, scenario::Book&)>& work) {
  const auto chosen = chosen_books(id);
  if (chosen.empty()) return unknown_book(id);
  std::vector<std::future<void>> told;
  {
    const std::lock_guard lock(halt_mutex_);
    for (BookRunner* runner : chosen) {
      const auto ended = std::make_shared<std::promise<void>>();
      told.push_back(ended->get_future());
      const bool taken = runner->post_work([runner, work, ended](scenario::Book& book) {
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
  for (BookRunner* runner : chosen) {
    const BookSnapshot now = runner->snapshot();
    if (now.state != "stopped" && !stopped_) {
      list.push_back(json::value(runner->id()));
      continue;
    }
    problems.error("BOOK_STOPPED", {"", 0, 0, ""},
                   "the book " + runner->id() + " has stopped: " + (stopped_ ? "the host ends" : now.reason),
                   "it decides nothing; mend that and start the host again");
  }
  const Outcome outcome = problems.has_errors() ? Outcome::conflict : Outcome::done;
  return {outcome, {{done, std::move(list)}}, problems};
}

Answer LiveHost::halt(const HaltRequest& request) {
  const json::object text{{"cancel_orders", request.cancel_orders}, {"flatten", request.flatten}};
  const std::string said = json::serialize(text);
  return tell_books(request.book, "halted", [this, request, said](BookRunner& runner, scenario::Book& book) {
    const Mandate& mandate = request.mandate;
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

Answer LiveHost::resume(const Mandate& mandate, std::string_view id) {
  return tell_books(id, "resumed", [this, mandate](BookRunner& runner, scenario::Book& book) {
    runner.take_command({"resume", book.date(), mandate.actor, mandate.reason, ""});
    runner.set_halted(false, "");
    runner.publish();
    feed_.say("resume", {{"book", runner.id()}, {"actor", mandate.actor}, {"reason", mandate.reason}});
  });
}

}  // namespace cadre::live

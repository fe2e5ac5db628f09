#include "host/revision/probe_setup.hpp"

#include <malloc.h>

#include <chrono>

#include "host/book/probe.hpp"
#include "host/live/probe_ground.hpp"

namespace cadre::revision {

base::Problems check_environments(const Setup& next, const live::BookList& books) {
  base::Problems problems;
  for (std::size_t b = 0; b < next.plans.size(); ++b) {
    const auto runner = live::find_book(books, next.host.books[b].scenario.book.id);
    if (runner == nullptr) continue;
    const live::BookRunner& book = *runner;
    const chain::PlannedStage& planned = next.plans[b].stages.back();
    const agent::LiveAgent& environment = *book.chain().environment().agent;
    if (!environment.declaration().simulated && environment.spec().config != planned.settings)
      problems.error(
          "CONFIG_NEVER_CHANGES", next.host.books[b].scenario.document.place("/execution_environment/config"),
          "the environment of the book " + book.id() + " reaches a venue: its settings do not change",
          "it knows the open orders; begin a new state folder for this");
    const std::size_t open = book.snapshot().open_orders;
    if (book.chain().environment().agent->left_out().empty() || !planned.left_out.empty() || open == 0)
      continue;
    problems.error(
        "ENVIRONMENT_LEFT_OUT", {},
        "the book " + book.id() + " has " + std::to_string(open) +
            " open orders, and the execution environment that knows of them is left out",
        "release it from quarantine if it has to be, and start the host again: then it is asked about them");
  }
  return problems;
}

base::Problems probe_setup(const Setup& setup, const agent::Store& store, const live::BookList& books,
                           bool takes_back) {
  base::Problems problems;
  agent::ProbeTerms terms = agent::probe_terms(setup.host.probe_timeout_ms);
  for (std::size_t b = 0; b < setup.plans.size(); ++b) {
    // One time for all: whoever waits for the change waits for every book. At a start nobody does.
    if (books.size() == 0) terms = agent::probe_terms(setup.host.probe_timeout_ms);
    // What would be refused because the time is over has had none.
    if (problems.has_errors() && std::chrono::steady_clock::now() >= terms.until) break;
    const auto runner = live::find_book(books, setup.host.books[b].scenario.book.id);
    const auto stages =
        book::new_stages(setup.plans[b], runner != nullptr ? &runner->chain() : nullptr,
                         runner != nullptr && takes_back ? runner->replaced_chain() : nullptr);
    if (stages.fresh.empty()) continue;
    const config::ScenarioConfig& config = setup.host.books[b].scenario;
    const book::ProbeSource source =
        runner != nullptr ? live::probe_source(*runner, config, stages.back) : book::ProbeSource{};
    problems.append(book::probe_chain(config, setup.plans[b], stages.fresh, store, terms, source));
  }
  // A copy of a book is large, and is made on whatever thread asked for the change: what each of them has
  // kept of the last one goes back.
  malloc_trim(0);
  return problems;
}

}  // namespace cadre::revision

#include "host/revision/probe_setup.hpp"

#include <malloc.h>

#include <memory>

#include "host/book/probe.hpp"

namespace cadre::revision {

namespace {

constexpr std::size_t usual_bars = 1024;

/// The copy is made on the book's thread, between two of its events, and calls no agent but to save its
/// state.
base::Result<book::ProbeGround> copy_of(const live::BookRunner& runner, const config::ScenarioConfig& config,
                                        const std::vector<std::string>& back) {
  struct Copy {
    book::ProbeGround ground;
    base::Problems problems;
  };
  const auto copy = std::make_shared<Copy>();
  copy->ground.book = std::make_unique<book::Book>(config, runner.instruments(), usual_bars);
  // Whoever waits may give up before the book comes to it: it owns what it needs.
  const live::Asked asked = runner.with_book([copy, back](book::Book& live) {
    auto learned = book::learned_for(back, live);
    copy->problems = learned.problems();
    if (!learned) return;
    copy->ground.learned = std::move(learned).take();
    book::stand_beside(*copy->ground.book, live);
  });
  base::Problems problems;
  if (asked != live::Asked::done)
    problems.error("PROBE_WITHOUT_BOOK", {},
                   "book " + runner.id() + " does not answer: nothing can be tried on it",
                   "`cadre status` says why");
  if (problems.has_errors()) return problems;
  if (copy->problems.has_errors()) return copy->problems;
  return std::move(copy->ground);
}

}  // namespace

base::Problems check_environments(const Setup& next, const live::BookList& books) {
  base::Problems problems;
  for (std::size_t b = 0; b < books.size(); ++b) {
    const live::BookRunner& book = *books[b];
    const chain::PlannedStage& planned = next.plans[b].stages.back();
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
  for (std::size_t b = 0; b < setup.plans.size(); ++b) {
    const live::BookRunner* runner = b < books.size() ? books[b].get() : nullptr;
    const auto stages =
        book::new_stages(setup.plans[b], runner != nullptr ? &runner->chain() : nullptr,
                         runner != nullptr && takes_back ? runner->replaced_chain() : nullptr);
    if (stages.fresh.empty()) continue;
    const config::ScenarioConfig& config = setup.host.books[b].scenario;
    book::ProbeGround ground;
    if (runner != nullptr) {
      auto copied = copy_of(*runner, config, stages.back);
      problems.append(copied.problems());
      if (!copied) continue;
      ground = std::move(copied).take();
    }
    problems.append(book::probe_chain(config, setup.plans[b], stages.fresh, store, std::move(ground)));
  }
  // A copy of a book is large, and is made on whatever thread asked for the change: what each of them has
  // kept of the last one goes back.
  malloc_trim(0);
  return problems;
}

}  // namespace cadre::revision

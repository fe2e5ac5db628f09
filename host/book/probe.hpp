#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "host/agent/store.hpp"
#include "host/book/book.hpp"
#include "host/chain/builder.hpp"

namespace cadre::book {

/// How a planned chain stands to what a book runs: the stages whose agents are new in this process or have
/// other settings, and those that get the instance back which went on observing in `replaced`. Null: there is
/// none.
struct NewStages {
  std::vector<std::string> fresh, back;
};
NewStages new_stages(const chain::ChainPlan& plan, const chain::Chain* running, const chain::Chain* replaced);

/// What the agents of a book have learned, as the planned chain will find it: of stages that get an instance
/// back, what that one has. On the book's thread. Errors: STATE_SAVE.
base::Result<journal::CheckpointRecord> learned_for(const std::vector<std::string>& back, const Book& book);

/// A copy of a book, made on that book's thread, on which a chain can be tried.
struct ProbeGround {
  std::unique_ptr<Book> book;            ///< stands beside it, without a chain
  journal::CheckpointRecord learned;     ///< by the agents of the running chain
  std::vector<std::string> instruments;  ///< of the bars, sorted
};

/// Where a ground comes from.
struct ProbeSource {
  std::uint64_t event = 0;  ///< the book's last one
  /// Copies the book. Null: there is no book yet. Errors: PROBE_WITHOUT_BOOK, STATE_SAVE.
  std::function<base::Result<ProbeGround>()> copy;
};

/// Gives each of these stages a process of its own, with what it reads in the arena, so that nothing else is
/// blamed for it; before that its library is judged by the list of imports for where it would run. When one
/// is refused, the others are made, each by itself, so that all there is to say is said. Errors: those of
/// Store::adopt, and then of making an agent.
base::Problems isolate_for_probe(const config::ScenarioConfig& config, chain::ChainPlan& plan,
                                 const std::vector<std::string>& stages, const agent::Store& store,
                                 const agent::ProbeTerms& terms);

/// Tries a planned chain before anything new of it enters this process. The stages of `fresh` are made in
/// processes of their own, which end with the probe; the others are made anew here, since their code runs
/// here already. On the copy of the book they are given what was learned, shown the newest bar, asked to
/// decide, looked at again, destroyed and unloaded; then once more with the state that they saved. One that
/// crashes, hangs, refuses or forgets its state, gives no valid answer, learns while it decides, or leaves
/// something behind is named with the call. Without a book, or with an environment that reaches a venue (it
/// is made and not connected), nothing is decided. All of it together ends when the time of the terms is
/// over; their ground is filled in here. `config` has to outlive it. Errors: PROBE_..., those of making an
/// agent, STATE_REFUSED. [control-thread]
base::Problems probe_chain(const config::ScenarioConfig& config, chain::ChainPlan plan,
                           const std::vector<std::string>& fresh, const agent::Store& store,
                           agent::ProbeTerms terms, const ProbeSource& source);

}  // namespace cadre::book

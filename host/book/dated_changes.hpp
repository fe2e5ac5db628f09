#pragma once

#include <memory>
#include <string>
#include <vector>

#include "host/agent/catalog.hpp"
#include "host/agent/store.hpp"
#include "host/book/book.hpp"
#include "host/chain/builder.hpp"

namespace cadre::book {

/// What a run over a history goes through, revision by revision: the first configuration and what each dated
/// change makes of it. Made before the run, so that a bad change is refused before anything has happened.
struct RevisionPlan {
  struct Step {
    std::int32_t at = 0;  ///< applied after the decision of this date; 0 for the first
    bool rollback = false;
    bool migrate = true;
    std::string reason;
    std::unique_ptr<config::ScenarioConfig> config;  ///< of a step that is no rollback
    chain::ChainPlan plan;
  };
  std::vector<Step> steps;
};

/// Resolves the first configuration and all its changes. All problems at once.
base::Result<RevisionPlan> plan_revisions(const config::ScenarioConfig& config,
                                          const std::filesystem::path& folder, const agent::Catalog& catalog);

/// What a journal says of a revision: its chain, with every agent's version and bytes.
journal::RevisionRecord revision_record(std::uint64_t revision, std::uint64_t based_on, std::int32_t date,
                                        const config::ScenarioConfig& config, const chain::Chain& chain);

/// Gives a book its chains as a plan dates them. [decision-thread]
class DatedChanges {
 public:
  /// All of them have to outlive it.
  DatedChanges(Book& book, RevisionPlan& plan, const agent::Store& store)
      : book_(book), plan_(plan), store_(store) {}

  /// Builds the first chain, and every later one for a look; the book enters the first. Listeners have to be
  /// there already. Errors: those of building; AGENT_ACTIVATE.
  base::Problems start();
  /// Applies what is due by this date. Errors: those of a swap, REVISION_NOTHING_BEFORE.
  base::Problems apply_until(std::int32_t date);

  /// Changes that no bar has come to yet.
  std::size_t left() const { return plan_.steps.size() - next_; }
  /// The plugins that were used, in order of their first use.
  const std::vector<std::shared_ptr<const agent::Manifest>>& plugins() const { return plugins_; }

 private:
  base::Problems apply(RevisionPlan::Step& step);
  journal::RevisionRecord record_of(const RevisionPlan::Step& step, const config::ScenarioConfig& config,
                                    const chain::Chain& chain) const;
  void remember_plugins(const chain::Chain& chain);

  Book& book_;
  RevisionPlan& plan_;
  const agent::Store& store_;
  std::vector<std::shared_ptr<const agent::Manifest>> plugins_;
  std::uint64_t revision_ = 0;
  RevisionPlan::Step* running_ = nullptr;  ///< what the current revision is made of
  RevisionPlan::Step* before_ = nullptr;   ///< the same of the one before the last swap
  std::size_t next_ = 1;
};

}  // namespace cadre::book

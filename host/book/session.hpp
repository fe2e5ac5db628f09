#pragma once

#include <functional>
#include <memory>

#include "host/agent/catalog.hpp"
#include "host/agent/store.hpp"
#include "host/book/book.hpp"
#include "host/book/market_source.hpp"
#include "host/chain/builder.hpp"

namespace cadre::book {

/// What a session runs under, revision by revision: the first configuration and what each dated change makes
/// of it. Made before the run, so that a bad change is refused before anything has happened.
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

/// The one loop: bars in, decisions out, whatever the scenario.
class Session {
 public:
  Session(const config::ScenarioConfig& config, RevisionPlan& revisions, const agent::Store& store,
          MarketSource& source);
  /// Of a running host, which gives the book its chains itself: no dated changes, and no start().
  Session(const config::ScenarioConfig& config, MarketSource& source);

  Book& book() { return book_; }
  /// Builds the first chain; listeners have to be there already.
  base::Problems start();
  /// Runs to the end of the source. `progress` is told the number of bars done.
  base::Problems run(const std::function<void(std::size_t)>& progress);
  /// The plugins that were used, in order of their first use.
  const std::vector<std::shared_ptr<const agent::Manifest>>& plugins() const { return plugins_; }
  std::uint64_t revision() const { return revision_; }
  /// Dated changes of the revision and of the universe that the source ended before.
  std::size_t changes_left() const {
    return (revisions_ != nullptr ? revisions_->steps.size() - next_step_ : 0) + config_.universe.size() -
           next_universe_;
  }

 private:
  base::Problems overflow(std::int32_t date) const;
  base::Problems apply(RevisionPlan::Step& step);
  base::Problems environment_failure(std::int32_t date) const;
  journal::RevisionRecord record_of(const RevisionPlan::Step& step, const config::ScenarioConfig& config,
                                    const chain::Chain& chain) const;
  void remember_plugins(const chain::Chain& chain);

  const config::ScenarioConfig& config_;
  RevisionPlan* revisions_ = nullptr;  ///< nullptr: somebody else changes the chain
  const agent::Store* store_ = nullptr;
  MarketSource& source_;
  Book book_;
  std::vector<std::shared_ptr<const agent::Manifest>> plugins_;
  std::uint64_t revision_ = 0;
  RevisionPlan::Step* running_ = nullptr;  ///< what the current revision is made of
  RevisionPlan::Step* before_ = nullptr;   ///< the same of the one before the last swap
  std::size_t next_step_ = 1;
  std::size_t next_universe_ = 0;
};

}  // namespace cadre::book

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/agent/catalog.hpp"
#include "host/agent/quarantine.hpp"
#include "host/agent/store.hpp"
#include "host/chain/builder.hpp"
#include "host/config/host_config.hpp"
#include "host/live/book_list.hpp"
#include "host/revision/revision.hpp"

namespace cadre::revision {

/// A host's configuration with the wiring of every book: what a revision will be made of. No library is open.
struct Setup {
  config::HostConfig host;
  std::vector<chain::ChainPlan> plans;  ///< by book
  std::vector<PinnedPlugin> plugins;    ///< exact versions and bytes, each once
  base::Problems warnings{};            ///< what of its chains is worth a second look
};

/// Puts the books into the order in which `ids` has them; those that are not in it come after them.
void order_books(config::HostConfig& host, const std::vector<std::string>& ids);

/// The agents that a book may have.
using CatalogOf = std::function<const agent::Catalog&(const std::string& book)>;

/// Resolves the chains of all books, and completes the configuration: the settings of every agent with the
/// defaults of its manifest. An agent whose stage does not say where it runs gets a process of its own unless
/// the host trusts it (agent/trust.hpp). All problems at once. Warns of SANDBOX_WEAK.
base::Result<Setup> plan_setup(config::HostConfig host, const CatalogOf& catalog_of,
                               const agent::Store& store);
/// The same with one catalog for all.
base::Result<Setup> plan_setup(config::HostConfig host, const agent::Catalog& catalog,
                               const agent::Store& store);
/// Whether an agent of a book runs elsewhere under a setup than it does now: whom the host trusts is said
/// outside of the book's own part.
bool moves_agents(const live::BookRunner& book, const Setup& setup);
/// The isolated agents, as "book/stage", whose processes bound no files, since this kernel cannot.
std::vector<std::string> weak_sandboxes(const Setup& setup);

/// The agents that a revision has for a book, or for all of them, from the store alone: the bytes it ran
/// with, whatever is installed now.
agent::Catalog pinned_catalog(const agent::Store& store, const std::vector<PinnedPlugin>& plugins,
                              const std::optional<std::string>& book = std::nullopt);

/// What a book may have whose settings alone change: the plugins that run, and of those that are installed
/// the ones of agents that none of them offers as the scenario asks for it.
agent::Catalog keeping_catalog(const config::ScenarioConfig& scenario, const agent::Catalog& running,
                               const agent::Catalog& installed);

/// The catalogs of the books of a revision, each with what is pinned for it.
class PinnedCatalogs {
 public:
  /// Both have to outlive it.
  PinnedCatalogs(const agent::Store& store, const std::vector<PinnedPlugin>& plugins)
      : store_(store), plugins_(plugins) {}
  const agent::Catalog& of(const std::string& book);

 private:
  const agent::Store& store_;
  const std::vector<PinnedPlugin>& plugins_;
  std::map<std::string, agent::Catalog> catalogs_;
};

/// The setup that a revision boots with, and what was replaced to that end.
struct BootSetup {
  Setup setup;
  /// Not empty: plugins of the revision were built for an ABI that this host no longer offers, and others
  /// took their places. A sentence for the revision that this makes.
  std::string upgrade;
};
/// The revision's own plugins, from the store. Those whose ABI is gone are replaced by versions in
/// `agent_folders` that its configuration allows. All problems at once.
base::Result<BootSetup> plan_boot(const Revision& revision, const agent::Store& store,
                                  const std::vector<std::filesystem::path>& agent_folders);

/// Libraries whose bytes are not (yet) those that their manifests name: "FILE: has ..., expected ...".
std::vector<std::string> unfinished_libraries(const Setup& setup);

/// Marks every stage whose agent is in quarantine: it will not be made. For a start.
void leave_out(Setup& setup, const agent::Quarantine& quarantine);
/// The same for a change, of those that are left out already and stay as they are: anything else in
/// quarantine is refused when it is built (AGENT_QUARANTINED).
void leave_out_still(Setup& setup, const live::BookList& books, const agent::Quarantine& quarantine);

/// A running environment that reaches a venue stays in the process it is in until the next start, whomever
/// the host trusts by then: it knows the open orders.
void leave_venues_in_place(Setup& setup, const live::BookList& books);

/// What the running books would be told of instruments and groups that their data do not have, and of shorts
/// whose rates nobody states.
base::Problems check_against_data(const Setup& setup, const live::BookList& books);

/// What the limits of a host name and no book of it has. Errors: INSTRUMENT_UNKNOWN. Warnings: LIMIT_UNUSED.
base::Problems check_host_limits(const Setup& setup, const live::BookList& books);
/// The same of a host that does not run: what the data of all its books have, and the agents of all chains.
base::Problems check_host_limits(const config::HostConfig& host, const std::vector<std::string>& instruments,
                                 const std::vector<std::string>& agents);
void append_agents(std::vector<std::string>& agents, const chain::ChainPlan& plan);

/// What may not change: while a host runs, or (`at_start`) between two of its starts. Errors:
/// CONFIG_NEEDS_RESTART, CONFIG_NEVER_CHANGES, one for each value.
base::Problems check_changeable(const boost::json::value& running, const boost::json::value& next,
                                const std::string& origin, bool at_start = false);

/// Keeps the manifests of all stages in the store. Errors: those of Store::keep_manifest.
base::Problems keep_manifests(const Setup& setup, const agent::Store& store);

/// Builds the chains of all books beside the running ones. `reuse_replaced`: a rollback takes back the
/// instances that went on observing. All or nothing.
base::Result<std::vector<std::shared_ptr<chain::Chain>>> build_setup(const Setup& setup,
                                                                     const agent::Store& store,
                                                                     const live::BookList& books,
                                                                     bool reuse_replaced);

}  // namespace cadre::revision

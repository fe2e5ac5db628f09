#include "host/revision/setup.hpp"

#include <string.h>

#include <algorithm>
#include <boost/json.hpp>
#include <numeric>
#include <set>

#include "host/agent/elf_image.hpp"
#include "host/agent/sandbox.hpp"
#include "host/base/hash.hpp"
#include "host/base/json.hpp"
#include "host/base/schema.hpp"
#include "host/base/text.hpp"
#include "host/chain/named_instruments.hpp"
#include "host/config/changeability.hpp"
#include "host/config/instrument_table.hpp"
#include "host/config/known_names.hpp"

namespace cadre::revision {

namespace {

/// Where agents run whose stage does not say it.
void isolate_by_trust(chain::ChainPlan& plan, const config::TrustConfig& config, const agent::Trust& trust) {
  for (chain::PlannedStage& stage : plan.stages) {
    stage.trusted_by = trust.trusted_by(*stage.entry.manifest);
    stage.allow_weak_sandbox = config.allow_weak_sandbox;
    if (!stage.is_isolation_said && stage.trusted_by == agent::TrustedBy::nobody) plan.isolate(stage);
  }
}

void pin(std::vector<PinnedPlugin>& plugins, const agent::Manifest& manifest, const std::string& book) {
  PinnedPlugin pinned{manifest.id, manifest.version.to_string(), manifest.sha256, manifest.text_sha256};
  const auto same = std::find_if(plugins.begin(), plugins.end(), [&](const PinnedPlugin& other) {
    return other.id == pinned.id && other.version == pinned.version && other.sha256 == pinned.sha256 &&
           other.manifest_sha256 == pinned.manifest_sha256;
  });
  PinnedPlugin& at = same != plugins.end() ? *same : plugins.emplace_back(std::move(pinned));
  if (!at.is_for(book) || at.books.empty()) at.books.push_back(book);
}

/// The settings of the agents in the document, with the defaults of their manifests.
void complete_settings(boost::json::value& complete, std::size_t book, const chain::ChainPlan& plan) {
  for (const chain::PlannedStage& stage : plan.stages)
    complete.at_pointer("/books/" + std::to_string(book) + "/scenario" + stage.instance->pointer)
        .as_object()["config"] =
        base::with_defaults(stage.instance->config, stage.entry.agent->config_schema);
}

/// Whether there are the secrets that the settings name: what is missing is said before anything is made.
base::Problems check_secrets(const chain::ChainPlan& plan, const config::ScenarioConfig& scenario,
                             const agent::Store& store) {
  base::Problems problems;
  static const agent::Secrets none;
  const agent::Secrets& secrets = store.secrets() != nullptr ? *store.secrets() : none;
  for (const chain::PlannedStage& stage : plan.stages) {
    for (const agent::SecretUse& use : stage.secrets) {
      auto value =
          secrets.read(use.name, scenario.document.place(stage.instance->pointer + "/config" + use.pointer));
      problems.append(value.problems());
      if (value) explicit_bzero(value->data(), value->size());
    }
  }
  return problems;
}

}  // namespace

void order_books(config::HostConfig& host, const std::vector<std::string>& ids) {
  const auto rank = [&](const std::string& id) {
    return std::find(ids.begin(), ids.end(), id) - ids.begin();
  };
  std::vector<std::size_t> order(host.books.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return rank(host.books[a].scenario.book.id) < rank(host.books[b].scenario.book.id);
  });
  std::vector<config::BookConfig> books;
  boost::json::array documents;
  for (const std::size_t at : order) {
    books.push_back(std::move(host.books[at]));
    documents.push_back(host.complete.at("books").as_array()[at]);
  }
  host.books = std::move(books);
  host.complete.as_object()["books"] = std::move(documents);
}

base::Result<Setup> plan_setup(config::HostConfig host, const CatalogOf& catalog_of,
                               const agent::Store& store) {
  const agent::Trust trust(host.trust.sha256, store.root());
  Setup setup;
  setup.host = std::move(host);
  base::Problems problems, unread;
  for (std::size_t b = 0; b < setup.host.books.size(); ++b) {
    const config::ScenarioConfig& scenario = setup.host.books[b].scenario;
    const agent::Catalog& catalog = catalog_of(scenario.book.id);
    auto plan = chain::plan_chain(scenario, catalog);
    problems.append(plan.problems());
    if (!plan) {
      // A manifest that cannot be read may be why an agent is missing.
      if (unread.empty()) unread.append(catalog.problems());
      continue;
    }
    problems.append(check_secrets(*plan, scenario, store));
    for (const chain::PlannedStage& stage : plan->stages)
      pin(setup.plugins, *stage.entry.manifest, scenario.book.id);
    complete_settings(setup.host.complete, b, *plan);
    isolate_by_trust(*plan, setup.host.trust, trust);
    setup.plans.push_back(std::move(plan).take());
  }
  if (const auto weak = weak_sandboxes(setup); !weak.empty())
    problems.warning(
        "SANDBOX_WEAK", {},
        "this kernel bounds no files (Landlock), and /trust/allow_weak_sandbox lets these agents "
        "run all the same: " +
            base::join(weak, ", "),
        "use a kernel with Landlock");
  if (problems.has_errors()) {
    for (const base::Problem& problem : unread)
      problems.add(problem);
    return problems;
  }
  std::sort(setup.plugins.begin(), setup.plugins.end());
  setup.warnings = problems;
  return {std::move(setup), problems};
}

bool moves_agents(const live::BookRunner& book, const Setup& setup) {
  for (std::size_t b = 0; b < setup.plans.size(); ++b) {
    if (setup.host.books[b].scenario.book.id != book.id()) continue;
    for (const chain::PlannedStage& stage : setup.plans[b].stages) {
      const chain::Stage* running = book.chain().stage_named(stage.instance->name);
      if (running != nullptr && running->agent->spec().isolation != stage.isolation) return true;
    }
  }
  return false;
}

std::vector<std::string> weak_sandboxes(const Setup& setup) {
  std::vector<std::string> weak;
  if (!setup.host.trust.allow_weak_sandbox || agent::can_bound_files()) return weak;
  for (std::size_t b = 0; b < setup.plans.size(); ++b) {
    for (const chain::PlannedStage& stage : setup.plans[b].stages) {
      if (stage.isolated()) weak.push_back(setup.host.books[b].scenario.book.id + '/' + stage.instance->name);
    }
  }
  return weak;
}

base::Result<Setup> plan_setup(config::HostConfig host, const agent::Catalog& catalog,
                               const agent::Store& store) {
  return plan_setup(
      std::move(host), [&](const std::string&) -> const agent::Catalog& { return catalog; }, store);
}

agent::Catalog pinned_catalog(const agent::Store& store, const std::vector<PinnedPlugin>& plugins,
                              const std::optional<std::string>& book) {
  std::vector<std::filesystem::path> folders;
  std::vector<std::shared_ptr<const agent::Manifest>> kept;
  base::Problems problems;
  for (const PinnedPlugin& plugin : plugins) {
    if (book && !plugin.is_for(*book)) continue;
    if (plugin.manifest_sha256.empty()) {
      folders.push_back(store.root() / plugin.sha256);
      continue;
    }
    auto manifest = store.read_kept(plugin.sha256, plugin.manifest_sha256);
    problems.append(manifest.problems());
    if (manifest) kept.push_back(std::make_shared<const agent::Manifest>(std::move(manifest).take()));
  }
  agent::Catalog catalog = agent::Catalog::discover(std::move(kept), folders, agent::Twins::refused);
  catalog.add_problems(problems);
  return catalog;
}

agent::Catalog keeping_catalog(const config::ScenarioConfig& scenario, const agent::Catalog& running,
                               const agent::Catalog& installed) {
  std::set<std::string> missing;
  const auto look = [&](const config::InstanceConfig& instance) {
    const auto range = agent::VersionRange::parse(instance.version);
    if (range && !running.find(instance.agent, *range, {})) missing.insert(instance.agent);
  };
  for (const config::InstanceConfig& instance : scenario.chain.instances)
    look(instance);
  look(scenario.execution_environment);
  std::vector<std::shared_ptr<const agent::Manifest>> manifests = running.manifests();
  for (const auto& manifest : installed.manifests()) {
    const bool is_wanted =
        std::any_of(manifest->agents.begin(), manifest->agents.end(),
                    [&](const agent::AgentDeclaration& agent) { return missing.contains(agent.id); });
    if (is_wanted) manifests.push_back(manifest);
  }
  agent::Catalog catalog = agent::Catalog::discover(std::move(manifests), {}, agent::Twins::first_wins);
  catalog.add_problems(installed.problems());
  return catalog;
}

const agent::Catalog& PinnedCatalogs::of(const std::string& book) {
  const auto found = catalogs_.find(book);
  if (found != catalogs_.end()) return found->second;
  return catalogs_.emplace(book, pinned_catalog(store_, plugins_, book)).first->second;
}

namespace {

bool is_of_lost_abi(const base::Problem& problem) {
  return problem.code == "ABI_MISMATCH";
}

/// "cadre.momentum 0.9.0 by 0.10.0, ..."
std::string replacements(const Difference& changed) {
  std::vector<std::string> each;
  for (const PluginChange& change : changed.plugins)
    each.push_back(change.id + " " + change.before + " by " + change.after);
  return base::join(each, ", ");
}

}  // namespace

base::Result<BootSetup> plan_boot(const Revision& revision, const agent::Store& store,
                                  const std::vector<std::filesystem::path>& agent_folders) {
  const std::string origin = "revision " + std::to_string(revision.number);
  auto host = config::read_host(revision.config, origin);
  if (!host) return host.problems();
  PinnedCatalogs pinned(store, revision.plugins);
  base::Problems lost;
  for (const config::BookConfig& book : host->books) {
    for (const base::Problem& problem : pinned.of(book.scenario.book.id).problems()) {
      if (is_of_lost_abi(problem)) lost.add(problem);
    }
  }
  if (lost.empty()) {
    auto setup = plan_setup(
        std::move(host).take(),
        [&](const std::string& book) -> const agent::Catalog& { return pinned.of(book); }, store);
    if (!setup) return setup.problems();
    const base::Problems warnings = setup.problems();
    return {BootSetup{std::move(setup).take(), {}}, warnings};
  }
  std::map<std::string, agent::Catalog> catalogs;
  auto setup = plan_setup(
      std::move(host).take(),
      [&](const std::string& book) -> const agent::Catalog& {
        std::vector<std::filesystem::path> folders = pinned.of(book).folders();
        folders.insert(folders.end(), agent_folders.begin(), agent_folders.end());
        return catalogs
            .try_emplace(book, agent::Catalog::discover(pinned.of(book).manifests(), folders,
                                                        agent::Twins::first_wins))
            .first->second;
      },
      store);
  if (!setup) {
    base::Problems problems;
    for (base::Problem problem : lost) {
      problem.next_step = "name a folder with --agents that has a version of it for this host";
      problems.add(std::move(problem));
    }
    return problems;
  }
  Revision next = revision;
  next.plugins = setup->plugins;
  const base::Problems warnings = setup.problems();
  return {BootSetup{std::move(setup).take(),
                    "built for an ABI this host does not offer: " + replacements(difference(revision, next))},
          warnings};
}

std::vector<std::string> unfinished_libraries(const Setup& setup) {
  std::vector<std::string> unfinished;
  for (const chain::ChainPlan& plan : setup.plans) {
    for (const chain::PlannedStage& stage : plan.stages) {
      const agent::Manifest& manifest = *stage.entry.manifest;
      const auto digest = base::sha256_file(manifest.library, agent::library_bytes_most);
      if (digest && *digest == manifest.sha256) continue;
      std::string line = manifest.library.string() + ": " +
                         (digest ? "has SHA-256 " + digest->substr(0, 12)
                                 : "cannot be read (" + digest.problems()[0].message + ")") +
                         ", its manifest " + manifest.file.string() + " says " +
                         manifest.sha256.substr(0, 12);
      if (std::find(unfinished.begin(), unfinished.end(), line) == unfinished.end())
        unfinished.push_back(std::move(line));
    }
  }
  return unfinished;
}

void leave_out(Setup& setup, const agent::Quarantine& quarantine) {
  for (chain::ChainPlan& plan : setup.plans) {
    for (chain::PlannedStage& stage : plan.stages) {
      if (const auto held = quarantine.find(stage.entry.manifest->sha256, stage.settings))
        stage.left_out = held->text();
    }
  }
}

void leave_out_still(Setup& setup, const live::BookList& books, const agent::Quarantine& quarantine) {
  for (std::size_t b = 0; b < setup.plans.size(); ++b) {
    const auto runner = live::find_book(books, setup.host.books[b].scenario.book.id);
    if (runner == nullptr) continue;
    for (chain::PlannedStage& stage : setup.plans[b].stages) {
      const chain::Stage* running = runner->chain().stage_named(stage.instance->name);
      const bool is_the_same = running != nullptr && running->agent->spec().config == stage.settings &&
                               running->agent->manifest().sha256 == stage.entry.manifest->sha256;
      if (is_the_same && quarantine.find(stage.entry.manifest->sha256, stage.settings))
        stage.left_out = running->agent->left_out();
    }
  }
}

void leave_venues_in_place(Setup& setup, const live::BookList& books) {
  for (std::size_t b = 0; b < setup.plans.size(); ++b) {
    const auto runner = live::find_book(books, setup.host.books[b].scenario.book.id);
    chain::PlannedStage& planned = setup.plans[b].stages.back();
    if (runner == nullptr || !planned.entry.agent->reaches_a_venue()) continue;
    planned.isolation = runner->chain().environment().agent->spec().isolation;
  }
}

namespace {

/// A setting that a document leaves to the default of a manifest.
bool is_left_to_its_default(const Change& change) {
  return !change.after && change.pointer.find("/config/") != std::string::npos;
}

/// A whole book that comes or goes.
bool is_a_book(const Change& change) {
  constexpr std::string_view books = "/books/";
  return change.pointer.starts_with(books) && change.pointer.find('/', books.size()) == std::string::npos;
}

std::string shown_value(const Change& change, const std::optional<std::string>& value) {
  return !value ? "nothing" : is_a_book(change) ? "a book" : *value;
}

std::string name_of_book(const boost::json::value& host, const std::string& pointer) {
  const boost::json::value* id = base::find(host, pointer + "/scenario/book/id");
  return id != nullptr ? base::canonical(*id) : pointer;
}

}  // namespace

base::Problems check_changeable(const boost::json::value& running, const boost::json::value& next,
                                const std::string& origin, bool at_start) {
  base::Problems problems;
  for (const Change& change : revision::difference(running, next)) {
    const config::ChangeRule& rule = config::host_change_rule(change.pointer);
    const bool is_allowed =
        rule.changes == config::Changes::live || (at_start && rule.changes == config::Changes::restart);
    const base::Place place{origin, 0, 0, change.pointer};
    if (at_start && is_a_book(change) && !change.after) {
      problems.error("CONFIG_BOOK_MISSING", place,
                     "a book that the host has is missing: " + name_of_book(running, change.pointer),
                     "put it back; a running host lets one go that is halted and flat");
      continue;
    }
    if (is_allowed || is_left_to_its_default(change)) continue;
    const std::string what = "cannot change from " + shown_value(change, change.before) + " to " +
                             shown_value(change, change.after);
    if (rule.changes == config::Changes::restart)
      problems.error("CONFIG_NEEDS_RESTART", place, what + " while the host runs",
                     std::string(rule.why) + "; stop the host, and `cadre run --accept-changes`");
    else
      problems.error("CONFIG_NEVER_CHANGES", place, what + " in the life of a book",
                     std::string(rule.why) + "; begin a new state folder for this");
  }
  return problems;
}

base::Problems check_against_data(const Setup& setup, const live::BookList& books) {
  base::Problems problems;
  for (const config::BookConfig& book : setup.host.books) {
    const auto runner = live::find_book(books, book.scenario.book.id);
    if (runner == nullptr) continue;  // it is opened with its data
    problems.append(config::check_names(book.scenario, runner->instruments()));
    problems.append(config::check_short_rates(book.scenario, runner->instruments()));
    const auto b = static_cast<std::size_t>(&book - setup.host.books.data());
    problems.append(chain::check_named_instruments(book.scenario, setup.plans[b], runner->instruments()));
  }
  problems.append(check_host_limits(setup, books));
  return problems;
}

base::Problems check_host_limits(const Setup& setup, const live::BookList& books) {
  std::vector<std::string> instruments, agents;
  for (const config::BookConfig& book : setup.host.books) {
    const auto runner = live::find_book(books, book.scenario.book.id);
    if (runner == nullptr) return {};  // what its data have is not known yet
    instruments.insert(instruments.end(), runner->instruments().begin(), runner->instruments().end());
  }
  for (const chain::ChainPlan& plan : setup.plans)
    append_agents(agents, plan);
  return check_host_limits(setup.host, instruments, agents);
}

void append_agents(std::vector<std::string>& agents, const chain::ChainPlan& plan) {
  for (const chain::PlannedStage& stage : plan.stages)
    agents.push_back(stage.entry.agent->id);
}

base::Problems check_host_limits(const config::HostConfig& host, const std::vector<std::string>& instruments,
                                 const std::vector<std::string>& agents) {
  base::Problems problems;
  const auto is_in = [](const std::vector<std::string>& known, const std::string& name) {
    return name.empty() || std::find(known.begin(), known.end(), name) != known.end();
  };
  for (std::size_t i = 0; i < host.limits.size(); ++i) {
    const config::ScopedLimit& limit = host.limits[i];
    base::Place place;
    if (!host.files.empty()) place.file = host.files.front().string();
    const std::string at = "/limits/" + std::to_string(i);
    place.pointer = at + "/instrument";
    if (!is_in(instruments, limit.instrument))
      problems.error("INSTRUMENT_UNKNOWN", place,
                     "the data of no book have an instrument " + base::quote(limit.instrument) +
                         base::did_you_mean(limit.instrument, instruments));
    place.pointer = at + "/agent";
    if (!is_in(agents, limit.agent))
      problems.warning("LIMIT_UNUSED", place,
                       "no book runs an agent " + base::quote(limit.agent) +
                           ", the bound holds for no order" + base::did_you_mean(limit.agent, agents),
                       "name an agent of a chain, or leave the bound out");
  }
  return problems;
}

base::Problems keep_manifests(const Setup& setup, const agent::Store& store) {
  base::Problems problems;
  std::set<const agent::Manifest*> kept;
  for (const chain::ChainPlan& plan : setup.plans) {
    for (const chain::PlannedStage& stage : plan.stages) {
      if (kept.insert(stage.entry.manifest.get()).second)
        problems.append(store.keep_manifest(*stage.entry.manifest));
    }
  }
  return problems;
}

base::Result<std::vector<std::shared_ptr<chain::Chain>>> build_setup(const Setup& setup,
                                                                     const agent::Store& store,
                                                                     const live::BookList& books,
                                                                     bool reuse_replaced) {
  std::vector<std::shared_ptr<chain::Chain>> chains;
  base::Problems problems = keep_manifests(setup, store);
  for (std::size_t b = 0; b < setup.plans.size(); ++b) {
    const auto runner = live::find_book(books, setup.host.books[b].scenario.book.id);
    const chain::Chain* previous = runner != nullptr ? &runner->chain() : nullptr;
    const chain::Chain* replaced = runner != nullptr && reuse_replaced ? runner->replaced_chain() : nullptr;
    auto chain = chain::build_chain(setup.host.books[b].scenario, setup.plans[b], store, previous, replaced);
    problems.append(chain.problems());
    if (chain) chains.push_back(std::move(chain).take());
  }
  if (problems.has_errors()) return problems;
  return {std::move(chains), problems};
}

}  // namespace cadre::revision

#include "host/revision/setup.hpp"

#include <algorithm>

#include "host/agent/elf_image.hpp"
#include "host/agent/sandbox.hpp"
#include "host/base/hash.hpp"
#include "host/base/text.hpp"
#include "host/config/changeability.hpp"

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

}  // namespace

base::Result<Setup> plan_setup(config::HostConfig host, const agent::Catalog& catalog,
                               const agent::Store& store) {
  const agent::Trust trust(host.trust.sha256, store.root());
  Setup setup;
  setup.host = std::move(host);
  base::Problems problems;
  for (const config::BookConfig& book : setup.host.books) {
    auto plan = chain::plan_chain(book.scenario, catalog);
    problems.append(plan.problems());
    if (!plan) continue;
    for (const chain::PlannedStage& stage : plan->stages) {
      const agent::Manifest& manifest = *stage.entry.manifest;
      const PinnedPlugin pinned{manifest.id, manifest.version.to_string(), manifest.sha256};
      if (std::find(setup.plugins.begin(), setup.plugins.end(), pinned) == setup.plugins.end())
        setup.plugins.push_back(pinned);
    }
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
    // A manifest that cannot be read may be why an agent is missing.
    for (const base::Problem& problem : catalog.problems())
      problems.add(problem);
    return problems;
  }
  std::sort(setup.plugins.begin(), setup.plugins.end(), [](const auto& a, const auto& b) {
    return std::tie(a.id, a.version, a.sha256) < std::tie(b.id, b.version, b.sha256);
  });
  return {std::move(setup), problems};
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

agent::Catalog pinned_catalog(const agent::Store& store, const std::vector<PinnedPlugin>& plugins) {
  std::vector<std::filesystem::path> folders;
  folders.reserve(plugins.size());
  for (const PinnedPlugin& plugin : plugins)
    folders.push_back(store.root() / plugin.sha256);
  return agent::Catalog::discover(folders);
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
  const agent::Catalog pinned = pinned_catalog(store, revision.plugins);
  const bool has_lost = std::any_of(pinned.problems().begin(), pinned.problems().end(), is_of_lost_abi);
  if (!has_lost) {
    auto setup = plan_setup(std::move(host).take(), pinned, store);
    if (!setup) return setup.problems();
    const base::Problems warnings = setup.problems();
    return {BootSetup{std::move(setup).take(), {}}, warnings};
  }
  std::vector<std::filesystem::path> folders = pinned.folders();
  folders.insert(folders.end(), agent_folders.begin(), agent_folders.end());
  auto setup =
      plan_setup(std::move(host).take(), agent::Catalog::discover(folders, agent::Twins::first_wins), store);
  if (!setup) {
    base::Problems problems;
    for (base::Problem problem : pinned.problems()) {
      if (is_of_lost_abi(problem))
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
  for (std::size_t b = 0; b < setup.plans.size() && b < books.size(); ++b) {
    for (chain::PlannedStage& stage : setup.plans[b].stages) {
      const chain::Stage* running = books[b]->chain().stage_named(stage.instance->name);
      const bool is_the_same = running != nullptr && running->agent->spec().config == stage.settings &&
                               running->agent->manifest().sha256 == stage.entry.manifest->sha256;
      if (is_the_same && quarantine.find(stage.entry.manifest->sha256, stage.settings))
        stage.left_out = running->agent->left_out();
    }
  }
}

base::Problems check_changeable(const boost::json::value& running, const boost::json::value& next,
                                const std::string& origin) {
  base::Problems problems;
  for (const Change& change : revision::difference(running, next)) {
    const config::ChangeRule& rule = config::host_change_rule(change.pointer);
    if (rule.changes == config::Changes::live) continue;
    problems.error("CONFIG_NEEDS_RESTART", {origin, 0, 0, change.pointer},
                   "cannot change from " + change.before.value_or("nothing") + " to " +
                       change.after.value_or("nothing") + " while the host runs",
                   std::string(rule.why) + "; begin a new state folder for this");
  }
  return problems;
}

base::Result<std::vector<std::shared_ptr<chain::Chain>>> build_setup(
    const Setup& setup, const agent::Store& store,
    const std::vector<std::unique_ptr<live::BookRunner>>& books, bool reuse_replaced) {
  std::vector<std::shared_ptr<chain::Chain>> chains;
  base::Problems problems;
  for (std::size_t b = 0; b < setup.plans.size(); ++b) {
    const chain::Chain* previous = b < books.size() ? &books[b]->chain() : nullptr;
    const chain::Chain* replaced = b < books.size() && reuse_replaced ? books[b]->replaced_chain() : nullptr;
    auto chain = chain::build_chain(setup.host.books[b].scenario, setup.plans[b], store, previous, replaced);
    problems.append(chain.problems());
    if (chain) chains.push_back(std::move(chain).take());
  }
  if (problems.has_errors()) return problems;
  return {std::move(chains), problems};
}

}  // namespace cadre::revision

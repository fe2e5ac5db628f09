#include "host/control/start_plan.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "host/base/date.hpp"
#include "host/base/file.hpp"
#include "host/base/json.hpp"
#include "host/base/text.hpp"
#include "host/config/changeability.hpp"

namespace cadre::control {

namespace {

using revision::RevisionStore;

/// In the state folder: the host's file with which it was started last.
constexpr const char* whose_file = "host_file";

base::Result<StartPlan> first_start(const LiveOptions& options, const agent::Store& store) {
  auto host = config::load_host(options.config);
  if (!host) return host.problems();
  const auto catalog = agent::Catalog::discover(options.agent_folders);
  auto setup = revision::plan_setup(std::move(host).take(), catalog, store);
  if (!setup) return setup.problems();
  base::Problems warnings = setup.problems();
  for (base::Problem problem : catalog.problems()) {
    problem.severity = base::Severity::warning;
    warnings.add(std::move(problem));
  }
  StartPlan plan;
  plan.setup = std::move(setup).take();
  plan.is_new = true;
  plan.revision = {.number = 1,
                   .line = 0,
                   .time_ns = base::now_ns(),
                   .actor = "start",
                   .reason = "first start",
                   .config = plan.setup.host.complete,
                   .plugins = plan.setup.plugins};
  return {std::move(plan), warnings};
}

/// The plan's revision becomes one that the start makes.
void make_new(StartPlan& plan, const RevisionStore& revisions, std::uint64_t based_on, std::string actor,
              const std::string& reason) {
  revision::Revision& next = plan.revision;
  const bool is_made_already = next.number > revisions.last();
  next.reason = is_made_already ? next.reason + "; " + reason : reason;
  next.number = revisions.last() + 1;
  next.based_on = based_on;
  next.time_ns = base::now_ns();
  next.actor = std::move(actor);
  next.config = plan.setup.host.complete;
  next.plugins = plan.setup.plugins;
}

/// Boots a revision as it is in the store. Agents of an ABI that is gone are replaced, by a revision.
base::Result<StartPlan> boot(const LiveOptions& options, const RevisionStore& revisions,
                             const agent::Store& store, std::uint64_t number) {
  auto stored = revisions.get(number);
  if (!stored) return stored.problems();
  auto setup = revision::plan_boot(*stored, store, options.agent_folders);
  if (!setup) return setup.problems();
  const base::Problems warnings = setup.problems();
  StartPlan plan{std::move(stored).take(), std::move(setup->setup)};
  if (setup->upgrade.empty()) return {std::move(plan), warnings};
  plan.is_new = true;
  plan.revision.restores = 0;
  plan.revision.line = number;
  make_new(plan, revisions, number, "upgrade", setup->upgrade);
  return {std::move(plan), warnings};
}

/// Another revision than CURRENT comes back as a rollback does, by a revision of its own. What may never
/// change is the same in both, unless the current one cannot be read: then nobody knows.
base::Problems bring_back(StartPlan& plan, const LiveOptions& options, const RevisionStore& revisions,
                          std::uint64_t named, std::uint64_t current) {
  base::Problems problems;
  if (const auto before = revisions.get(current); before)
    problems = revision::check_changeable(before->config, plan.setup.host.complete,
                                          "revision " + std::to_string(named), true);
  if (problems.has_errors()) return problems;
  plan.revision.restores = named;
  plan.revision.line = revisions.line_behind(named, current);
  make_new(plan, revisions, current, options.actor, "started with --revision " + std::to_string(named));
  return problems;
}

/// What of the file changes only at a start: the running document with that in it, and the pointers of it.
struct Accepted {
  boost::json::value complete;
  std::vector<std::string> pointers;
};

/// Sets a member of an object that is there; null: takes it out.
void set(boost::json::value& document, const std::string& pointer, const boost::json::value* value) {
  const std::size_t slash = pointer.rfind('/');
  boost::json::object& object = document.at_pointer(pointer.substr(0, slash)).as_object();
  if (value != nullptr)
    object[pointer.substr(slash + 1)] = *value;
  else
    object.erase(pointer.substr(slash + 1));
}

Accepted accept(const boost::json::value& booted, const boost::json::value& file) {
  Accepted accepted{booted, {}};
  for (const revision::Change& change : revision::difference(booted, file)) {
    if (config::host_change_rule(change.pointer).changes != config::Changes::restart) continue;
    accepted.pointers.push_back(change.pointer);
    set(accepted.complete, change.pointer, change.after ? base::find(file, change.pointer) : nullptr);
  }
  return accepted;
}

/// Takes from the file what changes only at a start. What changes while the host runs comes afterwards, by
/// the same way as always.
base::Problems accept_changes(StartPlan& plan, const LiveOptions& options, const RevisionStore& revisions,
                              const agent::Store& store) {
  auto file = config::load_host(options.config);
  if (!file) return file.problems();
  const boost::json::value& booted = plan.setup.host.complete;
  base::Problems problems = revision::check_changeable(booted, file->complete, options.config.string(), true);
  if (problems.has_errors()) return problems;
  Accepted accepted = accept(booted, file->complete);
  if (accepted.pointers.empty()) return problems;
  auto host = config::read_host(accepted.complete, options.config.string());
  if (!host) return host.problems();
  revision::PinnedCatalogs pinned(store, plan.setup.plugins);
  auto setup = revision::plan_setup(
      std::move(host).take(),
      [&](const std::string& book) -> const agent::Catalog& { return pinned.of(book); }, store);
  if (!setup) return setup.problems();
  const bool is_stored = plan.revision.number <= revisions.last();
  const std::uint64_t before = is_stored ? plan.revision.number : plan.revision.based_on;
  if (is_stored) plan.revision.restores = 0;
  if (is_stored) plan.revision.line = before;
  plan.setup = std::move(setup).take();
  make_new(plan, revisions, before, options.actor,
           "accepted at the start: " + base::join(accepted.pointers, ", "));
  return problems;
}

/// The agents of every revision lie in the state folder: without them each of them would be named.
base::Problems check_plugins(const LiveOptions& options, const RevisionStore& revisions) {
  base::Problems problems;
  std::error_code error;
  const std::filesystem::path plugins = options.state / "plugins";
  const bool is_there =
      std::filesystem::is_directory(plugins, error) &&
      std::filesystem::directory_iterator(plugins, error) != std::filesystem::directory_iterator();
  if (revisions.last() != 0 && (!is_there || error))
    problems.error("PLUGINS_LOST", base::Place::of(plugins),
                   "the folder with the agents of all revisions is gone, empty, or cannot be read",
                   "put a copy of it back; `cadre journal backup` copies it with the rest");
  return problems;
}

base::Problems current_missing(const LiveOptions& options, const RevisionStore& revisions) {
  base::Problems problems;
  for (const base::Problem& problem : revisions.problems())
    problems.add(problem);
  problems.error("CURRENT_MISSING", base::Place::of((options.state / "CURRENT").string()),
                 revisions.last() == 0 ? "the host has had revisions, and none is there any more"
                                       : "there are revisions, but it is not known which one to boot",
                 revisions.last() == 0
                     ? "put a copy of the state folder back, or name another one with --state"
                     : "name one with `cadre run --revision N`");
  return problems;
}

}  // namespace

base::Problems check_whose_state(const LiveOptions& options, const std::string& name) {
  base::Problems problems;
  const auto noted = base::read_file(options.state / whose_file);
  std::error_code error;
  if (!noted || *noted == std::filesystem::absolute(options.config, error).string() + "\n") return problems;
  const auto file = config::load_host(options.config);
  if (!file || file->name == name) return problems;  // what is wrong with it is said as of any change
  problems.error(
      "STATE_OF_ANOTHER_HOST", base::Place::of(options.state),
      "the folder is that of host " + base::quote(name) + ", and " + options.config.string() +
          " is the file of host " + base::quote(file->name),
      "name a folder of its own with --state; when it is the same host, give it the same name first");
  return problems;
}

void note_whose_state(const LiveOptions& options) {
  std::error_code error;
  const std::filesystem::path file = options.state / whose_file;
  const std::string text = std::filesystem::absolute(options.config, error).string() + "\n";
  const auto noted = base::read_file(file);
  if (!noted || *noted != text) (void)base::write_file_atomically(file, text);
}

base::Result<StartPlan> plan_start(const LiveOptions& options, const RevisionStore& revisions,
                                   const agent::Store& store) {
  if (base::Problems lost = check_plugins(options, revisions); lost.has_errors()) return lost;
  // A first start that was cut off has a revision and no CURRENT: there is only one it can be.
  const bool cut_off = revisions.current() == 0 && revisions.last() == 1;
  const std::uint64_t current = cut_off ? 1 : revisions.current();
  if (!options.revision && current == 0)
    return revisions.last() == 0 && !revisions.problems().has_errors() ? first_start(options, store)
                                                                       : current_missing(options, revisions);
  const std::uint64_t number = options.revision.value_or(current);
  auto plan = boot(options, revisions, store, number);
  if (!plan) return plan;
  base::Problems warnings = plan.problems();
  if (number != current) warnings.append(bring_back(*plan, options, revisions, number, current));
  if (options.accepts_changes && !warnings.has_errors())
    warnings.append(accept_changes(*plan, options, revisions, store));
  if (warnings.has_errors()) return warnings;
  return {std::move(plan).take(), warnings};
}

}  // namespace cadre::control

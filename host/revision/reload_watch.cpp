// Changes that come from files: the watch, SIGHUP, and how files stand to what runs.

#include <algorithm>
#include <boost/json.hpp>

#include "host/base/date.hpp"
#include "host/base/file.hpp"
#include "host/base/hash.hpp"
#include "host/base/json.hpp"
#include "host/revision/file_merge.hpp"
#include "host/revision/reload.hpp"

namespace cadre::revision {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

constexpr const char* taken_file = "taken";
constexpr std::string_view conflict_code = "FILE_CONFLICT";

/// A setup as a revision that could be made of it.
Revision revision_of(const Setup& setup, std::uint64_t number) {
  return {.number = number,
          .line = 0,
          .time_ns = base::now_ns(),
          .actor = "watch",
          .reason = "what the files said",
          .config = setup.host.complete,
          .plugins = setup.plugins};
}

base::Problems conflict_problems(const std::vector<FileConflict>& conflicts, const Revision& running,
                                 const std::string& source) {
  const auto shown = [](const std::optional<std::string>& text) { return text.value_or("nothing"); };
  base::Problems problems;
  for (const FileConflict& conflict : conflicts)
    problems.error(std::string(conflict_code), {source, 0, 0, conflict.pointer},
                   "the files change it from " + shown(conflict.taken) + " to " + shown(conflict.file) +
                       ", and it was made " + shown(conflict.running) + " by other means (revision " +
                       std::to_string(running.number) + ", " + running.actor + ": " + running.reason + ")",
                   "`cadre revision apply` of the file takes what it says; write into it what runs to keep "
                   "that");
  return problems;
}

bool is_below(const std::string& file, const fs::path& folder) {
  const std::string above = fs::absolute(folder).lexically_normal().string();
  return file.starts_with(above) &&
         (file.size() == above.size() || above.ends_with('/') || file[above.size()] == '/');
}

}  // namespace

/// Where the configuration's files are and were, and the folders of agents. A file that names another folder
/// is followed there, and a broken one back to where it was.
std::vector<fs::path> Reload::watched_folders() const {
  std::vector<fs::path> folders = ground_.agent_folders;
  std::vector<fs::path> files = config::named_files(ground_.config);
  if (files.empty()) {
    folders.insert(folders.end(), folders_.begin(), folders_.end());
    files.push_back(fs::absolute(ground_.config));
  }
  for (const fs::path& file : files)
    folders.push_back(file.parent_path());
  std::sort(folders.begin(), folders.end());
  folders.erase(std::unique(folders.begin(), folders.end()), folders.end());
  return folders;
}

void Reload::follow_folders() {
  const std::vector<fs::path> folders = watched_folders();
  if (folder_watch_ == nullptr || folders == folders_) return;
  folders_ = folders;
  folder_watch_->set_folders(folders);
}

/// The watch as what runs wants it: begun when it is first asked for, with its folders and times of now. One
/// that is switched off stays, and what it tells is passed over. During a change, or before any.
void Reload::follow_watch() {
  const config::WatchConfig& wanted = charge_.setup.host.watch;
  if (!wanted.enabled && folder_watch_ == nullptr) return;
  const std::chrono::milliseconds debounce(wanted.debounce_ms), poll(wanted.poll_ms);
  if (folder_watch_ == nullptr) {
    folders_ = watched_folders();
    folder_watch_ = std::make_unique<FolderWatch>(
        WatchOptions{.folders = folders_, .debounce = debounce, .poll = poll, .except = ground_.state},
        [this] { look(false); });
  } else {
    folder_watch_->set_timing(debounce, poll);
    follow_folders();
  }
  // What changed meanwhile, and a conflict that is perhaps none any more.
  folder_watch_->tell_again();
}

Reload::Seen Reload::read_files() const {
  Seen seen;
  seen.installed = agent::Catalog::discover(ground_.agent_folders);
  auto host = config::load_host(ground_.config);
  seen.problems = host.problems();
  std::string text;
  if (host) {
    order_books(*host, book_ids());
    auto setup = plan_setup(std::move(host).take(), seen.installed, ground_.store);
    seen.problems = setup.problems();
    if (setup) seen.setup = std::move(setup).take();
  }
  if (seen.setup) {
    seen.unfinished = unfinished_libraries(*seen.setup);
    text = base::canonical(seen.setup->host.complete);
    for (const PinnedPlugin& plugin : seen.setup->plugins)
      text += plugin.sha256 + plugin.manifest_sha256;
  } else {
    for (const base::Problem& problem : seen.problems)
      text += base::to_line(problem);
  }
  seen.digest = base::sha256_hex(text);
  return seen;
}

void Reload::note_seen(const Seen& seen) {
  const std::lock_guard lock(status_mutex_);
  waiting_ = seen.unfinished;
  if (!seen.setup) return;
  seen_ = revision_of(*seen.setup, 0);
  seen_at_.clear();
  for (const chain::ChainPlan& plan : seen.setup->plans) {
    for (const chain::PlannedStage& stage : plan.stages)
      seen_at_[stage.entry.manifest->id] = fs::absolute(stage.entry.manifest->file).lexically_normal();
  }
}

bool Reload::has_conflict() const {
  const std::lock_guard lock(status_mutex_);
  return std::any_of(refused_.begin(), refused_.end(), [](const Refusal& refusal) {
    return !refusal.problems.empty() && refusal.problems[0].code == conflict_code;
  });
}

void Reload::look(bool force, const live::Mandate& by) {
  const Turn turn = take_turn();
  if (!turn || !takes_changes_) return;  // what does not come to its end is shown
  if (!force && !charge_.setup.host.watch.enabled) return;
  follow_folders();
  Seen seen = read_files();
  note_seen(seen);
  if (!seen.unfinished.empty()) return;  // still being written, or never finished: status says so
  const bool is_known = seen.digest == considered_ && !force;
  if (is_known && !has_conflict()) return;
  if (!is_known) {
    considered_ = seen.digest;
    (void)base::write_file_atomically(ground_.state / "considered", considered_);
  }
  const Proposal proposal{by, ground_.config.string(), 0, false};
  if (!seen.setup) {
    refuse(proposal, seen.problems);
    return;
  }
  const bool takes_all = charge_.setup.host.watch.on_conflict == config::OnConflict::take;
  if (is_known && !takes_all && !merged(seen)) return;  // the conflict is still there, and shown
  take_files(std::move(seen), proposal, force || takes_all);
}

void Reload::take_files(Seen seen, const Proposal& proposal, bool as_a_whole) {
  const Revision says = revision_of(*seen.setup, charge_.revision.number);
  const bool nothing_else_changed = difference(taken_, charge_.revision).empty();
  auto setup =
      as_a_whole || nothing_else_changed ? base::Result<Setup>(std::move(*seen.setup)) : merged(seen);
  const live::Answer answer =
      setup ? propose(std::move(setup).take(), proposal) : refuse(proposal, setup.problems());
  if (answer.outcome == live::Outcome::done || answer.outcome == live::Outcome::created) remember_taken(says);
}

/// What runs, with what the files changed since they were last taken. Errors: FILE_CONFLICT.
base::Result<Setup> Reload::merged(const Seen& seen) const {
  const Revision says = revision_of(*seen.setup, 0);
  FileMerge merge = merge_files(taken_.config, says.config, charge_.revision.config);
  PinnedCatalogs pinned(ground_.store, charge_.revision.plugins);
  std::map<std::string, agent::Catalog> catalogs;
  for (const config::BookConfig& book : charge_.setup.host.books) {
    const std::string& id = book.scenario.book.id;
    catalogs.emplace(id, merged_catalog(id, taken_, says, charge_.revision, seen.installed, pinned.of(id),
                                        merge.conflicts));
  }
  if (!merge.conflicts.empty())
    return conflict_problems(merge.conflicts, charge_.revision, ground_.config.string());
  auto host = config::read_host(merge.config, ground_.config.string());
  if (!host) return host.problems();
  order_books(*host, book_ids());
  return plan_setup(
      std::move(host).take(),
      [&](const std::string& book) -> const agent::Catalog& {
        const auto found = catalogs.find(book);
        return found != catalogs.end() ? found->second : seen.installed;
      },
      ground_.store);
}

/// What the files said when they were last taken, in the life of a host before this one.
Revision Reload::taken_before() const {
  const fs::path file = ground_.state / taken_file;
  if (auto text = base::read_file(file)) {
    if (auto taken = parse_file(file.string(), *text)) return *taken;
  }
  // A first start takes the files. A state folder of 0.9 says it with its newest revision that came from
  // them.
  const std::vector<Revision> all = ground_.revisions.list();
  const auto newest = std::find_if(all.rbegin(), all.rend(), [](const Revision& revision) {
    return is_of_files(revision.actor) || revision.number == 1;
  });
  if (newest == all.rend() || newest->number == charge_.revision.number) return charge_.revision;
  auto stored = ground_.revisions.get(newest->number);
  return stored ? *stored : charge_.revision;
}

void Reload::remember_taken(const Revision& says) {
  taken_ = says;
  (void)base::write_file_atomically(ground_.state / taken_file, file_text(says));
}

json::array Reload::sources_json() const {
  const std::lock_guard lock(status_mutex_);
  json::array sources;
  const bool is_watched = charge_.setup.host.watch.enabled;
  const std::string config = ground_.config.string();
  const Difference differs = seen_ ? difference(charge_.revision, *seen_) : Difference{};
  const auto add = [&](const std::string& source, const char* kind, const char* state, std::size_t count) {
    sources.push_back({{"source", source}, {"kind", kind}, {"state", state}, {"differing", count}});
  };
  const auto refusal = std::find_if(refused_.begin(), refused_.end(),
                                    [&](const Refusal& each) { return each.source == config; });
  const bool is_refused = refusal != refused_.end();
  const bool is_conflict =
      is_refused && !refusal->problems.empty() && refusal->problems[0].code == conflict_code;
  add(config, "file",
      is_conflict               ? "waiting"
      : is_refused              ? "refused"
      : !seen_ || !is_watched   ? "not watched"
      : differs.changes.empty() ? "in sync"
                                : "differs",
      differs.changes.size());
  for (const fs::path& folder : ground_.agent_folders) {
    const auto waits = std::any_of(waiting_.begin(), waiting_.end(), [&](const std::string& line) {
      return is_below(line.substr(0, line.find(": ")), folder);
    });
    const auto count =
        std::count_if(differs.plugins.begin(), differs.plugins.end(), [&](const PluginChange& change) {
          const auto at = seen_at_.find(change.id);
          return at != seen_at_.end() && is_below(at->second, folder);
        });
    add(folder.string(), "folder",
        waits                   ? "waiting"
        : !seen_ || !is_watched ? "not watched"
        : count == 0            ? "in sync"
                                : "differs",
        static_cast<std::size_t>(count));
  }
  for (const Refusal& each : refused_) {
    if (each.source != config) add(each.source, "request", "refused", 0);
  }
  return sources;
}

}  // namespace cadre::revision

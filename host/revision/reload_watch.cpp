// Changes that come from files: the watch, and SIGHUP.

#include <algorithm>

#include "host/base/file.hpp"
#include "host/base/hash.hpp"
#include "host/base/json.hpp"
#include "host/revision/reload.hpp"

namespace cadre::revision {

namespace fs = std::filesystem;

void Reload::watch() {
  std::vector<fs::path> folders = ground_.agent_folders;
  auto host = config::load_host(ground_.config);
  const std::vector<fs::path> files =
      host ? host->files : std::vector<fs::path>{fs::absolute(ground_.config)};
  for (const fs::path& file : files) {
    if (std::find(folders.begin(), folders.end(), file.parent_path()) == folders.end())
      folders.push_back(file.parent_path());
  }
  folder_watch_ = std::make_unique<FolderWatch>(
      WatchOptions{.folders = folders,
                   .debounce = std::chrono::milliseconds(charge_.setup.host.watch.debounce_ms),
                   .except = ground_.state},
      [this] { look(false); });
  look(false);
}

void Reload::look(bool force) {
  const Turn turn = take_turn();
  if (!turn || !takes_changes_) return;  // what does not come to its end is shown
  const Proposal proposal{{watch_actor, "files changed"}, ground_.config.string(), 0, false};
  auto host = config::load_host(ground_.config);
  const auto catalog = agent::Catalog::discover(ground_.agent_folders);
  auto setup = host ? plan_setup(std::move(host).take(), catalog) : base::Result<Setup>(host.problems());
  std::string seen;
  if (setup) {
    const std::vector<std::string> unfinished = unfinished_libraries(*setup);
    {
      const std::lock_guard lock(status_mutex_);
      waiting_ = unfinished;
    }
    if (!unfinished.empty()) return;  // still being written, or never finished: status says so
    seen = base::canonical(setup->host.complete);
    for (const PinnedPlugin& plugin : setup->plugins)
      seen += plugin.sha256;
  } else {
    for (const base::Problem& problem : setup.problems())
      seen += base::to_line(problem);
  }
  const std::string digest = base::sha256_hex(seen);
  if (digest == considered_ && !force) return;
  considered_ = digest;
  (void)base::write_file_atomically(ground_.state / "considered", digest);
  if (!setup) {
    refuse(proposal, setup.problems());
    return;
  }
  propose(std::move(setup).take(), proposal);
}

}  // namespace cadre::revision

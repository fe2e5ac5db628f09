#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "host/control/host_parts.hpp"
#include "host/revision/setup.hpp"

namespace cadre::control {

/// What a host starts with.
struct StartPlan {
  revision::Revision revision;  ///< with a number above the last one when the start makes it
  revision::Setup setup;
  bool is_new = false;  ///< its chains have not run under any revision: they are tried before they enter
  std::map<std::string, std::string> halts{};  ///< books that start halted, with the reason
  /// What is on trial from now on, once the halts are written; nothing: what was.
  std::optional<std::vector<revision::BookTrial>> trials{};
};

/// Decides what a start boots: the first setup, CURRENT, the revision that the options name, or one with what
/// the file says otherwise and only a start may change. Nothing is written. All problems at once; errors:
/// those of the configuration and of the store; CURRENT_MISSING, CONFIG_NEVER_CHANGES, CONFIG_BOOK_MISSING.
/// Whether a state folder is that of the host whose file this is: it was last started with the same file, or
/// is of the same name. `name`: of the host that has the folder. Errors: STATE_OF_ANOTHER_HOST.
base::Problems check_whose_state(const LiveOptions& options, const std::string& name);
/// Notes with which file the folder was started. On a full disk the note before stays, and a start with
/// another file is then asked for its name: no start fails for it.
void note_whose_state(const LiveOptions& options);

base::Result<StartPlan> plan_start(const LiveOptions& options, const revision::RevisionStore& revisions,
                                   const agent::Store& store);

/// Counts in the state folder that the host before this one died, when there are trials. Before the flight
/// recorder begins anew: then nobody knows any more. Errors: FILE_NOT_WRITABLE.
base::Problems count_death(const HostParts& host);

/// A host that died on a trial starts under the same revision once more. When an agent is to blame that the
/// trial brought, or it died twice, the books on trial go back to the revision they were confirmed under, and
/// start halted. Warning: TRIAL_FAILED.
base::Result<StartPlan> after_trial(StartPlan plan, const HostParts& host);

}  // namespace cadre::control

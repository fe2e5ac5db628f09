#pragma once

#include <cstdint>

#include "host/control/host_parts.hpp"
#include "host/revision/setup.hpp"

namespace cadre::control {

/// What a host starts with.
struct StartPlan {
  revision::Revision revision;  ///< with a number above the last one when the start makes it
  revision::Setup setup;
  bool is_new = false;  ///< its chains have not run under any revision: they are tried before they enter
  std::uint64_t checkpoints_of = 0;  ///< the revision whose checkpoints fit the chains; 0: its own
};

/// Decides what a start boots: the first setup, CURRENT, the revision that the options name, or one with what
/// the file says otherwise and only a start may change. Nothing is written. All problems at once; errors:
/// those of the configuration and of the store; CURRENT_MISSING, CONFIG_NEVER_CHANGES, CONFIG_BOOK_MISSING.
base::Result<StartPlan> plan_start(const LiveOptions& options, const revision::RevisionStore& revisions,
                                   const agent::Store& store);

}  // namespace cadre::control

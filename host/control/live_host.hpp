#pragma once

#include <memory>
#include <string>
#include <vector>

#include "host/base/folder_lock.hpp"
#include "host/control/agent_restarts.hpp"
#include "host/control/control_desk.hpp"
#include "host/control/event_ids.hpp"
#include "host/control/host_parts.hpp"
#include "host/control/house_watch.hpp"
#include "host/control/start_plan.hpp"

namespace cadre::control {

/// A running host: its books, its revisions, and what changes them. The state folder holds
///
///   revisions/, CURRENT     what ran and what to boot      plugins/<sha256>/   the bytes it ran with
///   books/<id>/journal      the only truth of each book    admin.sock, token   for those who watch and
///   change it
///   incarnations            which books have lived here
///   event_ids               the greatest id of an event that may have been given
///   halts                   every halt and resume          flights, quarantine  what is being called; what
///   crashed or hung a host
///
/// Opening it is recovery: with a state folder that has been used, the configuration file is only looked at
/// by the watch.
class LiveHost {
 public:
  /// Locks the state folder and brings every book to where its journal says it is. Nothing runs yet. Errors:
  /// those of the configuration, the agents, the journals; STATE_FOLDER_IN_USE.
  static base::Result<std::unique_ptr<LiveHost>> open(const LiveOptions& options);
  ~LiveHost();
  LiveHost(const LiveHost&) = delete;
  LiveHost& operator=(const LiveHost&) = delete;

  /// The books begin to take inputs, and the watch to look.
  void start();
  /// Ends every book after the event at hand. Problems of the journals; BOOK_STUCK, CHANGE_HANGS: an agent
  /// does not come back.
  base::Problems stop();
  /// After stop(): threads are left that do not come back. The process has to end without destroying this.
  bool leaves_hanging() const { return leaves_hanging_; }
  /// Looks at the configuration and the agents now, as Reload::look.
  void reload(bool force) { parts_.reload->look(force); }
  /// The same as a whole, because SIGHUP came.
  void reload_by_signal() { parts_.reload->look(true, {revision::Reload::signal_actor, "SIGHUP"}); }

  /// For those who watch it and change it. [any-thread]
  HostControl& control() { return desk_; }
  /// What runs now.
  config::HostConfig config() const;
  const live::BookList& books() const { return parts_.books; }
  std::uint64_t current_revision() const;
  const base::Problems& warnings() const { return warnings_; }
  /// How often its watchdog has looked at the threads of the books. [any-thread]
  std::uint64_t watchdog_looks() const { return parts_.watchdog->looks(); }

 private:
  explicit LiveHost(LiveOptions options);
  base::Problems lock_state_folder();
  base::Problems look_back();
  base::Problems look_for_books(const revision::Setup& setup);
  void tell_last_flight(base::Problems& problems);
  base::Problems halt_without(const std::string& book, const std::string& left_out);
  base::Problems hold_hanging();
  void log_start() const;
  void resume_experiments();
  base::Problems check_flights();
  base::Problems boot();
  base::Problems halt_book(const std::string& book, const std::string& why);
  base::Problems halt_running(const std::string& book, const std::string& why);
  base::Problems halt_all(const revision::Setup& setup);
  base::Problems open_books(const StartPlan& plan, const std::vector<std::shared_ptr<chain::Chain>>& chains);

  base::FolderLock lock_;  ///< of the state folder: outlives everything that works in it
  HostParts parts_;
  ControlDesk desk_{parts_};
  std::unique_ptr<EventIds> event_ids_;
  std::unique_ptr<HouseWatch> house_watch_;  ///< while it runs
  std::unique_ptr<AgentRestarts> restarts_;  ///< while it runs
  bool leaves_hanging_ = false;
  base::Problems warnings_;
};

}  // namespace cadre::control

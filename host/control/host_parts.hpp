#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "host/agent/flight_recorder.hpp"
#include "host/agent/quarantine.hpp"
#include "host/agent/store.hpp"
#include "host/control/deadline_watch.hpp"
#include "host/control/door_fault.hpp"
#include "host/control/not_restarted.hpp"
#include "host/control/watchdog.hpp"
#include "host/live/book_list.hpp"
#include "host/live/event_feed.hpp"
#include "host/metrics/metrics.hpp"
#include "host/revision/reload.hpp"
#include "host/revision/revision_store.hpp"
#include "host/shadow/shadow_experiments.hpp"

namespace cadre::control {

struct LiveOptions {
  std::filesystem::path config;  ///< a host file, or a scenario file as a host of one book
  std::filesystem::path state;   ///< folder of everything that outlives the process
  std::vector<std::filesystem::path> agent_folders;
  std::string actor{};                      ///< who starts it
  std::filesystem::path secrets{};          ///< a folder with a file a secret; empty: there is none
  std::optional<std::uint64_t> revision{};  ///< boots this one; nothing: CURRENT
  bool halted = false;                      ///< every book starts halted
  std::vector<std::string> begins_again{};  ///< books whose journal is lost, and given up
  bool accepts_changes = false;             ///< takes from the file what changes only at a start
};

/// What a running host is made of: whoever opens it puts it together, and the desk of the operators works
/// with it.
struct HostParts {
  LiveOptions options;
  std::string since;
  std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
  std::unique_ptr<revision::RevisionStore> revisions;
  agent::Secrets secrets;
  std::unique_ptr<agent::Store> store;
  std::unique_ptr<agent::FlightRecorder> recorder;
  agent::LastFlight last_flight;  ///< how the host before this one ended
  std::unique_ptr<agent::Quarantine> quarantine;
  std::unique_ptr<live::HaltFile> halts;
  std::unique_ptr<live::Incarnations> incarnations;
  metrics::Metrics metrics;
  live::EventFeed feed;
  live::BookList books;
  std::unique_ptr<Watchdog> watchdog;
  std::unique_ptr<DeadlineWatch> deadlines;  ///< once the host is started
  NotRestarted not_restarted;
  DoorFault door_fault;
  std::unique_ptr<shadow::ShadowExperiments> experiments;
  std::unique_ptr<revision::Reload> reload;
  std::atomic<bool> ready{false};    ///< inputs are taken and decisions made
  std::atomic<bool> stopped{false};  ///< on its way out
  std::mutex halt_mutex;             ///< books are told to halt in one order; waits for no change
};

/// What is in the way of taking inputs and making decisions, a sentence each. A halt that a person asked for
/// is in nobody's way. [any-thread]
std::vector<std::string> not_ready_reasons(const HostParts& host);
/// What an experiment beside a book is made of, while no change is on its way; nothing: there is no such
/// book.
std::optional<shadow::ShadowExperiments::StartGround> experiment_ground(const HostParts& host,
                                                                        const revision::Charge& charge,
                                                                        const std::string& book);
/// The gauges that nobody sets when something happens. [any-thread]
void refresh_gauges(HostParts& host);
/// {end, what, suspects}: how the host before this one ended.
boost::json::object last_run_json(const agent::LastFlight& last);
boost::json::array quarantine_json(const agent::Quarantine& quarantine);

}  // namespace cadre::control

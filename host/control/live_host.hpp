#pragma once

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "host/agent/store.hpp"
#include "host/control/host_control.hpp"
#include "host/live/book_runner.hpp"
#include "host/live/event_feed.hpp"
#include "host/metrics/metrics.hpp"
#include "host/revision/folder_watch.hpp"
#include "host/revision/retirement.hpp"
#include "host/revision/revision_store.hpp"
#include "host/revision/setup.hpp"

namespace cadre::shadow {
class ShadowExperiments;
}

namespace cadre::control {

struct LiveOptions {
  std::filesystem::path config;  ///< a host file, or a scenario file as a host of one book
  std::filesystem::path state;   ///< folder of everything that outlives the process
  std::vector<std::filesystem::path> agent_folders;
};

/// A running host: its books, its revisions, and what changes them. The state folder holds
///
///   revisions/, CURRENT     what ran and what to boot      plugins/<sha256>/   the bytes it ran with
///   books/<id>/journal      the only truth of each book    admin.sock, token   for those who watch and
///   change it
///
/// Opening it is recovery: with a state folder that has been used, the configuration file is only looked at
/// by the watch.
class LiveHost final : public HostControl {
 public:
  /// Locks the state folder and brings every book to where its journal says it is. Nothing runs yet. Errors:
  /// those of the configuration, the agents, the journals; STATE_FOLDER_IN_USE.
  static base::Result<std::unique_ptr<LiveHost>> open(const LiveOptions& options);
  ~LiveHost() override;
  LiveHost(const LiveHost&) = delete;
  LiveHost& operator=(const LiveHost&) = delete;

  /// The books begin to take inputs, and the watch to look.
  void start();
  /// Ends every book after the event at hand. Problems of the journals.
  base::Problems stop();
  /// Looks at the configuration and the agents now; `force`: applies them even when they were looked at
  /// before (a rollback stays until somebody asks).
  void reload(bool force);

  const config::HostConfig& config() const { return running_.host; }
  const std::vector<std::unique_ptr<live::BookRunner>>& books() const { return books_; }
  std::uint64_t current_revision() const;
  const base::Problems& warnings() const { return warnings_; }

  bool ready() const override { return ready_; }
  live::Answer status() const override;
  std::string metrics() const override;
  live::Answer portfolio(std::string_view book) const override;
  live::Answer orders(std::string_view book, std::size_t limit) const override;
  live::Answer decisions(std::string_view book, std::size_t limit) const override;
  live::Answer post_bars(std::string_view book, std::span<const std::string> bars) override;
  live::Answer post_signals(std::string_view book, std::span<const std::string> signals) override;
  live::Answer halt(const HaltRequest& request) override;
  live::Answer resume(const live::Mandate& mandate, std::string_view book) override;
  live::Answer revisions() const override;
  live::Answer revision(std::uint64_t number) const override;
  live::Answer difference(std::uint64_t a, std::uint64_t b) const override;
  live::Answer apply(const ApplyRequest& request) override;
  live::Answer roll_back(const live::Mandate& mandate, std::optional<std::uint64_t> to) override;
  live::Answer start_experiment(const live::Mandate& mandate, const std::string& text,
                                const std::string& origin, std::string_view book) override;
  live::Answer stop_experiment(const live::Mandate& mandate, std::string_view name) override;
  live::Answer experiments() const override;
  live::Answer experiment_results(std::string_view name) const override;
  std::uint64_t listen(std::uint64_t after, live::EventListener listener) override;
  void stop_listening(std::uint64_t number) override;

 private:
  /// An apply that was refused: shown until something takes its place.
  struct Refusal {
    std::string time, actor, source;
    base::Problems problems;
  };
  /// One revision on its way.
  struct Proposal {
    live::Mandate mandate;
    std::string source;  ///< what it came from, for status
    std::uint64_t restores = 0;
    bool dry_run = false;
  };

  explicit LiveHost(LiveOptions options);
  base::Problems lock_state_folder();
  base::Problems boot();
  base::Result<revision::Setup> first_setup();
  base::Result<revision::Setup> booted_setup(const revision::Revision& current);
  base::Problems open_books(const std::vector<std::shared_ptr<chain::Chain>>& chains,
                            const revision::Revision& current);

  live::Answer propose(const boost::json::value& complete, const agent::Catalog& catalog,
                       const Proposal& proposal);
  live::Answer propose(revision::Setup setup, const Proposal& proposal);
  live::Answer take_over(revision::Setup next, std::vector<std::shared_ptr<chain::Chain>> chains,
                         const revision::Revision& revision, const Proposal& proposal);
  bool confirm(const revision::Revision& revision);
  live::Answer refuse(const Proposal& proposal, const base::Problems& problems);
  base::Result<boost::json::value> complete_document(const ApplyRequest& request) const;
  void consider(bool force);
  void watch();

  live::BookRunner* find_book(std::string_view id) const;
  live::Answer unknown_book(std::string_view id) const;
  live::Answer tell_books(std::string_view id, const char* done,
                          const std::function<void(live::BookRunner&, book::Book&)>& work);
  std::vector<live::BookRunner*> chosen_books(std::string_view id) const;
  boost::json::array books_json() const;
  std::vector<std::string> next_steps() const;
  /// Libraries that should be gone and are not.
  std::size_t retained() const;

  LiveOptions options_;
  int lock_ = -1;
  std::string since_;
  std::unique_ptr<revision::RevisionStore> revisions_;
  std::unique_ptr<agent::Store> store_;
  metrics::Metrics metrics_;
  live::EventFeed feed_;
  std::vector<std::unique_ptr<live::BookRunner>> books_;
  std::unique_ptr<shadow::ShadowExperiments> experiments_;
  revision::Retirement retirement_;
  base::Problems warnings_;
  std::atomic<bool> ready_{false};
  std::atomic<bool> stopped_{false};

  std::mutex control_mutex_;         ///< changes wait for each other
  std::mutex halt_mutex_;            ///< books are told to halt in one order; waits for no change
  mutable std::mutex status_mutex_;  ///< of all below
  revision::Setup running_;
  revision::Revision current_;
  std::string current_since_;
  std::uint64_t newest_ = 0;  ///< revision that is shown: one on its way is on the disk already
  std::map<std::string, std::uint64_t> stage_since_;  ///< "book/stage" to the revision its agent came with
  std::vector<Refusal> refused_;
  std::vector<std::string> waiting_;
  std::string considered_;  ///< digest of what the watch looked at last

  std::unique_ptr<revision::FolderWatch> folder_watch_;
};

}  // namespace cadre::control

#pragma once

#include <atomic>
#include <boost/json/value.hpp>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "host/agent/flight_recorder.hpp"
#include "host/agent/quarantine.hpp"
#include "host/agent/store.hpp"
#include "host/live/answer.hpp"
#include "host/live/book_list.hpp"
#include "host/live/event_feed.hpp"
#include "host/metrics/metrics.hpp"
#include "host/revision/book_opening.hpp"
#include "host/revision/folder_watch.hpp"
#include "host/revision/probation.hpp"
#include "host/revision/retirement.hpp"
#include "host/revision/revision_store.hpp"
#include "host/revision/setup.hpp"

namespace cadre::revision {

/// A configuration that is to become the next revision.
struct ApplyRequest {
  live::Mandate mandate;
  /// The host's document, or the document of one book when `book` is named: JSON text, and the name that
  /// problems show for it.
  std::string text;
  std::string origin;
  std::string book;
  /// The revision it was made from; nothing: not checked.
  std::optional<std::uint64_t> based_on;
  bool dry_run = false;
  std::uint64_t decisions = 0;  ///< of a dry run: the newest so many are looked at again
  /// Settings alone are meant: ranges of versions mean the plugins that run, wherever those will do.
  bool keeps_plugins = false;
};

/// A way back.
struct RollbackRequest {
  live::Mandate mandate;
  std::optional<std::uint64_t> to{};        ///< nothing: to what was in charge before
  std::optional<std::uint64_t> based_on{};  ///< as of an ApplyRequest
  std::string book{};                       ///< whose part alone goes back; empty: everything
};

/// What is in charge of a running host.
struct Charge {
  Setup setup;
  Revision revision;
  std::string since;
  std::map<std::string, std::uint64_t> stage_since;  ///< "book/stage" to the revision its agent came with
  std::vector<BookTrial> trials{};                   ///< the books that are on trial
  /// Why a start would not boot it; empty: it would.
  std::string not_durable{};
};

/// The first error, as a line; empty without one.
std::string first_error(const base::Problems& problems);

/// Changes on their way into the books of a running host: from an operator, from files, and back. One at a
/// time; each is planned and built beside the running chains, taken over by every book or by none, and booted
/// from once it is durable. What was refused stays visible until something takes its place.
class Reload {
 public:
  static constexpr const char* watch_actor = "watch";    ///< of what comes by changed files
  static constexpr const char* signal_actor = "signal";  ///< of what they say when SIGHUP comes
  /// Whether a change of this actor came out of the files, which are tried again when they change.
  static bool is_of_files(std::string_view actor) { return actor == watch_actor || actor == signal_actor; }
  /// Where files are looked for, and what the changes concern. All of it has to outlive it.
  struct Ground {
    std::filesystem::path config;  ///< the file that the watch looks at
    std::filesystem::path state;
    std::vector<std::filesystem::path> agent_folders;
    RevisionStore& revisions;
    const agent::Store& store;
    live::BookList& books;  ///< which change with it
    live::EventFeed& feed;
    metrics::Metrics& metrics;
    const agent::Quarantine& quarantine;
    agent::FlightRecorder& recorder;
    BookGround for_books;
    /// After these books have taken over: what was compared with their chains is gone.
    std::function<void(std::uint64_t revision, const std::vector<std::string>& books)> taken_over;
    /// Before these books are let go.
    std::function<void(std::uint64_t revision, const std::vector<std::string>& books)> removed;
    /// Halts a running book for a reason of the host's own.
    std::function<base::Problems(const std::string& book, const std::string& why)> halt;
    /// The call of an agent that holds up a change, in a sentence; empty when there is none.
    std::function<std::string()> hanging;
  };
  explicit Reload(Ground ground);
  ~Reload();
  Reload(const Reload&) = delete;
  Reload& operator=(const Reload&) = delete;

  /// What the host booted. Before any change.
  void begin(Setup setup, const Revision& revision, const std::string& since);
  /// Changes are taken from here on; the watch looks, when the configuration asks for it.
  void start();
  /// Waits for a change on its way; none is taken afterwards. CHANGE_HANGS when that one does not come to its
  /// end: then this may not be destroyed.
  base::Problems stop();

  /// [any-thread], and changes wait for each other.
  live::Answer apply(const ApplyRequest& request);
  /// Goes back along the line of revisions that were in charge, never to one that was rolled back, unless
  /// `to` names it.
  live::Answer roll_back(const RollbackRequest& request);
  /// Ends the trial of a book, or of all when none is named, as one that has gone well, because a person says
  /// so.
  live::Answer confirm(const live::Mandate& mandate, const std::string& book);
  /// Makes anew what is left out of the running chains and in quarantine no more: the same configuration
  /// becomes the next revision. With nothing to be made it is as it was.
  live::Answer take_back(const live::Mandate& mandate);
  /// Looks at the configuration and the agents now, and lets what was edited since they were last taken take
  /// effect. `force`: applies them as a whole, whatever was applied or rolled back by other means.
  /// `by`: who wants it.
  void look(bool force, const live::Mandate& by = {watch_actor, "files changed"});

  live::Answer list() const;
  live::Answer show(std::uint64_t number) const;
  /// What leads from a to b; nothing for b: to what the files say now.
  live::Answer difference_of(std::uint64_t a, std::optional<std::uint64_t> b) const;

  /// Reads what is in charge. Waits for no change. [any-thread]
  template <class Read>
  auto read(Read&& read_charge) const {
    const std::lock_guard lock(status_mutex_);
    return read_charge(charge_);
  }
  /// Does something while no change is on its way; CHANGE_HANGS when one does not come to its end.
  /// [any-thread]
  template <class Work>
  live::Answer between_changes(Work&& work) {
    const Turn turn = take_turn();
    if (!turn) return {live::Outcome::conflict, {}, change_hangs()};
    return work(charge_);
  }

  /// Destroys what holds agents of a library, once nobody else has it, where that is in the way of nobody
  /// (Retirement). Warning: RETIRE_HANGS. [any-thread]
  base::Problems retire(const std::string& library, std::shared_ptr<void> holder) {
    return retirement_.retire({library}, std::move(holder));
  }

  /// What status shows of it: what was refused, what waits for its bytes, what could not be unloaded.
  boost::json::array refused_json() const;
  boost::json::array sources_json() const;
  boost::json::array retained_json() const;
  std::vector<std::string> waiting() const;

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
    bool takes_back = false;              ///< a revision though nothing differs
    std::optional<std::uint64_t> line{};  ///< of the revision; nothing: what is in charge now
    std::string restores_book{};
    std::uint64_t decisions = 0;  ///< of a dry run
  };

  /// What the files said when they were looked at.
  struct Seen {
    std::optional<Setup> setup;  ///< nothing: there are problems
    base::Problems problems;
    std::vector<std::string> unfinished;  ///< as unfinished_libraries
    agent::Catalog installed;
    std::string digest;  ///< of all of it, or of the problems
  };

  using Turn = std::unique_lock<std::timed_mutex>;
  /// Waits for the change that is on its way, unless an agent hangs in it. Owns nothing then.
  Turn take_turn(std::chrono::milliseconds grace = std::chrono::milliseconds(0));
  base::Problems change_hangs() const;

  live::Answer propose(const boost::json::value& complete, const CatalogOf& catalog_of,
                       const Proposal& proposal);
  live::Answer propose_keeping(const boost::json::value& complete, const agent::Catalog& installed,
                               const Proposal& proposal);
  /// With the plugins that the revision pins.
  live::Answer propose_pinned(const Revision& revision, const Proposal& proposal);
  live::Answer propose(Setup setup, const Proposal& proposal);
  std::vector<std::string> book_ids() const;
  base::Problems hindrances(const Setup& setup, const Revision& next, bool takes_back) const;
  bool changes_book(const live::BookRunner& book, const Setup& setup, const Revision& next,
                    bool takes_back) const;
  live::Answer preview(const Difference& difference, const config::HostConfig& next,
                       const std::vector<std::shared_ptr<chain::Chain>>& chains) const;
  /// A book that a revision brings, and whether it has a journal already.
  struct Added {
    config::BookConfig config;
    std::shared_ptr<chain::Chain> chain;
    bool returns = false;
    std::shared_ptr<live::BookRunner> runner{};  ///< once it is open
  };
  /// The books that a revision changes, and what each of them gets; those that go get no chain.
  struct Takeover {
    live::BookList::Books books, leaving;
    std::vector<live::BookRunner::Change> changes;
    std::vector<Added> added;
    std::map<std::string, std::uint64_t> since;  ///< as Charge::stage_since
    boost::json::array stages;
  };
  Takeover takeover_of(const Setup& next, std::vector<std::shared_ptr<chain::Chain>> chains,
                       const Revision& revision, bool takes_back) const;
  live::Answer take_over(Setup next, std::vector<std::shared_ptr<chain::Chain>> chains,
                         const Revision& revision, const Proposal& proposal);
  base::Problems new_warnings(const Setup& setup, const base::Problems& of_data) const;
  base::Problems let_go(std::vector<std::shared_ptr<chain::Chain>> chains);
  bool confirmed_by(const Revision& revision, const live::BookList::Books& books);
  base::Problems check_books(const Setup& next, const std::string& origin) const;
  live::BookList::Books leaving(const config::HostConfig& next) const;
  base::Problems open_added(Takeover& takeover, const config::HostConfig& host, const Revision& revision);
  bool close_added(Takeover& takeover);
  base::Problems swap(Takeover& takeover, const Revision& revision);
  base::Problems make_current(const Takeover& takeover, const Revision& revision, const Proposal& proposal);
  void put_in_charge(Setup next, const Revision& revision, const Takeover& takeover,
                     const std::string& source);
  base::Problems let_books_in_and_out(Takeover& takeover, const Revision& revision, bool is_durable);
  static boost::json::array filled_stages(const std::string& book, const live::BookRunner* runner,
                                          const chain::Chain& next);
  live::Answer refuse(const Proposal& proposal, const base::Problems& problems);
  live::Answer refuse_stale(std::uint64_t based_on, const std::string& origin);
  live::Answer roll_back_now(const RollbackRequest& request);
  live::Answer roll_back_book(const RollbackRequest& request);
  base::Result<boost::json::value> complete_document(const ApplyRequest& request) const;
  void forget_refusals(const std::function<bool(const Refusal&)>& which);
  Seen read_files() const;
  void note_seen(const Seen& seen);
  void take_files(Seen seen, const Proposal& proposal, bool as_a_whole);
  base::Result<Setup> merged(const Seen& seen) const;
  Revision taken_before() const;
  void remember_taken(const Revision& says);
  void save_refusals();
  std::vector<BookTrial> trials_after(const Revision& next, const Takeover& takeover,
                                      const Proposal& proposal) const;
  base::Problems announce_trials(const std::vector<BookTrial>& next) const;
  void set_trials(std::vector<BookTrial> trials);
  void watch_trials();
  void look_at_trial(BookTrial trial);
  void end_trial(const BookTrial& trial, const TrialVerdict& verdict);
  void halt_after_trial(const BookTrial& trial, const std::string& why);
  void tell_end(const BookTrial& trial, const char* event, const live::Mandate& by);
  bool has_conflict() const;
  void follow_watch();
  void follow_folders();
  std::vector<std::filesystem::path> watched_folders() const;
  std::size_t retained() const;

  Ground ground_;
  Retirement retirement_;
  std::atomic<bool> takes_changes_{false};
  std::timed_mutex control_mutex_;   ///< changes wait for each other: see take_turn()
  mutable std::mutex status_mutex_;  ///< of all below
  Charge charge_;
  std::uint64_t newest_ = 0;  ///< revision that is shown: one on its way is on the disk already
  std::vector<Refusal> refused_;
  std::string saved_refusals_;  ///< the text of them in the state folder
  std::vector<std::string> waiting_;
  std::string considered_;                      ///< digest of what the watch looked at last
  Revision taken_;                              ///< what the files said when they were last taken
  std::optional<Revision> seen_;                ///< what they said when they were last looked at
  std::map<std::string, std::string> seen_at_;  ///< ids of its plugins to the files of their manifests
  std::vector<std::filesystem::path> folders_;  ///< that are watched
  std::unique_ptr<FolderWatch> folder_watch_;
  std::mutex trials_mutex_;  ///< with which the thread of the trials waits
  std::condition_variable trials_changed_;
  std::thread trials_thread_;
};

}  // namespace cadre::revision

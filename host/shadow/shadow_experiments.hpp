#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/agent/catalog.hpp"
#include "host/agent/store.hpp"
#include "host/experiment/experiment_file.hpp"
#include "host/live/answer.hpp"
#include "host/live/book_list.hpp"
#include "host/live/book_runner.hpp"
#include "host/live/event_feed.hpp"
#include "host/shadow/experiment_shelf.hpp"

namespace cadre::shadow {

class ShadowArm;
class ShadowExperiment;

/// The shadow experiments of a host, by name. [control-thread], reading from any thread.
class ShadowExperiments {
 public:
  ShadowExperiments(const agent::Store& store, live::EventFeed& feed);
  ~ShadowExperiments();
  /// What earlier hosts with this state folder left of theirs, in a folder of its own. Warnings:
  /// EXPERIMENT_FILE_DAMAGED.
  base::Problems open(const std::filesystem::path& folder) { return shelf_->open(folder); }

  /// Beside what an experiment is started.
  /// The agents that a scenario may have.
  using CatalogOf = std::function<agent::Catalog(const config::ScenarioConfig&)>;

  struct StartGround {
    std::shared_ptr<live::BookRunner> runner;
    const config::BookConfig& scenario;  ///< what the book runs
    CatalogOf running;    ///< the agents of the running revision, and what a scenario asks for besides
    CatalogOf installed;  ///< those that there are
    bool allow_weak_sandbox = false;
    std::uint64_t probe_timeout_ms = agent::probe_timeout_ms_default;
    bool probes = true;
  };

  /// Both arms begin where the book stands: a simulated twin of the control, and the candidate. `document`:
  /// the text of `file`, and its path.
  live::Answer start(const experiment::ExperimentFile& file, const base::JsonDocument& document,
                     const StartGround& ground, const live::Mandate& mandate);
  /// A book by its id; nothing: it is not in the host.
  using GroundOf = std::function<std::optional<StartGround>(const std::string& book)>;
  /// Goes on with those that ran when the last host ended. One that cannot go on has ended, with the reason,
  /// or failed. Waits for no book. What the books keep for others is needed no more afterwards.
  void resume(const live::BookList& books, const GroundOf& ground_of);
  live::Answer stop(std::string_view name, const live::Mandate& mandate);
  /// The book has another chain now: what was compared with is gone.
  void control_changed(std::uint64_t revision, const std::vector<std::string>& books);
  /// The books are in the host no more.
  void books_removed(std::uint64_t revision, const std::vector<std::string>& books);
  void stop_all();

  boost::json::array list() const;
  live::Answer results(std::string_view name) const;

 private:
  struct Running {
    std::shared_ptr<ShadowExperiment> experiment;
    std::weak_ptr<live::BookRunner> runner{};  ///< what has ended keeps no book
    std::uint64_t number = 0;                  ///< in the order in which they began
  };
  /// Null with problems.
  std::unique_ptr<ShadowArm> build_arm(const char* name, const std::vector<config::Override>& changes,
                                       const experiment::ExperimentFile& file, const CatalogOf& catalog_of,
                                       const StartGround& ground, base::Problems& problems) const;
  static live::Answer begin(const std::shared_ptr<ShadowExperiment>& experiment, live::BookRunner& runner,
                            const live::Mandate& mandate);
  /// Why it cannot go on, and whether that is a failure; nothing: it does.
  struct Lost {
    const char* state;
    std::string reason;
  };
  static Lost cannot_go_on(const base::Problems& problems);
  std::optional<Lost> resume_one(const std::string& name, const GroundOf& ground_of);
  base::Problems start_thread(ShadowExperiment& experiment,
                              const std::shared_ptr<live::BookRunner>& runner) const;
  /// nullptr when there is none of that name.
  Running find(std::string_view name) const;
  live::Answer of_earlier_host(std::string_view name, bool whole) const;
  std::vector<Running> all() const;
  /// In the place of one of the same name; the oldest ended ones go.
  void remember(const std::string& name, Running running);
  static void end(const Running& running, const std::string& reason);
  void end_of(const std::vector<std::string>& books, const std::string& reason);

  /// The feed, as long as it is there: an arm that hangs may outlive it.
  struct FeedDoor {
    std::mutex mutex;
    live::EventFeed* feed = nullptr;
    void say_failed(const std::string& name, const std::string& book, const std::string& why);
  };

  const agent::Store& store_;
  live::EventFeed& feed_;
  std::shared_ptr<FeedDoor> door_ = std::make_shared<FeedDoor>();
  /// An arm that hangs may outlive the host's end of this.
  std::shared_ptr<ExperimentShelf> shelf_ = std::make_shared<ExperimentShelf>();
  mutable std::mutex mutex_;
  std::map<std::string, Running, std::less<>> experiments_;
  std::uint64_t last_number_ = 0;
};

}  // namespace cadre::shadow

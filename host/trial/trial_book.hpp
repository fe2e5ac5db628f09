#pragma once

#include <memory>
#include <string>
#include <vector>

#include "host/agent/live_agent.hpp"
#include "host/agent/store.hpp"
#include "host/base/temporary_folder.hpp"
#include "host/book/state_writer.hpp"
#include "host/model/bar.hpp"
#include "host/model/portfolio.hpp"
#include "host/trial/trial.hpp"
#include "host/trial/trial_state.hpp"

namespace cadre::trial {

/// What one agent is tried on: a state as written down, made into an arena, the agent and the providers of
/// its services, all of which have seen every period of it, oldest first, as they would in a run.
class TrialBook {
 public:
  TrialBook(const TrialOptions& options, TrialState state);

  /// Makes agent and providers, shows them the state, publishes the services. Errors are in problems().
  void prepare();
  const base::Problems& problems() const { return problems_; }

 protected:
  std::uint32_t n() const { return static_cast<std::uint32_t>(state_.universe.size()); }
  /// Passes on an event; PROBE_FAILED when the agent cannot follow.
  void show(agent::LiveAgent& agent, const cadre_event& event);
  /// Destroys and unloads the agent and its providers. Errors: PROBE_FAILED.
  void retire();
  cadre_execution_state& raw() { return writer_.view().raw; }
  model::Arena& arena() { return writer_.arena(); }

  const TrialOptions& options_;
  TrialState state_;
  base::Problems problems_;
  model::Portfolio portfolio_;
  execution::OrderTracker tracker_;
  book::StateWriter writer_;
  std::shared_ptr<agent::LiveAgent> subject_;

 private:
  struct Provider {
    std::string service;
    std::shared_ptr<agent::LiveAgent> agent;
    cadre_service view{};
  };

  std::shared_ptr<agent::LiveAgent> make(const std::string& id, const std::filesystem::path& file,
                                         const std::string& name);
  void make_services();
  void build_arena();
  void feed();
  void write_bar(const model::Bar& bar);
  void take_positions();
  void warn_of_short_history();
  void write_views();
  void refresh(std::uint64_t sequence, std::int64_t time_ns);
  void load_state();
  void activate();
  void publish();

  agent::ProbeTerms terms_;
  agent::Catalog catalog_;
  base::TemporaryFolder temporary_;
  agent::Store store_;
  std::vector<Provider> providers_;
  std::vector<cadre_service> services_;
};

}  // namespace cadre::trial

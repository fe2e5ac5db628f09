#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "host/book/book.hpp"

namespace cadre::book {

/// One pass of a probe: a chain of which some stages are tried enters a copy of a book, sees its newest bar,
/// and decides. What the agents of these stages do wrong is said with the function in which they did it.
/// [control-thread]
class ProbePass {
 public:
  /// All have to outlive it; the book has entered no chain.
  ProbePass(const config::ScenarioConfig& config, Book& book, std::shared_ptr<chain::Chain> chain,
            const std::vector<std::string>& tried);

  /// What the agents of the tried stages know, by stage.
  using States = std::map<std::string, journal::CheckpointRecord::Agent>;

  /// Gives the agents what was learned, shows them the newest bar, and lets them decide. Errors:
  /// STATE_REFUSED, PROBE_FAILED, PROBE_LEARNS_WHILE_DECIDING.
  base::Problems decide_on(const journal::CheckpointRecord& learned);
  /// The same with what the agents of an earlier pass knew before they decided: whoever knows it has to save
  /// the same bytes, and to decide the same. Errors: those above, STATE_MIGRATED_WRONGLY.
  base::Problems decide_again(const ProbePass& earlier, const journal::CheckpointRecord& learned);
  /// Ends the agents of the tried stages, one after the other: destroy, and the end of their libraries.
  /// Errors: PROBE_FAILED.
  base::Problems retire();

  /// Before the decision.
  const States& states() const { return states_; }

 private:
  void refuse(const std::string& stage, const std::string& what, const char* code = "PROBE_FAILED");
  void enter(const journal::CheckpointRecord& learned, const States& own = {});
  void observe(chain::Stage& stage);
  States save();
  void decide();
  void compare(const ProbePass& earlier);
  bool is_tried(const std::string& stage) const;

  const config::ScenarioConfig& config_;
  Book& book_;
  std::shared_ptr<chain::Chain> chain_;
  const std::vector<std::string>& tried_;
  States states_;
  bool has_decided_ = false;
  std::vector<std::vector<double>> targets_;  ///< after each stage that changes them
  std::vector<std::int64_t> need_e9_;
  base::Problems problems_;
};

}  // namespace cadre::book

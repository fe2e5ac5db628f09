#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "host/backtest/backtest.hpp"

namespace cadre::backtest {

struct ReplayOptions {
  std::filesystem::path run;                ///< a run folder
  std::vector<config::Override> overrides;  ///< with any, it is a what-if
  /// Besides the run's own copies: for a what-if, which may name agents that the run did not have, and for a
  /// run whose agents were built for an ABI that this host does not offer.
  std::vector<std::filesystem::path> agent_folders;
};

struct ReplayOutcome {
  bool identical = false;
  std::uint64_t orders = 0;  ///< of the replay
  std::uint64_t recorded_orders = 0;
  std::string order_hash;
  std::string recorded_hash;  ///< empty when the run did not come to its end
  std::uint32_t recorded_format = 0;
  /// False without a recorded hash, and when the run's journal has a format whose hash was another one.
  bool hash_was_compared = false;
  std::string first_difference;  ///< one sentence; empty when identical
};

/// Runs the agents of a run again on its journaled inputs and compares every order, to the bit.
base::Result<ReplayOutcome> replay_run(const ReplayOptions& options, const ProgressReport& progress);

}  // namespace cadre::backtest

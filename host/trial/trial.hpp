#pragma once

#include <boost/json/object.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "host/agent/probe_terms.hpp"
#include "host/base/result.hpp"

namespace cadre::trial {

struct TrialOptions {
  std::string agent;
  std::filesystem::path config;  ///< empty: the defaults
  std::filesystem::path state;
  std::vector<std::string> services;  ///< NAME=AGENT[:FILE]
  std::vector<std::filesystem::path> agent_folders;
  std::uint64_t probe_timeout_ms = agent::probe_timeout_ms_default;  ///< of all that the agents do
};

/// Loads one agent, shows it one state, asks what its role is asked, and returns all that came out: status,
/// unusable (why a host would not use an answer of status ok), signals, views, target_weight, report, matrix,
/// orders, reports, reasons, agent_state, as far as the role makes them. The library goes through the store
/// and the audit like any other.
base::Result<boost::json::object> try_agent(const TrialOptions& options);

}  // namespace cadre::trial

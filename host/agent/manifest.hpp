#pragma once

#include <boost/json/value.hpp>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "host/agent/semver.hpp"
#include "host/base/problem.hpp"
#include "host/base/result.hpp"

namespace cadre::agent {

/// A service an agent reads. Its place in `requirements` is its place in the agent's list of services.
struct ServiceNeed {
  std::string service;  ///< "cadre.covariance/1"
  bool optional = false;
  base::Place place;
};

/// One agent as its manifest describes it.
struct AgentDeclaration {
  std::string id;
  std::vector<std::string> roles;  ///< every role table it answers to: revisions of one role
  std::string role;                ///< of these the newest that this host knows: "cadre.risk_manager/1"
  std::vector<std::string> kinds;  ///< of instruments that it can work with
  std::string description;
  boost::json::value config_schema;  ///< an object schema with the defaults in it
  std::vector<std::string> hot_keys;
  bool simulated = false;  ///< an execution environment that touches no market
  std::vector<std::string> provides;
  std::vector<ServiceNeed> needs;
  std::map<std::uint32_t, std::string> reasons;  ///< its own reason codes (from 1000) to sentences
  std::uint32_t state_schema = 0;
  std::vector<std::uint32_t> state_reads;  ///< older schemas it can load
  base::Place place;

  /// An environment that touches a market: its process has sockets and files, and no other agent.
  bool reaches_a_venue() const { return role.starts_with("cadre.execution_environment/") && !simulated; }
};

/// A plugin, described without opening it. Immutable.
struct Manifest {
  std::filesystem::path file;
  std::string id;
  Version version;
  std::string name, vendor, license, description, status;
  std::filesystem::path library;  ///< absolute
  std::string sha256;             ///< of the library's bytes
  std::string text_sha256;        ///< of the manifest's own bytes
  std::uint32_t abi_min = 0;      ///< CADRE_ABI_VERSION encoding
  std::uint32_t abi_max = 0;
  base::Place version_place, library_place, abi_place;  ///< where the file says so
  std::vector<AgentDeclaration> agents;
  std::uint32_t deadline_us = 0;  ///< 0: none declared
  std::uint32_t memory_mb = 0;
  std::string isolation;  ///< "none" or "process"
  bool deterministic = true;
};

/// A manifest with the schemas of all its agents is far smaller.
inline constexpr std::uint64_t manifest_bytes_most = 4ULL << 20;

/// Reads and validates one manifest; opens nothing else. `library_folder`: where the library is when it is
/// not where the manifest says, under the name of its file; empty: it is there.
base::Result<Manifest> read_manifest(const std::filesystem::path& file,
                                     const std::filesystem::path& library_folder = {});

/// The JSON Schema of manifests, as text.
std::string_view manifest_schema();

/// "0.9" -> 0x00000009.
std::optional<std::uint32_t> parse_abi(std::string_view text);
std::string abi_text(std::uint32_t abi);
/// ABI_MISMATCH, with both ranges, when a plugin that runs under these versions does not run under this host.
base::Problems check_abi(std::uint32_t min, std::uint32_t max, const base::Place& place);

}  // namespace cadre::agent

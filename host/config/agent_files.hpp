#pragma once

#include <filesystem>
#include <vector>

#include "host/base/json.hpp"
#include "host/base/problem.hpp"

namespace cadre::config {

/// A setting of an agent that is {"file": "NAME"} stands for what is in the file: of a .json file its value,
/// of any other its text. Agents open no files; what they get this way is part of the revision.
inline constexpr std::uint64_t agent_file_bytes_most = std::uint64_t{1} << 20;

/// Puts the files in the places of the settings that name them. Errors: FILE_..., JSON_....
base::Problems embed_agent_files(base::JsonDocument& scenario, const std::filesystem::path& folder);

/// Adds the files that the settings of a scenario's agents name. Its chain may be text: then that is the
/// name of a file of its own, which is not looked into.
void note_agent_files(const boost::json::value& scenario, const std::filesystem::path& folder,
                      std::vector<std::filesystem::path>& files);

}  // namespace cadre::config

#pragma once

#include <boost/json/value.hpp>
#include <filesystem>
#include <span>
#include <string_view>

#include "host/base/problem.hpp"

namespace cadre::config {

/// What people name in commands and in files of theirs. A word that a reader of one kind takes for another's
/// fault is many wrong problems: each reader asks first whether it was given something else.
enum class FileKind {
  scenario,
  host,
  chain,
  experiment,
  manifest,
  state,     ///< the execution state of `cadre agent try`
  settings,  ///< of one agent: any JSON object may be that
  result,
  schema,
  table,
  journal,
  library,
  page,
  run_folder,
  state_folder,
  unknown
};

/// By what is in it; unknown when nothing in it says.
FileKind file_kind(const boost::json::value& root);
/// Of a file or folder, by its first bytes and what is in it. What cannot be read is unknown.
FileKind file_kind(const std::filesystem::path& path);

/// "a scenario", "a run folder".
std::string_view noun_of(FileKind kind);

/// One problem when it is certainly something else than one of these, with what takes it; nothing when it is
/// one of them, or unknown: then its reader says what is wrong. Code: FILE_OTHER_KIND.
base::Problems expect_kind(const std::filesystem::path& path, std::span<const FileKind> expected);

/// Whether it says of itself that it is a scenario.
bool says_scenario(const boost::json::value& root);

}  // namespace cadre::config

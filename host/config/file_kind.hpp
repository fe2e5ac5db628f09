#pragma once

#include <boost/json/value.hpp>

namespace cadre::config {

/// What kind of file of ours a document is, by what is in it. A scenario is what nothing else is: its reader
/// says what is wrong with it.
enum class FileKind { scenario, chain, manifest, experiment, host };

FileKind file_kind(const boost::json::value& root);
/// Whether it says of itself that it is a scenario.
bool says_scenario(const boost::json::value& root);

}  // namespace cadre::config

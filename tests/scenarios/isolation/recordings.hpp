#pragma once

#include <filesystem>
#include <string>

namespace cadre::test {

/// Where the first difference of two recordings is, as one sentence: the call, which one of the stage it is,
/// and the first field that differs, with both values; empty when there is none. Recordings are texts of
/// tests/agents/recorder/state_text.hpp.
std::string first_difference(const std::filesystem::path& here, const std::filesystem::path& there);

/// Writes the lines that isolated recorders left among a run's errors to the recordings they belong to.
void sort_recordings(const std::filesystem::path& errors);

/// How many calls of this name a recording has.
std::size_t calls(const std::filesystem::path& recording, const std::string& name);

/// Whether a recording has this line.
bool has_line(const std::filesystem::path& recording, const std::string& line);

}  // namespace cadre::test

#pragma once

#include <filesystem>

#include "host/base/result.hpp"

namespace cadre::journal {

/// Puts in place of a journal of a format from before there were segments the same records in the format of
/// today, as a whole or not at all, also in a power cut: until then readers see the old file. A stop within
/// the last write is cut off. Nothing happens to one of a later format, whose next segment has today's, and
/// to one without a whole head. Errors: those of JournalReader and JournalWriter, JOURNAL_BAD_RECORD; then
/// the old file is untouched.
base::Problems upgrade_journal(const std::filesystem::path& path);

}  // namespace cadre::journal

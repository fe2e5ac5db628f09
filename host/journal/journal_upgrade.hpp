#pragma once

#include <filesystem>

#include "host/base/result.hpp"

namespace cadre::journal {

/// Puts in place of a journal of an earlier format the same records in the format of today, as a whole or not
/// at all, also in a power cut: until then readers see the old file. A stop within the last write is cut off.
/// Nothing happens to a journal of today's format and to one without a whole head. Errors: those of
/// JournalReader and JournalWriter, JOURNAL_BAD_RECORD; then the old file is untouched.
base::Problems upgrade_journal(const std::filesystem::path& path);

}  // namespace cadre::journal

#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "host/book/journal_fold.hpp"
#include "host/live/checkpoint_files.hpp"

namespace cadre::live {

/// From where a start reads a journal: the newest checkpoint whose agents the booted revision can go on with,
/// and what followed; without one, the first record.
struct StartPoint {
  std::optional<book::StoredImage> image;   ///< nothing: the first record
  std::vector<std::vector<double>> rows{};  ///< of the image's history
  bool knows = false;                       ///< the agents are given what the image has of them
  book::JournalFacts facts;
};

/// Errors: those of survey_journal; JOURNAL_PRUNED: the beginning is gone, and no checkpoint is whole.
/// Warnings: JOURNAL_TAIL_CUT; CHECKPOINT_DAMAGED; AGENTS_BEGIN_LATE: of what the agents could learn the
/// beginning is gone.
base::Result<StartPoint> find_start(const std::filesystem::path& journal, const CheckpointFiles& files,
                                    const book::RevisionFits& fits, std::uint64_t acknowledged);

}  // namespace cadre::live

#include "host/live/start_point.hpp"

#include "host/base/problem.hpp"
#include "host/journal/segments.hpp"

namespace cadre::live {

namespace fs = std::filesystem;

namespace {

/// What is wrong with a checkpoint is no error: another one takes its place.
void warn(base::Problems& warnings, const base::Problems& problems) {
  for (base::Problem problem : problems) {
    problem.severity = base::Severity::warning;
    warnings.add(std::move(problem));
  }
}

/// A checkpoint with its rows and what the journal says since; nothing when it is of no use here.
std::optional<StartPoint> start_at(const fs::path& file, const fs::path& journal,
                                   const CheckpointFiles& files, const book::RevisionFits& fits,
                                   std::uint64_t acknowledged, base::Problems& warnings) {
  auto image = CheckpointFiles::read(file);
  if (!image) {
    warn(warnings, image.problems());
    return std::nullopt;
  }
  const auto segments = journal::segments_of(journal);
  std::error_code error;
  const bool is_there =
      segments && image->journal_bytes >= segments->front().head.begins_at &&
      image->journal_bytes <= segments->back().head.begins_at + fs::file_size(journal, error);
  if (!is_there) return std::nullopt;
  auto facts = book::survey_journal(journal, fits, acknowledged, &*image);
  if (!facts) return std::nullopt;  // said when it is read from the beginning
  auto rows = files.rows_of(*image);
  if (!rows) {
    warn(warnings, rows.problems());
    return std::nullopt;
  }
  const bool knows = fits(image->learned.revision);
  warnings.append(facts.problems());
  return StartPoint{std::move(image).take(), std::move(rows).take(), knows, std::move(facts).take()};
}

}  // namespace

base::Result<StartPoint> find_start(const fs::path& journal, const CheckpointFiles& files,
                                    const book::RevisionFits& fits, std::uint64_t acknowledged) {
  base::Problems warnings;
  std::optional<StartPoint> newest;
  for (const fs::path& file : files.list()) {
    base::Problems said;
    auto start = start_at(file, journal, files, fits, acknowledged, said);
    warnings.append(said);
    if (!start) continue;
    if (start->knows || start->facts.checkpoint_bytes) return {std::move(*start), warnings};
    if (!newest) newest = std::move(start);
  }
  const auto segments = journal::segments_of(journal);
  if (segments && segments->front().head.begins_at != 0) {
    if (newest) {
      warnings.warning(
          "AGENTS_BEGIN_LATE", base::Place::of(journal),
          "no checkpoint is of this revision, and the beginning of the journal was pruned: the agents "
          "have seen nothing of what was before event " +
              std::to_string(newest->image->sequence));
      return {std::move(*newest), warnings};
    }
    return journal::begins_too_late(journal, *segments,
                                    "its beginning was pruned, and no checkpoint is whole");
  }
  auto facts = book::survey_journal(journal, fits, acknowledged);
  if (!facts) return facts.problems();
  warnings.append(facts.problems());
  return {StartPoint{std::nullopt, {}, false, std::move(facts).take()}, warnings};
}

}  // namespace cadre::live

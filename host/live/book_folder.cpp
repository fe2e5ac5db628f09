#include "host/live/book_folder.hpp"

#include <algorithm>

#include "host/base/date.hpp"
#include "host/base/durable_folder.hpp"
#include "host/base/file.hpp"
#include "host/base/text.hpp"
#include "host/journal/segments.hpp"

namespace cadre::live {

namespace fs = std::filesystem;

base::Result<BookFolder> BookFolder::take(const fs::path& folder, const std::string& book,
                                          Incarnations& incarnations) {
  std::error_code error;
  error = base::make_durable_folder(folder);
  auto lock = base::FolderLock::take(folder, "BOOK_FOLDER_IN_USE",
                                     "another host works with the book " + base::quote(book),
                                     "`cadre status` shows it; give this host a state folder of its own");
  if (!lock) return lock.problems();
  return BookFolder(folder, book, incarnations, std::move(lock).take());
}

bool BookFolder::has_journal() const {
  std::error_code error;
  return fs::exists(journal(), error);
}

journal::StreamHead BookFolder::first_head() const {
  return {incarnations_->host(), book_, incarnations_->beginnings(book_), next_incarnation(0), 1, 0, 0};
}

std::uint64_t BookFolder::next_incarnation(std::uint64_t in_journal) const {
  return std::max(in_journal, incarnations_->last(book_)) + 1;
}

std::uint64_t BookFolder::acknowledged() const {
  const auto mark = Watermark::read(folder_ / "watermark");
  return mark ? mark->bytes : 0;
}

std::string BookFolder::ways_out() const {
  return "put it back: `cadre journal restore`; only where it is lost for good, and the book is to begin "
         "without positions and with its initial cash: `cadre run --begin-again " +
         book_ + "`";
}

void BookFolder::tidy(const journal::StreamHead& newest) const {
  std::error_code error;
  fs::path next = journal();
  next += ".next";
  fs::remove(next, error);
  fs::remove(journal::segment_path(journal(), newest.segment), error);
}

void BookFolder::clear_marks() const {
  std::error_code error;
  fs::remove(folder_ / "watermark", error);
  fs::remove_all(folder_ / "checkpoints", error);
  // Older segments are nobody's to throw away.
  if (!fs::exists(folder_ / "segments", error)) return;
  fs::path aside;
  for (int n = 1; aside.empty() || fs::exists(aside, error); ++n)
    aside = folder_ / ("segments.replaced-" + std::to_string(n));
  fs::rename(folder_ / "segments", aside, error);
}

base::Problems BookFolder::lost(const std::string& what) const {
  base::Problems problems;
  problems.error("BOOK_JOURNAL_LOST", base::Place::of(journal()),
                 "the book " + base::quote(book_) + " has lived in this state folder, and " + what,
                 ways_out());
  return problems;
}

base::Problems BookFolder::check(const book::JournalFacts& facts) const {
  base::Problems problems;
  const journal::StreamHead& head = facts.stream;
  const base::Place place = base::Place::of(journal());
  const bool is_ours = !head.is_named() || (head.host == incarnations_->host() && head.book == book_);
  if (!is_ours) {
    const std::string whose =
        head.host == incarnations_->host()
            ? "of the book " + base::quote(head.book) + " of this host"
            : "of the book " + base::quote(head.book) + " of another host, " + head.host;
    problems.error("BOOK_JOURNAL_FOREIGN", place, "this is the journal " + whose, ways_out());
    return problems;
  }
  const auto mark = Watermark::read(folder_ / "watermark");
  std::string why;
  if (head.is_named() && head.beginning != incarnations_->beginnings(book_))
    why = "it is from before the book was begun again";
  else if (facts.incarnation < incarnations_->last(book_))
    why = "the book has been opened " + std::to_string(incarnations_->last(book_)) +
          " times, and it knows of " + std::to_string(facts.incarnation);
  else if (mark && mark->bytes > facts.keep_bytes)
    why = "it ends at byte " + std::to_string(facts.keep_bytes) +
          ", and what was acknowledged, up to event " + std::to_string(mark->sequence) + ", at byte " +
          std::to_string(mark->bytes);
  else if (incarnations_->acknowledged(book_) > facts.keep_bytes)
    why = "it ends at byte " + std::to_string(facts.keep_bytes) + ", and the host has acknowledged byte " +
          std::to_string(incarnations_->acknowledged(book_));
  else if (!mark && head.is_named() && incarnations_->last(book_) != 0)
    problems.warning(
        "BOOK_WATERMARK_LOST", base::Place::of(folder_ / "watermark"),
        "the file that says how far the journal of " + book_ +
            " was acknowledged is gone or damaged: whether the end of the journal lacks is not known",
        "compare the book with what its clients and its venue know");
  if (!why.empty()) return older(why);
  return problems;
}

base::Problems BookFolder::older(const std::string& why) const {
  base::Problems problems;
  problems.error("BOOK_JOURNAL_OLDER", base::Place::of(journal()),
                 "the journal is older than what this host has acknowledged: " + why, ways_out());
  return problems;
}

namespace {

/// Whether a journal cannot be gone on with, as far as a look at it says.
bool is_lost(const BookFolder& folder, const Incarnations& incarnations, const std::string& book) {
  if (!folder.has_journal()) return true;
  auto facts = book::survey_journal(
      folder.journal(), [](std::uint64_t) { return false; }, folder.acknowledged());
  if (!facts || facts->keep_bytes == 0) return true;
  return incarnations.has_lived(book) && folder.check(*facts).has_errors();
}

}  // namespace

base::Problems begin_book_again(const fs::path& folder, const std::string& book, const std::string& actor,
                                Incarnations& incarnations) {
  auto taken = BookFolder::take(folder, book, incarnations);
  if (!taken) return taken.problems();
  base::Problems problems;
  if (!is_lost(*taken, incarnations, book)) {
    problems.error(
        "BOOK_NOT_LOST", base::Place::of(taken->journal()),
        "the journal of the book " + base::quote(book) + " can be gone on with: it is not begun again",
        "leave --begin-again out; to begin anew all the same, move " + folder.string() + " away first");
    return problems;
  }
  problems = incarnations.given_up(book, actor);
  if (problems.has_errors()) return problems;
  fs::path aside;
  std::error_code error;
  for (std::uint64_t n = incarnations.beginnings(book); aside.empty() || fs::exists(aside, error); ++n) {
    aside = folder;
    aside += ".given_up-" + std::to_string(n);
  }
  fs::rename(folder, aside, error);
  if (error || !base::sync_folder_of(folder))
    problems.error(
        "FILE_NOT_WRITABLE", base::Place::of(folder),
        "the folder cannot be put aside as " + aside.filename().string() + " (" + error.message() + ")",
        "check the permissions of the state folder");
  return problems;
}

}  // namespace cadre::live

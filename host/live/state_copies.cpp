// Backup of a state folder, and the way back.

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>

#include "host/base/file.hpp"
#include "host/base/text.hpp"
#include "host/live/book_folder.hpp"
#include "host/live/halt_file.hpp"
#include "host/live/journal_tools.hpp"
#include "host/live/lost_books.hpp"

namespace cadre::live {

namespace fs = std::filesystem;

namespace {

constexpr int tries_most = 10;

/// What belongs to the process, or to whoever may speak to it.
const std::set<std::string> not_copied{"admin.sock", "token",   "lock",         "flights",
                                       "books",      "CURRENT", "incarnations", "acknowledged"};

base::Problems not_written(const fs::path& file, const std::string& why) {
  base::Problems problems;
  problems.error("FILE_NOT_WRITABLE", base::Place::of(file), "it cannot be copied (" + why + ")",
                 "check the folder, its permissions and the room on its disk");
  return problems;
}

/// One file; whether it was there. A file that goes while others are copied is no fault.
bool copy_file(const fs::path& from, const fs::path& to, base::Problems& problems) {
  std::error_code error;
  fs::create_directories(to.parent_path(), error);
  if (!fs::copy_file(from, to, fs::copy_options::overwrite_existing, error)) {
    if (error != std::errc::no_such_file_or_directory) problems.append(not_written(to, error.message()));
    return false;
  }
  return true;
}

bool copy_files(const fs::path& from, const fs::path& to, base::Problems& problems) {
  bool is_whole = true;
  std::error_code error;
  for (fs::directory_iterator at(from, error), end; !error && at != end; at.increment(error)) {
    if (at->is_regular_file(error))
      is_whole = copy_file(at->path(), to / at->path().filename(), problems) && is_whole;
  }
  return is_whole;
}

std::uint64_t newest_segment(const fs::path& journal) {
  const auto segments = journal::segments_of(journal);
  return segments ? segments->back().head.segment : 0;
}

/// What is copied later is never behind what was copied before: the mark, checkpoints, older segments, the
/// newest. A segment that ended meanwhile means once more.
base::Problems copy_book(const fs::path& from, const fs::path& to) {
  base::Problems problems;
  std::error_code error;
  for (int n = 0; n < tries_most; ++n) {
    fs::remove_all(to, error);
    const std::uint64_t newest = newest_segment(from / "journal");
    copy_file(from / "watermark", to / "watermark", problems);
    const bool are_checkpoints_whole = copy_files(from / "checkpoints", to / "checkpoints", problems);
    const bool are_segments_whole = copy_files(from / "segments", to / "segments", problems);
    if (!copy_file(from / "journal", to / "journal", problems) && !problems.has_errors())
      problems.append(not_written(to / "journal", "it is not there"));
    if (problems.has_errors()) return problems;
    if (are_checkpoints_whole && are_segments_whole && newest == newest_segment(from / "journal"))
      return problems;
  }
  return not_written(to / "journal", "it changed each time that it was copied");
}

base::Problems copy_rest(const fs::path& from, const fs::path& to) {
  base::Problems problems;
  std::error_code error;
  for (fs::directory_iterator at(from, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    // A seal that is copied later than its file may be of the next one.
    if (not_copied.contains(name) || at->path().extension() == ".seal") continue;
    std::error_code failed;
    if (at->is_directory(failed))
      fs::copy(at->path(), to / name, fs::copy_options::recursive | fs::copy_options::overwrite_existing,
               failed);
    else if (at->is_regular_file(failed))
      copy_file(at->path(), to / name, problems);
    if (failed && failed != std::errc::no_such_file_or_directory)
      problems.append(not_written(to / name, failed.message()));
  }
  return problems;
}

/// All of a state folder, or one book of it, from a running host too.
base::Problems copy_state(const fs::path& state, const std::vector<JournalPlace>& books, const fs::path& to) {
  base::Problems problems;
  copy_file(state / "CURRENT", to / "CURRENT", problems);
  copy_file(state / "incarnations", to / "incarnations", problems);
  for (const JournalPlace& book : books) {
    if (problems.has_errors()) return problems;
    const fs::path copy = to / "books" / book.book;
    problems.append(copy_book(book.journal.parent_path(), copy));
    if (problems.has_errors()) return problems;
    const auto verified = verify_journal({book.book, copy / "journal"});
    problems.append(verified.problems());
  }
  if (!problems.has_errors()) problems.append(copy_rest(state, to));
  return problems;
}

fs::path unused(const fs::path& folder, const char* what) {
  std::error_code error;
  for (int n = 1;; ++n) {
    fs::path name = folder;
    name += std::string(".") + what + "-" + std::to_string(n);
    if (!fs::exists(name, error)) return name;
  }
}

/// What of a book is known on both sides.
struct Ends {
  book::JournalFacts facts;
  Restored restored;
  bool may_lack = true;
};

base::Result<Ends> look_at(const JournalPlace& copy, const fs::path& state,
                           const Incarnations& incarnations) {
  auto verified = verify_journal(copy);
  if (!verified) return verified.problems();
  auto facts = book::survey_journal(
      copy.journal, [](std::uint64_t) { return false; }, 0);
  if (!facts) return facts.problems();
  Ends ends{std::move(facts).take(), {}, true};
  ends.restored.book = copy.book;
  ends.restored.sequence = verified->sequence;
  ends.restored.date = verified->to;
  const auto mark = Watermark::read(state / "books" / copy.book / "watermark");
  if (mark) ends.restored.acknowledged = mark->sequence;
  ends.may_lack =
      !mark || mark->bytes > ends.facts.keep_bytes || ends.facts.incarnation < incarnations.last(copy.book);
  base::Problems problems;
  if (ends.facts.stream.host != incarnations.host() || ends.facts.stream.book != copy.book)
    problems.error("BOOK_JOURNAL_FOREIGN", base::Place::of(copy.journal),
                   "this is the journal of the book " + base::quote(ends.facts.stream.book) +
                       " of the host " + ends.facts.stream.host + ", and the state folder is of the host " +
                       incarnations.host(),
                   "restore it into a folder of its own");
  if (problems.has_errors()) return problems;
  return ends;
}

base::Problems put_back(const JournalPlace& copy, const fs::path& state, Ends& ends,
                        Incarnations& incarnations, HaltFile& halts, const std::string& actor) {
  const fs::path folder = state / "books" / copy.book;
  fs::path beside = folder;
  beside += ".restoring";
  base::Problems problems = copy_book(copy.journal.parent_path(), beside);
  if (problems.has_errors()) return problems;
  std::error_code error;
  if (ends.may_lack) {
    HaltOrder order;
    order.books = {copy.book};
    order.actor = actor;
    order.reason = "restored from a copy that ends at event " + std::to_string(ends.restored.sequence) +
                   ": compare its positions and orders with the venue, then resume";
    halts.number_above(ends.facts.halt_number);
    problems.append(halts.write(order));
    if (problems.has_errors()) return problems;
    ends.restored.is_halted = true;
  }
  if (fs::exists(folder, error)) {
    ends.restored.aside = unused(folder, "replaced");
    fs::rename(folder, ends.restored.aside, error);
    if (error) return not_written(ends.restored.aside, error.message());
  }
  fs::rename(beside, folder, error);
  if (error || !base::sync_folder_of(folder)) return not_written(folder, error.message());
  return incarnations.restored(copy.book, ends.facts.incarnation, ends.facts.stream.beginning, actor);
}

/// Root restores what a service of another user reads: all of it belongs to whom the state folder belongs to.
base::Problems give_to_owner_of(const fs::path& state) {
  base::Problems problems;
  struct stat owner {};
  if (::geteuid() != 0 || ::stat(state.c_str(), &owner) != 0) return problems;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(state, error)) {
    if (::lchown(entry.path().c_str(), owner.st_uid, owner.st_gid) != 0)
      problems.error("FILE_NOT_WRITABLE", base::Place::of(entry.path()),
                     std::string("cannot give it to the owner of the state folder: ") + std::strerror(errno),
                     "chown it by hand");
  }
  return problems;
}

/// A copy that lacks a book would leave the one that is there, or none, beside those that it brings.
base::Problems check_has_all(const fs::path& from, const fs::path& state) {
  std::set<std::string> lacking = books_without_journal(from);
  for (const std::string& book : living_books(state)) {
    std::error_code error;
    if (!fs::is_regular_file(from / "books" / book / "journal", error)) lacking.insert(book);
  }
  base::Problems problems;
  for (const std::string& book : lacking)
    problems.error("BACKUP_LACKS_BOOK", base::Place::of(from / "books" / book / "journal"),
                   "the copy has no journal of the book " + base::quote(book) +
                       ", which has lived where it is restored or was copied",
                   "restore a copy that has it, or name the book to restore with --book");
  return problems;
}

}  // namespace

base::Problems back_up(const fs::path& state, const std::string& book, const fs::path& to) {
  base::Problems problems;
  std::error_code error;
  if (fs::exists(to, error)) {
    problems.error("BACKUP_EXISTS", base::Place::of(to),
                   "there is something already, and a copy replaces nothing",
                   "name a folder that is not there");
    return problems;
  }
  const auto books = find_journals(state, book);
  if (!books) return books.problems();
  fs::path beside = to;
  beside += ".partial";
  fs::remove_all(beside, error);
  problems = copy_state(state, *books, beside);
  if (!problems.has_errors()) {
    fs::rename(beside, to, error);
    if (error) problems.append(not_written(to, error.message()));
  }
  if (problems.has_errors()) fs::remove_all(beside, error);
  return problems;
}

base::Result<std::vector<Restored>> restore(const fs::path& from, const fs::path& state,
                                            const std::string& book, bool accepts_loss,
                                            const std::string& actor) {
  const auto copies = find_journals(from, book);
  if (!copies) return copies.problems();
  std::error_code error;
  const bool is_new = !fs::exists(state / "incarnations", error);
  fs::create_directories(state, error);
  auto lock = base::FolderLock::take(state, "STATE_FOLDER_IN_USE", "a host runs with this state folder",
                                     "stop it first; `cadre status` shows it");
  if (!lock) return lock.problems();
  if (book.empty() && fs::is_directory(from / "books", error)) {
    const base::Problems lacking = check_has_all(from, state);
    if (lacking.has_errors()) return lacking;
  }
  auto incarnations = Incarnations::open((is_new ? from : state) / "incarnations", "");
  if (!incarnations) return incarnations.problems();
  base::Problems problems;
  std::vector<Ends> all;
  for (const JournalPlace& copy : *copies) {
    auto ends = look_at(copy, state, **incarnations);
    problems.append(ends.problems());
    if (!ends) continue;
    if (ends->may_lack && !accepts_loss)
      problems.error(
          "BACKUP_OLDER", base::Place::of(copy.journal),
          "the copy ends at event " + std::to_string(ends->restored.sequence) +
              (ends->restored.acknowledged > ends->restored.sequence
                   ? ", and the host had acknowledged event " + std::to_string(ends->restored.acknowledged)
                   : ", and whether the host had acknowledged more cannot be told"),
          "give --accept-loss: the book then begins halted, until a person has compared its positions");
    all.push_back(std::move(ends).take());
  }
  if (problems.has_errors()) return problems;
  if (is_new) {
    copy_file(from / "CURRENT", state / "CURRENT", problems);
    copy_file(from / "incarnations", state / "incarnations", problems);
    problems.append(copy_rest(from, state));
    if (problems.has_errors()) return problems;
    incarnations = Incarnations::open(state / "incarnations", "");
    if (!incarnations) return incarnations.problems();
  }
  auto halts = HaltFile::open(state / "halts");
  if (!halts) return halts.problems();
  std::vector<Restored> restored;
  for (std::size_t k = 0; k < copies->size() && !problems.has_errors(); ++k) {
    problems.append(put_back((*copies)[k], state, all[k], **incarnations, **halts, actor));
    restored.push_back(all[k].restored);
  }
  problems.append(give_to_owner_of(state));
  if (problems.has_errors()) return problems;
  return restored;
}

}  // namespace cadre::live

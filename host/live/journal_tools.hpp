#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "host/base/result.hpp"

/// What is done with journals beside a host, or without one: looked through, shown, copied, put back. Reading
/// disturbs nobody: a running host goes on, and what it has not committed yet is not looked at.
namespace cadre::live {

struct JournalPlace {
  std::string book;  ///< empty: that of a run
  std::filesystem::path journal;
};

/// The journals of a state folder, of the folder of a book, of a run, or the file itself. `book`: of a state
/// folder that one alone; empty: all. Errors: JOURNAL_NOT_FOUND.
base::Result<std::vector<JournalPlace>> find_journals(const std::filesystem::path& path,
                                                      const std::string& book);

/// BOOK_JOURNAL_LOST for each book of a state folder that has lived there, is not over, and whose journal is
/// not there or is no file. `book`: that one alone; empty: all. Nothing for what is no state folder.
base::Problems lost_journals(const std::filesystem::path& path, const std::string& book);

/// What a journal holds that was looked through from its beginning to its end.
struct Verified {
  std::uint64_t segments = 0, records = 0, decisions = 0, orders = 0, sequence = 0;
  std::uint64_t bytes = 0;         ///< of the stream
  std::uint64_t stored_bytes = 0;  ///< on the disk, compressed where it is
  std::uint64_t begins_at = 0;     ///< byte of the stream; above 0: its beginning was pruned
  std::uint64_t uncommitted = 0;   ///< bytes behind the last commit
  std::uint64_t checkpoints = 0;   ///< that are whole
  std::uint64_t incarnation = 0;
  std::int32_t from = 0, to = 0;  ///< yyyymmdd of the first bar and the last; 0: none
  struct Kind {
    std::uint64_t records = 0;
    std::uint64_t bytes = 0;  ///< uncompressed, with their frames
  };
  std::map<std::string, Kind> kinds{};  ///< by the name of the kind of record
};
/// Checks every record, that segments follow on each other, that numbers do, and that checkpoints are whole.
/// Errors: JOURNAL_DAMAGED, with its place, JOURNAL_SEGMENT_MISSING, and those of reading. Warnings: what
/// does no harm.
base::Result<Verified> verify_journal(const JournalPlace& place);

/// Which records are shown.
struct ShowFilter {
  std::vector<std::string> kinds;  ///< empty: all
  std::string instrument;          ///< id; empty: all
  std::int32_t since = 0;          ///< yyyymmdd, of the bar that they follow; 0: from the beginning
  std::int32_t until = 0;          ///< the last; 0: to the end
  std::uint64_t last = 0;          ///< the newest so many of them; 0: all
};
/// One JSON object a record. Errors: COMMAND_INSTRUMENT, and those of reading; what was before damage has
/// been shown.
base::Problems show_journal(const JournalPlace& place, const ShowFilter& filter,
                            const std::function<void(const boost::json::object&)>& show);

/// Copies a state folder, or one book of it, to a new folder, in an order in which the copy can be started
/// from whatever a running host does meanwhile. Errors: BACKUP_EXISTS, FILE_NOT_WRITABLE, and those of
/// reading.
base::Problems back_up(const std::filesystem::path& state, const std::string& book,
                       const std::filesystem::path& to);

struct Restored {
  std::string book;
  std::uint64_t sequence = 0;  ///< of the last event that the copy has
  std::int32_t date = 0;       ///< of its last bar
  std::uint64_t acknowledged =
      0;                        ///< of the last event that the host is known to have acknowledged; 0: unknown
  bool is_halted = false;       ///< it may lack what was acknowledged: a person has to look
  std::filesystem::path aside;  ///< where what was there lies now; empty: nothing was
};
/// Puts the books of a copy back: into a state folder that no host works in, or into a new one, with all that
/// a host needs. What was there is put aside. A copy that may be older than what was acknowledged is refused
/// unless `accepts_loss`, and its book begins halted. Errors: STATE_FOLDER_IN_USE, JOURNAL_DAMAGED,
/// BACKUP_OLDER,
/// BACKUP_LACKS_BOOK (unless `book` says which one is wanted), JOURNAL_NOT_FOUND, FILE_NOT_WRITABLE; nothing
/// has changed then.
base::Result<std::vector<Restored>> restore(const std::filesystem::path& from,
                                            const std::filesystem::path& state, const std::string& book,
                                            bool accepts_loss, const std::string& actor);

/// Removes older segments until so many are left, of which no checkpoint needs one. How many went. Errors:
/// those of reading, JOURNAL_NOT_WRITABLE.
base::Result<std::uint64_t> prune(const JournalPlace& place, std::uint64_t keep_segments);

}  // namespace cadre::live

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "host/base/folder_lock.hpp"
#include "host/book/journal_fold.hpp"
#include "host/live/incarnations.hpp"
#include "host/live/watermark.hpp"

namespace cadre::live {

/// The folder of a book that one host alone works in: whose journal is in it, and whether that is the one,
/// and all of it, that this host wrote.
class BookFolder {
 public:
  /// Locks the folder, which is made where it is missing, before anything in it is read. `incarnations` has
  /// to outlive it. Errors: BOOK_FOLDER_IN_USE, FOLDER_NOT_LOCKED.
  static base::Result<BookFolder> take(const std::filesystem::path& folder, const std::string& book,
                                       Incarnations& incarnations);

  const std::filesystem::path& path() const { return folder_; }
  std::filesystem::path journal() const { return folder_ / "journal"; }
  /// Whether the folder is where it was: what is written by path goes into it.
  bool is_in_place() const { return lock_.is_at(folder_); }
  /// Whether a file is there, whatever is in it.
  bool has_journal() const;
  bool has_lived() const { return incarnations_->has_lived(book_); }

  /// The head of a first segment that is begun now.
  journal::StreamHead first_head() const;
  /// The number of the next incarnation, above all that the journal and the host know of.
  std::uint64_t next_incarnation(std::uint64_t in_journal) const;
  /// The book lives on from here: its journal says so already. Errors: FILE_NOT_WRITABLE.
  base::Problems opened(std::uint64_t incarnation) { return incarnations_->opened(book_, incarnation); }
  /// A revision has the book no more. Errors: FILE_NOT_WRITABLE.
  base::Problems left() { return incarnations_->left(book_); }

  /// How far the journal was acknowledged, as far as that is known: bytes of the stream.
  std::uint64_t acknowledged() const;
  /// That there is no journal, or nothing in it, while the book has lived: BOOK_JOURNAL_LOST.
  base::Problems lost(const std::string& what) const;
  /// That the journal lacks what was acknowledged: BOOK_JOURNAL_OLDER.
  base::Problems older(const std::string& why) const;
  /// What a host that ended within the change of a segment left: the one at hand is this.
  void tidy(const journal::StreamHead& newest) const;
  /// What belonged to a journal that is there no more.
  void clear_marks() const;
  /// Whether a journal is of this host and of this book, and has all that was acknowledged. Errors:
  /// BOOK_JOURNAL_FOREIGN, BOOK_JOURNAL_OLDER. Warnings: BOOK_WATERMARK_LOST.
  base::Problems check(const book::JournalFacts& facts) const;
  /// The host is to know that the journal was acknowledged so far. [any-thread]
  void acknowledge(std::uint64_t bytes) const { incarnations_->acknowledge(book_, bytes); }
  /// The mark beside the journal, to go on with. Errors: FILE_NOT_WRITABLE.
  base::Result<Watermark> watermark() const { return Watermark::open(folder_ / "watermark"); }

 private:
  BookFolder(std::filesystem::path folder, std::string book, Incarnations& incarnations,
             base::FolderLock lock)
      : folder_(std::move(folder)),
        book_(std::move(book)),
        incarnations_(&incarnations),
        lock_(std::move(lock)) {}
  std::string ways_out() const;

  std::filesystem::path folder_;
  std::string book_;
  Incarnations* incarnations_;
  base::FolderLock lock_;
};

/// Puts the folder of a book whose journal is lost aside, where nothing of it is touched, so that the book
/// begins again. Errors: BOOK_NOT_LOST while it can be gone on with, BOOK_FOLDER_IN_USE, FILE_NOT_WRITABLE.
base::Problems begin_book_again(const std::filesystem::path& folder, const std::string& book,
                                const std::string& actor, Incarnations& incarnations);

}  // namespace cadre::live

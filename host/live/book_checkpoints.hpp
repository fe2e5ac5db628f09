#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "host/book/book_image.hpp"
#include "host/book/order_hash.hpp"
#include "host/live/checkpoint_files.hpp"
#include "host/live/journal_keeper.hpp"
#include "host/model/tally.hpp"

namespace cadre::live {

/// The checkpoints of a running book: what its agents have learned goes into the journal, and how the whole
/// book stood stays in memory, for whoever has to know how it came to where it stands.
class BookCheckpoints {
 public:
  BookCheckpoints(std::filesystem::path journal, std::uint64_t bars)
      : journal_(std::move(journal)), bars_(bars), files_(journal_.parent_path() / "checkpoints") {}

  /// What an image is made of besides the book.
  struct Ground {
    const model::Tally* tally;
    const book::OrderHash* order_hash;
    std::function<std::string()> door;  ///< as BookDoor::save
  };
  /// All of it has to outlive this.
  void enter(const book::Book& book, JournalKeeper& keeper, Ground ground) {
    book_ = &book;
    keeper_ = &keeper;
    ground_ = std::move(ground);
    tally_ = ground_.tally;
  }
  /// Where they lie on the disk.
  CheckpointFiles& files() { return files_; }
  /// Between two events. Its file may be on the disk before the journal is as far: a start leaves such a one
  /// out, and removes it. One that fails is logged, and the one before stays the newest. On the book's
  /// thread.
  void take();
  /// The same, for somebody who goes back to it later: its file, and the journal from there on, stay until
  /// files().unpin() of its last event. Errors: STATE_SAVE. On the book's thread.
  base::Result<std::shared_ptr<const book::BookImage>> take_pinned();
  /// What the agents have learned alone, for the journal. Errors: STATE_SAVE. On the book's thread.
  base::Result<journal::CheckpointRecord> take_learned();
  /// Why the newest one failed, or could not be written; empty: it did not. On the book's thread.
  std::string failed() const { return failed_.empty() ? files_.failed() : failed_; }
  /// The same once so many bars have passed since the last. Whether it was. On the book's thread.
  bool after_bar();

  /// The newest at which the agent of a stage knew all that had happened: while it is quarantined, the last
  /// one before. Null before the first. [any-thread]
  std::shared_ptr<const book::BookImage> newest_of(const std::string& stage) const;
  /// The newest that is older than the last `decisions` of those that were made, else the oldest that is
  /// remembered. Null before the first. [any-thread]
  std::shared_ptr<const book::BookImage> before_last(std::uint64_t made, std::uint64_t decisions) const;
  /// By the book until now. On the book's thread.
  std::uint64_t decisions() const { return tally_->decisions; }

  /// Why there is no image yet: BOOK_WITHOUT_CHECKPOINT. On the book's thread.
  base::Problems why_none() const;

  const std::filesystem::path& journal() const { return journal_; }
  /// How far the journal can be read now: makes all that has happened durable. On the book's thread.
  std::uint64_t journal_bytes();

 private:
  static constexpr std::size_t images_most = 4;

  const std::filesystem::path journal_;
  const std::uint64_t bars_;
  CheckpointFiles files_;
  std::uint64_t bars_since_ = 0;
  std::string failed_;
  const book::Book* book_ = nullptr;
  JournalKeeper* keeper_ = nullptr;
  const model::Tally* tally_ = nullptr;
  Ground ground_{};
  base::Result<std::shared_ptr<const book::BookImage>> take_image(CheckpointFiles::Keep keep);
  void keep_for_quarantined();

  mutable std::mutex mutex_;
  std::deque<std::shared_ptr<const book::BookImage>> images_;                        ///< newest last
  std::map<std::string, std::shared_ptr<const book::BookImage>> before_quarantine_;  ///< by stage
};

}  // namespace cadre::live

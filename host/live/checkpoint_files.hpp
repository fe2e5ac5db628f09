#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "host/book/book_image.hpp"

namespace cadre::live {

/// The checkpoints of a book in its folder: a file each, named by the number of its last event, and the full
/// blocks of history that they share. Written by a thread of its own, so that no decision waits for a disk;
/// one that comes while another is written takes the place of one that waits.
class CheckpointFiles {
 public:
  /// `folder`: made with the first file.
  explicit CheckpointFiles(std::filesystem::path folder);
  ~CheckpointFiles();
  CheckpointFiles(const CheckpointFiles&) = delete;
  CheckpointFiles& operator=(const CheckpointFiles&) = delete;

  const std::filesystem::path& folder() const { return folder_; }
  enum class Keep { until_newer, pinned };
  /// Hands one over, with its orders as save_orders() gave them; its file is whole once it is there. A pinned
  /// one, and what of the journal came after it, stays until it is unpinned, over restarts of the host too.
  /// [any-thread]
  void write(std::shared_ptr<const book::BookImage> image, std::string orders, Keep keep = Keep::until_newer);
  /// One more, or one less, who needs the file of an event. [any-thread]
  void pin(std::uint64_t sequence);
  void unpin(std::uint64_t sequence);
  /// What was pinned before this process began and nobody has pinned again is not needed any more.
  /// [any-thread]
  void unpin_earlier();
  /// Runs something on the same thread, after what waits. [any-thread]
  void after_writing(std::function<void()> work);
  /// Until what was handed over is written. [any-thread]
  void finish();
  /// Why the newest could not be written; empty: it could. [any-thread]
  std::string failed() const;
  /// Byte of the stream that the oldest kept one needs the journal from. [any-thread]
  std::uint64_t needed_from() const;

  /// The files that are there, newest first.
  std::vector<std::filesystem::path> list() const;
  /// Errors: those of reading it; CHECKPOINT_DAMAGED.
  static base::Result<book::StoredImage> read(const std::filesystem::path& file);
  /// The file of the checkpoint that was taken after this event.
  std::filesystem::path file_of(std::uint64_t sequence) const;
  /// The blocks of history that an image shares, in order. Errors: those of reading them; CHECKPOINT_DAMAGED.
  base::Result<std::vector<std::vector<double>>> rows_of(const book::StoredImage& image) const;
  /// Whether the newest is what a start could begin with: reads it back, with its blocks. One that is not is
  /// forgotten, and the next writes all blocks anew. Errors: those of reading it, CHECKPOINT_DAMAGED. On the
  /// writing thread.
  base::Problems verify_newest();
  /// The bars that the newest checkpoint has counted which was taken after this event; 0: there is none that
  /// is whole.
  std::uint64_t bars_after(std::uint64_t sequence) const;
  /// Those that end behind byte `bytes` of the stream are of a journal that is gone: they go too.
  void forget_after(std::uint64_t bytes);

 private:
  struct Kept {
    std::uint64_t journal_bytes = 0, revision = 0, first_block = 0;
  };
  struct Waiting {
    std::shared_ptr<const book::BookImage> image;
    std::string orders;
    Keep keep;
  };
  void run();
  void write_one(const Waiting& waiting);
  base::Problems write_now(const book::BookImage& image, const std::string& orders);
  base::Problems write_rows(const book::History& history, std::vector<std::uint64_t>& sums);
  void prune();
  std::filesystem::path block_of(std::uint64_t number) const;
  std::filesystem::path pin_of(std::uint64_t sequence) const;
  void find_pins();

  /// That the folder of the book is the one that was there at first. Errors: BOOK_FOLDER_MOVED.
  base::Problems check_place() const;

  const std::filesystem::path folder_;
  std::pair<std::uint64_t, std::uint64_t> place_;  ///< device and number of the folder that it is in
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Waiting> waiting_;
  std::vector<std::function<void()>> work_;
  bool is_at_work_ = false, ends_ = false;
  std::string failed_;
  std::map<std::uint64_t, Kept> kept_;             ///< by sequence
  std::map<std::uint64_t, std::uint64_t> blocks_;  ///< that are on the disk: sum by number
  std::map<std::uint64_t, std::uint64_t> pins_;    ///< how many need it, by sequence
  std::set<std::uint64_t> earlier_pins_;           ///< found on the disk, and counted in pins_
  std::thread thread_;
};

}  // namespace cadre::live

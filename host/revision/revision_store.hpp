#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "host/revision/revision.hpp"

namespace cadre::revision {

/// The revisions of one host, append-only: <folder>/revisions/000001.json and so on, and <folder>/CURRENT,
/// the number to boot. One process writes. Every function may be called from any thread.
class RevisionStore {
 public:
  /// Creates the folder when there is none, and reads what is there. What is damaged is in problems() and
  /// hides nothing else; leftovers of a write that was cut off are passed over. Errors:
  /// REVISION_STORE_NOT_USABLE.
  static base::Result<std::unique_ptr<RevisionStore>> open(const std::filesystem::path& folder);

  /// What open found: REVISION_DAMAGED (the number stays taken), REVISION_MISSING (a gap), CURRENT_DAMAGED.
  const base::Problems& problems() const { return problems_; }

  /// Durable when it returns, also after a power cut; no file is ever overwritten. The number must be
  /// last() + 1. Errors: REVISION_EXISTS, REVISION_OUT_OF_ORDER, REVISION_NOT_STORABLE, FILE_NOT_WRITABLE.
  base::Problems append(const Revision& revision);
  /// Takes the last one back: it was refused before it took over. Its number is free again. Errors:
  /// REVISION_UNKNOWN for any other, and for the one to boot; FILE_NOT_WRITABLE.
  base::Problems withdraw(std::uint64_t number);

  /// Reads its file; its line is known, also when it is a file of 0.9. Errors: REVISION_UNKNOWN,
  /// REVISION_DAMAGED.
  base::Result<Revision> get(std::uint64_t number) const;
  /// The highest number that is taken, by a damaged file too; 0 when there is none.
  std::uint64_t last() const;
  /// The good ones, oldest first, without their config: a host has thousands.
  std::vector<Revision> list() const;

  /// Where the line goes on behind a revision that comes back while `current` is in charge. One that is not
  /// on that line, and was named, comes as an apply does: it lies on what is in charge.
  std::uint64_t line_behind(std::uint64_t target, std::uint64_t current) const;

  /// The one to boot; 0 when none was set.
  std::uint64_t current() const;
  /// Writes down beside CURRENT what set_current will put in its place: what can fail fails now. Errors:
  /// REVISION_UNKNOWN, REVISION_DAMAGED, FILE_NOT_WRITABLE.
  base::Problems prepare_current(std::uint64_t number);
  /// Replaced as a whole and durable. Errors: REVISION_UNKNOWN, REVISION_DAMAGED, FILE_NOT_WRITABLE.
  base::Problems set_current(std::uint64_t number);

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path file_of(std::uint64_t number) const;

 private:
  explicit RevisionStore(std::filesystem::path folder) : folder_(std::move(folder)) {}
  /// What stays in memory of a revision.
  struct Known {
    Revision head;                               ///< without config and plugins
    const std::vector<PinnedPlugin>* plugins{};  ///< in plugin_lists_
  };
  void read_all();
  base::Result<Revision> read_file_of(std::uint64_t number) const;
  void remember(const Revision& revision);
  std::uint64_t line_of(const Revision& revision) const;
  void read_current();
  base::Problems unknown(std::uint64_t number) const;
  base::Problems write_new_file(const std::filesystem::path& file, const std::string& text) const;

  std::filesystem::path folder_;
  base::Problems problems_;
  mutable std::mutex mutex_;  ///< of all below
  std::map<std::uint64_t, Known> revisions_;
  std::set<std::vector<PinnedPlugin>> plugin_lists_;  ///< few differ
  std::map<std::uint64_t, base::Problems> damaged_;
  std::uint64_t current_ = 0;
  std::uint64_t prepared_ = 0;  ///< number that waits beside CURRENT; 0: none
};

}  // namespace cadre::revision

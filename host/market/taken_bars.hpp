#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "host/model/bar.hpp"

namespace cadre::market {

/// Which bars a book has taken: dates and checksums, so that the same bar said again is known from another
/// bar of the same date.
class TakenBars {
 public:
  struct Mark {
    std::int32_t date = 0;
    std::uint64_t checksum = 0;
  };
  static Mark mark_of(const model::Bar& bar);

  /// Of so many the newest are remembered; what is older than those is not newer than the newest, and no more
  /// is said of it.
  static constexpr std::size_t remembered = 4096;

  void add(Mark mark) {
    checksums_[mark.date] = mark.checksum;
    if (checksums_.size() > remembered) checksums_.erase(checksums_.begin());
  }
  /// Those up to a date, oldest first.
  std::vector<Mark> until(std::int32_t date) const {
    std::vector<Mark> marks;
    for (auto at = checksums_.begin(); at != checksums_.end() && at->first <= date; ++at)
      marks.push_back({at->first, at->second});
    return marks;
  }
  void add(const model::Bar& bar) { add(mark_of(bar)); }

  /// The latest date, yyyymmdd; 0: none.
  std::int32_t newest() const { return checksums_.empty() ? 0 : checksums_.rbegin()->first; }
  bool has_date(std::int32_t date) const { return checksums_.contains(date); }
  bool has(const model::Bar& bar) const;

 private:
  std::map<std::int32_t, std::uint64_t> checksums_;  ///< by date: small beside the history of a book
};

}  // namespace cadre::market

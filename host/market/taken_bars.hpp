#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "host/base/codec.hpp"
#include "host/market/suspect_moves.hpp"
#include "host/model/bar.hpp"

namespace cadre::market {

/// Which bars a book has taken: dates and checksums, so that the same bar said again is known from another
/// bar of the same date; the last close of each instrument, and the moves that looked wrong.
class TakenBars {
 public:
  /// What is remembered of one bar.
  struct Mark {
    std::int32_t date = 0;
    std::uint64_t checksum = 0;
    std::vector<std::int64_t> closes_e9{};  ///< by column of the data; 0: no price that day
    std::vector<SuspectMove> moves{};       ///< those that nobody said to be right
  };
  static Mark mark_of(const model::Bar& bar);

  /// From now on moves beyond this share of the close before are suspect. None are before that.
  void watch_moves(double suspect_move) { suspect_move_ = suspect_move; }

  void add(Mark mark);
  void add(const model::Bar& bar);
  /// The bar of this date was not taken after all. `last`: the one that the book stands at.
  void forget(std::int32_t date, const model::Bar& last);

  /// The latest date, yyyymmdd; 0: none.
  std::int32_t newest() const { return checksums_.empty() ? 0 : checksums_.rbegin()->first; }
  bool has_date(std::int32_t date) const { return checksums_.contains(date); }
  bool has(const model::Bar& bar) const;

  /// The last close of each column of the data; 0: there was none. Empty before the first bar.
  const std::vector<std::int64_t>& closes_e9() const { return closes_e9_; }
  double suspect_move() const { return suspect_move_; }
  /// The suspect moves of the newest bar that had some, until `bars_shown` later ones had none.
  const std::vector<SuspectMove>& moves() const { return moves_; }

  static constexpr int bars_shown = 5;
  /// Of so many bars dates and checksums are remembered. What is older than those is not newer than the
  /// newest, and no more is said of it.
  static constexpr std::size_t remembered = 4096;

  /// Into the checkpoint of a book, and out of it: the bars up to a date, after which the closes were these.
  void save(base::Encoder& to, std::int32_t date, std::span<const std::int64_t> closes_e9) const;
  [[nodiscard]] bool load(base::Decoder& from);

 private:
  std::map<std::int32_t, std::uint64_t> checksums_;  ///< by date: small beside the history of a book
  std::vector<std::int64_t> closes_e9_;
  double suspect_move_ = 1e300;
  std::vector<SuspectMove> moves_;
  int bars_since_ = 0;  ///< those moves
};

}  // namespace cadre::market

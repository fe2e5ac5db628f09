#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "host/base/codec.hpp"
#include "host/market/suspect_moves.hpp"
#include "host/model/bar.hpp"

namespace cadre::market {

/// Which bars a book has taken: times and checksums, so that the same bar said again is known from another
/// bar of the same time; the last close of each instrument, and the moves that looked wrong.
class TakenBars {
 public:
  /// What is remembered of one bar.
  struct Mark {
    std::int64_t time_ns = 0;
    std::int32_t date = 0;
    std::uint64_t checksum = 0;
    std::vector<std::int64_t> closes_e9{};  ///< by column of the data; 0: no price that day
    std::vector<SuspectMove> moves{};       ///< those that nobody said to be right
  };
  static Mark mark_of(const model::Bar& bar);

  /// From now on moves beyond this share of the close before are suspect. None are before that.
  void watch_moves(double suspect_move) { suspect_move_ = suspect_move; }

  /// Bars may be several a day: a checkpoint holds their times.
  void keep_times() { keeps_times_ = true; }

  void add(Mark mark);
  void add(const model::Bar& bar);
  /// This bar was not taken after all. `last`: the one that the book stands at.
  void forget(const model::Bar& bar, const model::Bar& last);

  /// The date of the latest, yyyymmdd; 0: none.
  std::int32_t newest() const { return taken_.empty() ? 0 : taken_.rbegin()->second.date; }
  /// Where it ends; 0: there is none.
  std::int64_t newest_ns() const { return taken_.empty() ? 0 : taken_.rbegin()->first; }
  bool is_newer(std::int64_t time_ns) const { return taken_.empty() || time_ns > taken_.rbegin()->first; }
  bool has_time(std::int64_t time_ns) const { return taken_.contains(time_ns); }
  bool has(const model::Bar& bar) const;

  /// The last close of each column of the data; 0: there was none. Empty before the first bar.
  const std::vector<std::int64_t>& closes_e9() const { return closes_e9_; }
  double suspect_move() const { return suspect_move_; }
  /// The suspect moves of the newest bar that had some, until `bars_shown` later ones had none.
  const std::vector<SuspectMove>& moves() const { return moves_; }

  static constexpr int bars_shown = 5;
  /// Of so many bars times and checksums are remembered. What is older than those is not newer than the
  /// newest, and no more is said of it.
  static constexpr std::size_t remembered = 4096;

  /// Into the checkpoint of a book, and out of it: the bars up to a time, after which the closes were these.
  void save(base::Encoder& to, std::int64_t time_ns, std::span<const std::int64_t> closes_e9) const;
  [[nodiscard]] bool load(base::Decoder& from);

 private:
  struct Taken {
    std::int32_t date = 0;
    std::uint64_t checksum = 0;
  };
  std::map<std::int64_t, Taken> taken_;  ///< by time: small beside the history of a book
  bool keeps_times_ = false;
  std::vector<std::int64_t> closes_e9_;
  double suspect_move_ = 1e300;
  std::vector<SuspectMove> moves_;
  int bars_since_ = 0;  ///< those moves
};

}  // namespace cadre::market

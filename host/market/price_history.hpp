#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace cadre::market {

/// What the prices of a series have been corrected for.
enum class Adjustment { raw, split, total_return };

/// Bars of several instruments, one row a bar: of days, one a session, or with times, several a session.
/// Matrices are row-major, [row * columns() + column].
struct PriceHistory {
  std::vector<int32_t> dates;            ///< of sessions, yyyymmdd, ascending; without times no date twice
  std::vector<int64_t> times_ns;         ///< ends of the bars, ascending, none twice; empty: bars of days
  std::vector<uint8_t> ends_session;     ///< beside times_ns: the bar is known to be the last of its session
  int64_t period_ns = 0;                 ///< 0: bars of days, nobody said
  std::vector<std::string> instruments;  ///< sorted bytewise: the order in the file changes nothing
  std::vector<int64_t>
      open_e9;  ///< prices in 1e-9; open, high and low are empty when the series has closes only
  std::vector<int64_t> high_e9;
  std::vector<int64_t> low_e9;
  std::vector<int64_t> close_e9;
  std::vector<double> volume;  ///< shares, 0 where valid is 0; empty when the series has none
  std::vector<uint8_t>
      valid;  ///< 1 = traded that day; 0 = the last close carried on, or 0 where there is none
  /// Quotes at the close of a bar, 0 where there is none; empty when the series has none.
  std::vector<int64_t> bid_e9, ask_e9;
  /// Likewise at its open.
  std::vector<int64_t> opening_bid_e9, opening_ask_e9;
  Adjustment adjustment = Adjustment::raw;

  bool closes_only() const { return open_e9.empty(); }
  bool has_volume() const { return !volume.empty(); }
  size_t rows() const { return dates.size(); }
  size_t columns() const { return instruments.size(); }
};

}  // namespace cadre::market

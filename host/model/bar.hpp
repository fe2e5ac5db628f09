#pragma once

#include <cstdint>
#include <vector>

namespace cadre::model {

/// How a running host knew that a bar is complete.
enum class Completion : uint8_t {
  whole = 0,        ///< it came in one piece, as out of a file
  all_there = 1,    ///< the last instrument that was expected came
  said_so = 2,      ///< its source said so
  grace_ended = 3,  ///< the time that is given for the rest was over
  later_came = 4    ///< a row of a later bar came
};

/// A bar closed. Per instrument of the epoch; a price is 0 where valid is 0.
struct Bar {
  int32_t date = 0;     ///< of its session
  int64_t time_ns = 0;  ///< its end
  uint64_t epoch = 0;
  bool has_intraday = false;  ///< else open, high and low are empty
  bool has_volume = false;    ///< else volume is empty
  std::vector<int64_t> open_e9{};
  std::vector<int64_t> high_e9{};
  std::vector<int64_t> low_e9{};
  std::vector<int64_t> close_e9{};
  std::vector<double> volume{};  ///< units
  std::vector<uint8_t> valid{};
  int64_t period_ns = 0;                    ///< 0: of a day
  bool ends_session = false;                ///< known to be the last of its session; a later date says so too
  uint8_t completion = 0;                   ///< Completion
  std::vector<int64_t> bid_e9{}, ask_e9{};  ///< quotes at the close, 0: none; empty: the data have none
  std::vector<int64_t> opening_bid_e9{}, opening_ask_e9{};

  bool has_quotes() const { return !bid_e9.empty(); }
  bool has_opening_quotes() const { return !opening_bid_e9.empty(); }
  /// Whether there may be other bars in its session.
  bool is_intraday() const { return period_ns != 0 && period_ns < int64_t{86'400} * 1'000'000'000; }
};

}  // namespace cadre::model

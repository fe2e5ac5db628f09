#pragma once

#include <span>
#include <string>
#include <vector>

#include "host/market/bar_fields.hpp"
#include "host/market/open_bar.hpp"
#include "host/market/signal_reader.hpp"
#include "host/market/taken_bars.hpp"
#include "host/model/bar.hpp"
#include "host/model/signal.hpp"

namespace cadre::market {

struct PostedBars {
  std::vector<model::Bar> bars;  ///< new ones
  /// For each of them the moves that look wrong and that its sender does not confirm.
  std::vector<std::vector<SuspectMove>> moves;
  std::size_t duplicates = 0;  ///< taken before; they come before the new ones
  std::size_t outside = 0;     ///< of hours that do not count
  std::size_t rows = 0;        ///< of single instruments, taken into a bar
  OpenBar open{};              ///< what is not complete at the end
};

/// Bars as they are posted, one JSON object each:
///   {"date": "1992-01-02", "bars": {"AA": {"open": 31, "high": 32, "low": 30.5, "close": 31.25, "volume":
///   100},
///    "GE": {"close": 12}, ...}}
/// A number for an instrument is its close; open, high and low come together, for all instruments or none;
/// volume when the data declare it; bid and ask, bid_open and ask_open, where there are quotes. Where bars
/// have a period, "time" says when one is, beside the date or in its place. A price that is far from the
/// close before is suspect, and refused under MovePolicy::refuse, unless the object says "confirmed": true.
/// Each is later than the one before, and than all that were taken; but a client that got no answer may say
/// again what it has said: the same bar of a time that was taken is a duplicate. After one of a day that is
/// still to come a book would take none of the days until then, so that is refused where it is no step of a
/// week from the one before. `today`: of the clock, in UTC. All problems at once, at most 50 in full, placed
/// at bars[0], bars[1] ... Codes: JSON_..., CONFIG_..., BAR_....
base::Result<PostedBars> read_bars(std::span<const std::string> texts, const BarShape& shape,
                                   const TakenBars& taken, std::int32_t today, const OpenBar& open = {});

/// Signals as they are posted, one JSON object each, with the keys of a JSON lines file. Those of a day that
/// is still to come wherever on earth, and more than a week after `newest`, the date of the newest bar, are
/// refused too (SIGNAL_FAR_AHEAD).
base::Result<std::vector<model::ExternalSignal>> read_posted_signals(
    std::span<const std::string> texts, const std::vector<std::string>& instruments, std::int32_t newest,
    std::int32_t today);

}  // namespace cadre::market

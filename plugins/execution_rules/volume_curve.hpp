#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cadre::execution_rules {

/// What trades of each instrument at each time of a session. A time is the end of a bar, counted from the end
/// of the session's first bar, so that clocks which change twice a year change nothing.
struct Volumes {
  std::vector<std::int64_t> offsets;  ///< nanoseconds, ascending, the first one 0
  std::vector<double> units;          ///< of time t and instrument i: units[t * instruments + i]
  std::size_t instruments = 0;

  double at(std::size_t t, std::size_t i) const { return units[t * instruments + i]; }
  bool operator==(const Volumes&) const = default;
};

/// Shares of a session's volume by time, which add up to 1 for every instrument.
class VolumeCurve {
 public:
  /// An instrument without volume gets the mean of the others' shares. Empty where none has any.
  static VolumeCurve of(const Volumes& volumes);

  bool empty() const { return shares_.offsets.empty(); }
  double share(std::size_t t, std::size_t i) const { return shares_.at(t, i); }
  std::size_t times() const { return shares_.offsets.size(); }
  /// What of an instrument's volume trades in period `k` of an order, from `now` on, which is counted like an
  /// offset. Periods of `interval_ns` follow one another in trading time: behind a session's last bar comes
  /// the first of the next one. `bar_ns`: how long a bar is; 0: the smallest distance of two times. No-alloc.
  double volume_of_period(std::size_t i, std::int64_t now_ns, std::int64_t k, std::int64_t interval_ns,
                          std::int64_t bar_ns) const;

 private:
  std::int64_t smallest_distance() const;

  Volumes shares_;
};

/// A curve in CSV: the columns time (HH:MM or HH:MM:SS, the end of a bar in the time of the market), share,
/// in any unit, and, if each instrument has its own, instrument.
class CurveFile {
 public:
  /// Throws Refusal with the line and what to do.
  static CurveFile parse(std::string_view text);

  bool empty() const { return rows_.empty(); }
  Volumes volumes(const std::vector<std::string>& instruments) const;

 private:
  struct Row {
    std::string instrument;  ///< empty: all
    std::int64_t time_ns = 0;
    double share = 0;
  };
  std::vector<Row> rows_;
};

}  // namespace cadre::execution_rules

#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace date {
class time_zone;
}

namespace cadre::base {

/// What the clocks of a place show.
struct LocalTime {
  int32_t date = 0;       ///< yyyymmdd
  int64_t of_day_ns = 0;  ///< since midnight as clocks count, 0 to a day
};

/// The clocks of a place, out of the system's tz database. Remembers the offset it used last: one thread at a
/// time.
class TimeZone {
 public:
  /// By its IANA name, "America/New_York". Nothing when the database has none of that name.
  static std::optional<TimeZone> find(std::string_view name);

  LocalTime local(int64_t time_ns) const;

  /// When clocks show a time: once, never (they are put forward over it), or twice (they are put back).
  struct Moment {
    enum class Kind { once, never, twice } kind = Kind::once;
    int64_t time_ns = 0;  ///< of the first, and for a time that never is the moment of the change
  };
  Moment moment(LocalTime local) const;

 private:
  explicit TimeZone(const date::time_zone* zone) : zone_(zone) {}

  const date::time_zone* zone_;
  mutable int64_t from_s_ = 0, to_s_ = std::numeric_limits<int64_t>::min();  ///< where the offset holds
  mutable int64_t offset_s_ = 0;
};

}  // namespace cadre::base

#pragma once

#include <cstdint>
#include <vector>

#include "cadre/cpp/agent.hpp"

namespace cadre::external_signals {

/// The latest signal per strategy and instrument, each until its horizon has passed.
///
/// A signal's age is counted in bars. The first bar that closes at or after the signal's time has age 0, the
/// next one age 1; a signal that arrives late starts with age 0 at the last bar seen. It has passed at the
/// first bar whose age is at least horizon_days x periods_per_year / 252 (a trading day is one daily bar).
class LatestSignals {
 public:
  struct Entry {
    cadre_signal signal{};
    std::int32_t age = 0;  ///< bars; -1: its first bar has not closed yet
  };

  /// Takes a signal; an older one (by its own time) than the one held is ignored. Throws Refusal for one that
  /// makes no sense and when there are too many.
  void take(const cadre_signal& signal, std::uint32_t instrument_count);
  /// A bar closed: everything ages, what has passed goes. no-alloc
  void age(std::int64_t time_ns, double periods_per_year);
  void change_universe(const cadre_universe_change& change);

  /// In the order of strategy, then instrument.
  const std::vector<Entry>& entries() const { return entries_; }

  void save(sdk::StateWriter& out) const;
  /// Throws Refusal, and changes nothing, for bytes that save did not write.
  /// Schema 1 held ids of 32 bytes.
  void load(sdk::StateReader& in, std::uint32_t schema, std::uint32_t instrument_count);

 private:
  std::int64_t last_bar_ns_ = INT64_MIN;
  std::vector<Entry> entries_;
};

}  // namespace cadre::external_signals

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cadre/cpp/agent.hpp"
#include "settings.hpp"
#include "volume_curve.hpp"

namespace cadre::execution_rules {

/// What the rules have learned from the bars of their book: volumes by time of day, how long positions have
/// been held, and how many orders there were when a period began.
class Observed {
 public:
  /// A bar closed, or the universe changed. Whether a first curve, or one of all sessions, came of it.
  bool take(const sdk::State& state, const Settings& settings, bool is_bar);
  /// Forgets all.
  void clear() { *this = Observed(); }
  bool empty() const { return ids_.empty(); }

  /// Sessions that are over and whose volumes are known.
  std::size_t sessions() const { return sessions_.empty() ? 0 : sessions_.size() - 1; }
  /// Of the sessions; empty until there are enough.
  const VolumeCurve& learned() const { return learned_; }
  /// Of the file; empty without one, and before the first bar.
  const VolumeCurve& from_file() const { return from_file_; }
  /// The time since the session's first bar.
  std::int64_t offset_ns(const sdk::State& state) const { return state.raw().time_ns - first_ns_; }
  /// Sessions or bars that have begun since instrument i was bought or sold short.
  std::uint64_t held(std::uint32_t i, std::int64_t quantity_e9) const;
  /// Orders since the period began.
  std::uint64_t orders(const sdk::State& state) const {
    return state.raw().execution->orders - orders_before_;
  }

  void save(sdk::StateWriter& out) const;
  /// Throws Refusal for what save did not write.
  static Observed load(sdk::StateReader& in, const Settings& settings);

 private:
  struct Session {
    std::int32_t date = 0;
    Volumes volumes;
  };
  void enter_universe(const sdk::State& state, const Settings& settings);
  bool take_volumes(const sdk::State& state, bool begins_session, const Settings& settings);
  void learn(const Settings& settings);

  std::vector<std::string> ids_;  ///< of the universe, by index
  std::uint64_t epoch_ = 0;       ///< of the universe; 0: not known since it was loaded
  std::int32_t date_ = 0;         ///< of the last bar
  std::int64_t first_ns_ = 0;     ///< when the session's first bar ended
  std::vector<std::int32_t> side_;
  std::vector<std::uint64_t> held_;
  std::int64_t period_ = -1;
  std::uint64_t orders_before_ = 0;
  std::vector<Session> sessions_;  ///< the last one goes on
  bool is_first_whole_ = false;    ///< the first of them was seen from its first bar on
  VolumeCurve learned_, from_file_;
};

}  // namespace cadre::execution_rules

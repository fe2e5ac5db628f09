#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "host/agent/flight_recorder.hpp"
#include "host/journal/records.hpp"

namespace cadre::book {

/// How often the agents of a book gave their answer too late, counted in bars of the book, so that a replay
/// counts alike.
class DeadlineMisses {
 public:
  /// So many misses within so many bars are one too many.
  static constexpr std::size_t too_many = 3;
  static constexpr std::uint64_t within_bars = 100;

  /// Whether it is the one too many; then it is counted from the beginning.
  bool add(const std::string& stage, std::uint64_t bar) {
    std::deque<std::uint64_t>& bars = bars_[stage];
    bars.push_back(bar);
    while (bar - bars.front() >= within_bars)
      bars.pop_front();
    if (bars.size() < too_many) return false;
    bars.clear();
    return true;
  }

 private:
  std::map<std::string, std::deque<std::uint64_t>> bars_;  ///< of the newest misses, by stage
};

/// The kind of the command by which a book is told that an agent answered too late. What time decided is an
/// input: a replay measures none.
inline constexpr const char* deadline_missed = "deadline_missed";
/// `what`: "decide took 2,300 us or more, its deadline is 500 us".
journal::CommandRecord missed_deadline(const agent::FlightCard& card, std::int32_t date,
                                       const std::string& what);

}  // namespace cadre::book
